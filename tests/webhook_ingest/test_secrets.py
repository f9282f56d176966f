"""Signing secrets are rolled while webhooks come in."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

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


def test_three_rolls_under_load_refuse_no_valid_webhook(database_url: str) -> None:
    vault, newest, rolled = Vault(), [SECRET], threading.Event()
    with Ingest(database_url, limits=QUICK, read_secrets=vault) as ingest, ThreadPoolExecutor(4) as senders:

        def send(_: int) -> Counter[int]:
            statuses: Counter[int] = Counter()
            for _ in range(5000):
                body = event()
                statuses[ingest.post(body, signature(body, ingest.clock.now, newest[0])).status_code] += 1
                if rolled.is_set():
                    break
            return statuses

        sending = [senders.submit(send, number) for number in range(4)]
        old = SECRET
        for number in range(3):
            new = f"whsec_fake_{number}"
            vault.roll([old, new])  # Both are active before Stripe signs with the new one,
            newest[0] = new
            vault.roll([old, new])
            vault.roll([new])  # and until it signs with the old one no more.
            old = new
        rolled.set()
        statuses = sum((one.result() for one in sending), Counter[int]())
        assert set(statuses) == {200}
        assert len(ingest.stored()) == statuses[200]

        body = event()
        assert ingest.post(body, signature(body, ingest.clock.now, SECRET)).status_code == 400


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
