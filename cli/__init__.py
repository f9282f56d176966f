"""The `gavelpay` command: one module per sub-command."""
