"""Signing secrets are rolled while webhooks come in."""

from collections.abc import Sequence

from tests.webhook_ingest.harness import SECRET, Ingest, event, signature, wait_until
from webhook_ingest.limits import Limits

QUICK = Limits(secrets_seconds=0.05)


class Vault:
    """Holds the secrets of now. It may be away."""

    def __init__(self) -> None:
        self.secrets: Sequence[str] = [SECRET]
        self.read = 0
        self.away = False

    def __call__(self) -> Sequence[str]:
        self.read += 1
        if self.away:
            raise OSError("no such file")
        return self.secrets

    def roll(self, secrets: Sequence[str]) -> None:
        """Change them, and wait until that was read."""
        self.secrets, before = secrets, self.read
        wait_until(lambda: self.read >= before + 2)


def test_secrets_that_cannot_be_read_stay_as_they_were(database_url: str) -> None:
    vault = Vault()
    with Ingest(database_url, limits=QUICK, read_secrets=vault) as ingest:
        vault.away = True
        vault.roll([])
        assert ingest.post(event()).status_code == 200
        vault.away = False
        vault.roll([""])
        assert ingest.post(event()).status_code == 200
        vault.roll(["whsec_fake_next"])
        body = event()
        assert ingest.post(body, signature(body, ingest.clock.now, "whsec_fake_next")).status_code == 200
