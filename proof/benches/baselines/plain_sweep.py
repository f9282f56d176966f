"""The least that a sweep can be: plain SQL on a narrow table, which claims in batches and writes an outbox row each.

It knows no rules, keeps no history and tells nobody.
"""

from typing import Any, Final

from psycopg import Connection

_BATCH: Final = 1000

_TABLES: Final = """
    CREATE TABLE baseline_sessions (
      id uuid PRIMARY KEY, auction_id text NOT NULL, status text NOT NULL, due_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL);
    CREATE INDEX ON baseline_sessions (due_at) WHERE status = 'pending';
    CREATE TABLE baseline_outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session_id uuid NOT NULL, type text NOT NULL,
      created_at timestamptz NOT NULL);
"""
_FILL: Final = """
    INSERT INTO baseline_sessions
    SELECT uuidv7(), 'lot-' || n, CASE WHEN n > %(due)s AND n %% 10 < 8 THEN 'completed' ELSE 'pending' END,
           now() + CASE WHEN n <= %(due)s THEN -1 ELSE 1 END * interval '1 hour', now()
      FROM generate_series(1, %(rows)s) n
"""
_RESET: Final = """
    UPDATE baseline_sessions SET status = 'pending' WHERE status = 'expired'
"""
_CLAIM: Final = """
    WITH due AS (SELECT id FROM baseline_sessions WHERE status = 'pending' AND due_at <= now()
                  ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED),
         over AS (UPDATE baseline_sessions s SET status = 'expired', updated_at = now() FROM due WHERE s.id = due.id
                  RETURNING s.id)
    INSERT INTO baseline_outbox (session_id, type, created_at) SELECT id, 'auction.reopened', now() FROM over
"""


def prepare(connection: Connection[Any], rows: int, due: int) -> None:
    """So many rows, of which so many are due. The connection commits by itself."""
    connection.execute(_TABLES)
    connection.execute(_FILL, {"rows": rows, "due": due})
    connection.execute("VACUUM ANALYZE")


def reset(connection: Connection[Any]) -> None:
    """Have what was swept due once more."""
    connection.execute(_RESET)
    connection.execute("TRUNCATE baseline_outbox")
    connection.execute("VACUUM ANALYZE")


def sweep(connection: Connection[Any]) -> int:
    """Sweep until nothing is due; answers how many it were."""
    swept = 0
    while done := connection.execute(_CLAIM, {"limit": _BATCH}).rowcount:
        swept += done
    return swept


def told(connection: Connection[Any]) -> int:
    """How many rows are in the outbox, each for another session."""
    row = connection.execute("SELECT count(DISTINCT session_id) FROM baseline_outbox").fetchone()
    return int(row[0]) if row else 0
