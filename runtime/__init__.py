"""Settings, logging, metrics, clock, and the composition root that wires a process."""
