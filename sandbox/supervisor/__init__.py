"""Runs programs as children: starts them, waits until they are ready, starts them again, takes them along at its end.

`Child` says what to run, `Supervisor` runs any number of them. Nothing outlives the supervisor, not even when it is
killed with `kill -9`: see `shim` (each child) and `guard` (their children).
"""

from sandbox.supervisor.child import Child, http_ready, port_ready
from sandbox.supervisor.errors import ChildGaveUp, NotReadyInTime, SupervisorError
from sandbox.supervisor.events import Event, EventKind
from sandbox.supervisor.spawn import Identity, spawn
from sandbox.supervisor.supervisor import Supervisor

__all__ = [
    "Child",
    "ChildGaveUp",
    "Event",
    "EventKind",
    "Identity",
    "NotReadyInTime",
    "Supervisor",
    "SupervisorError",
    "http_ready",
    "port_ready",
    "spawn",
]
