"""`gavelpay migrate`: brings the database to the current schema."""

from functools import partial

import click

from cli.opening import read_settings
from domain.errors import TransientError
from models import schema
from models.database import Database
from models.partitions import TableInUse
from runtime.settings import Role, given


@click.command(epilog="Example: DATABASE_URL=postgresql://… gavelpay migrate")
def migrate() -> None:
    """Bring the database to the current schema. Safe to run twice, and from two machines at once."""
    settings = read_settings(Role.MIGRATE)
    database = Database(
        given(settings.database.url, "DATABASE_URL").reveal(), pool_size=1, application="gavelpay migrate"
    )
    try:
        before, after = schema.migrate(database, tell=partial(click.echo, err=True))
    except TableInUse as error:
        raise click.ClickException(f"The database cannot be migrated now: {error}.") from None
    except TransientError as error:
        raise click.ClickException(f"The database does not answer: {error}") from None
    except schema.NotPermitted as error:
        raise click.ClickException(f"The database cannot be migrated: {error}") from None
    finally:
        database.close()
    if before == after:
        click.echo(f"The schema is current ({after}).")
    else:
        click.echo(f"Migrated from {before or 'nothing'} to {after}.")
