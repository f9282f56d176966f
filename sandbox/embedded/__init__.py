"""PostgreSQL 18 and Valkey 9 on this machine, without installation: real, durable servers on loopback.

`PostgresServer(dir).start()` and `ValkeyServer(dir).start()` run on their own; `.child()` gives the same server as a
child for a supervisor that runs other things too. Both are started again when they die, on the same port with the same
data, and end with the process that started them, even when that is killed with `kill -9`.
"""

from sandbox.embedded.errors import EmbeddedServerError
from sandbox.embedded.postgres import PostgresServer
from sandbox.embedded.valkey import ValkeyServer

__all__ = ["EmbeddedServerError", "PostgresServer", "ValkeyServer"]
