"""What the system does on a message: thin handlers, one module per queue."""
