"""Brings the database to the current schema before anything else is started."""

from functools import partial

import click

from cli.run.errors import CannotRun
from models import schema
from models.database import Database, DatabaseUnavailable
from models.partitions import TableInUse


def migrate(url: str) -> None:
    """Do what `gavelpay migrate` does, without the second that another process would take to start.

    Raises:
        CannotRun: the database does not answer, or does not let us in; or others have used its tables for too long.
    """
    database = Database(url, pool_size=1, application="gavelpay migrate")
    try:
        schema.migrate(database, tell=partial(click.echo, err=True))
    except (DatabaseUnavailable, TableInUse, schema.NotPermitted) as error:
        reason = str(error).partition("\n")[0]
        raise CannotRun(f"The database cannot be used: {reason}") from error
    finally:
        database.close()
