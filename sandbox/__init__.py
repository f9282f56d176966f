"""Everything that stands in for the world on one machine."""
