"""The parts of the fault drill that need no running system: the plan, the wire, the measuring, the verdict."""
