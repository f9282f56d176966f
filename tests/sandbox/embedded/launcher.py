"""A launcher of both servers, to be killed: prints where they are, then waits. Run as a script."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from sandbox.embedded import EmbeddedServerError, PostgresServer, ValkeyServer

directory = Path(sys.argv[1])
try:
    postgres, valkey = PostgresServer(directory).start(), ValkeyServer(directory).start()
except EmbeddedServerError as error:
    sys.exit(str(error))
sys.stdout.write(json.dumps({"postgres": postgres.url, "redis": valkey.url, "user": os.geteuid()}) + "\n")
sys.stdout.flush()
time.sleep(600)
