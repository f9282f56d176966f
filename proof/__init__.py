"""Simulation, drill and benchmarks, and the baselines they measure against."""
