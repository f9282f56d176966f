"""Pure rules: money, lifecycle, policies, windows, messages, errors. Standard library only."""
