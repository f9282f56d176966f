"""Deliberate bugs: one change of the source each, in a copy of the house. Each must be found."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "actors", "cli", "console", "domain", "gateways", "models", "proof", "runtime", "sandbox", "scheduler", "services",
    "webhook_ingest", "workers",
)  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """A bug that somebody might write."""

    name: str
    #: What must be said of it, as a regular expression: the words of the invariant that it breaks.
    says: str
    file: str
    right: str
    wrong: str
    #: Further places, where one alone is caught by the others.
    also: tuple[tuple[str, str, str], ...] = ()
    #: The first of its fifty seeds: that which found it, counted from 1, so that the suite is quick.
    first_seed: int = 1

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """File, what stands there, and what is to stand there."""
        return [(self.file, self.right, self.wrong), *self.also]


def plant(folder: Path, bugs: Iterable[Mutation]) -> None:
    """Make a copy of the house with these bugs."""
    changes = [(bug.name, *change) for bug in bugs for change in bug.changes]
    mutated = {file.partition("/")[0] for _, file, _, _ in changes}
    for package in PACKAGES:
        if package in mutated:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / package).symlink_to(ROOT / package, target_is_directory=True)
    for name, file, right, wrong in changes:
        source = folder / file
        text = source.read_text()
        if text.count(right) != 1:
            raise AssertionError(f"{name}: {file} has changed; find another place for this bug")
        source.write_text(text.replace(right, wrong))


MUTATIONS = (
    Mutation(
        "a dropped outbox row",
        r"has 1 completed payments, and order\.requested was heard 0 times",
        "models/outbox.py",
        "for payment in payments for one in payment.announcements]",
        "for payment in payments for one in payment.announcements[:1]]",
    ),
    Mutation(
        "a state that goes back",
        # The database does not take it.
        r"payment_failed\) is set_aside: could_not_be_written: CheckViolation",
        "domain/lifecycle.py",
        '(COMPLETED, Trigger.PAYMENT_DECLINED): Rule(COMPLETED, "an event came after its successor"),',
        '(COMPLETED, Trigger.PAYMENT_DECLINED): Rule(FAILED, "an event came after its successor"),',
        also=(
            (
                "domain/settlement.py",
                "    is_settled = session.status in FINAL or attempt.status is AttemptStatus.PAID\n",
                "    is_settled = False\n",
            ),
        ),
        first_seed=5,
    ),
    Mutation(
        "a key made anew on retry",
        r"Attempt \d+ of payment \S+ opened twice at Stripe",
        "services/open_checkout.py",
        "self.stripe.open(attempt.kind, request, idempotency_key=attempt.idempotency_key)",
        'self.stripe.open(attempt.kind, request, idempotency_key=f"{attempt.idempotency_key}:{attempt.tries}")',
    ),
    Mutation(
        "a refund's key made anew on retry",
        r"Refund \S+ was sent twice",
        "services/refund_payment.py",
        "    return refund.idempotency_key + again",
        '    return f"{refund.idempotency_key}:{refund.tries}{again}"',
    ),
    Mutation(
        "an unknown outcome recorded as failure",
        r"Attempt \d+ of payment \S+ counts as refused, and Stripe never said so",
        "services/open_checkout.py",
        "            return partial(self._postponed, silence)",
        "            return partial(self._refused, GatewayRefused(str(silence)))",
    ),
    Mutation(
        "an unknown refund recorded as failure",
        r"Refund \S+ counts as refused, and Stripe never said so",
        "services/refund_payment.py",
        "                    mine.last_error = answer.code\n",
        '                    refunds.refused(payment, mine, answer.code, "failed", now)\n                    return\n',
        first_seed=5,
    ),
    Mutation(
        "a lost late refund",
        r"came late, and nothing sends \d+ of it back",
        "domain/completion.py",
        "    if minor > 0 and not is_disputed(payment, transaction):\n",
        "    if transaction.disposition is Disposition.DUPLICATE:\n",
        first_seed=4,
    ),
    Mutation(
        "an extension that the sweep does not see",
        r"was closed at .*, and its window ended at",
        "models/waiting.py",
        '    "window_expires_at",\n',
        '    "window_expires_at - make_interval(secs => r.extended_seconds)",\n',
    ),
    Mutation(
        "an inbox row that is done before its effects are kept",
        r"was recorded \d+ seconds after it was paid, and no webhook was lost",
        "services/process_events.py",
        "                self.process(uow, events)\n        except TransientError:\n            raise\n"
        "        except Exception:  # noqa",
        "                for event in events:\n"
        "                    self._finish(event, 'done', None)\n"
        "                uow.inbox.save(events)\n"
        "            with self.begin() as uow:\n"
        "                self.process(uow, events)\n        except TransientError:\n            raise\n"
        "        except Exception:  # noqa",
        first_seed=3,
    ),
    Mutation(
        "a ledger line booked twice",
        r"Transaction \S+ of \d+ is booked with \d+",
        "domain/ledger.py",
        "    _book(payment, cause, (STRIPE, MAKER), maker, at)\n",
        "    for _ in range(2):\n        _book(payment, cause, (STRIPE, MAKER), maker, at)\n",
    ),
    Mutation(
        "an event that overtakes",
        r"was told event \d+ \(\S+\) after \d+",
        "models/work.py",
        "AND o.late = r.late AND o.order_no < r.order_no)",
        "AND o.late = r.late AND o.order_no < 0)",
    ),
    Mutation(
        "a page left open when the payment is over",
        r"can still be paid",
        "domain/closing.py",
        "        if outlives(attempt, now):\n            request_closing(attempt, now)\n",
        "        if attempt.stripe_checkout_id and outlives(attempt, now):\n"
        "            request_closing(attempt, now)\n",
        first_seed=43,
    ),
    Mutation(
        "a number reserved in a transaction of its own",
        r"Series \S+ has no number",
        "services/number_receipts.py",
        "            self._number(receipts, wanted, now)\n",
        "            with self.begin() as other:\n"
        "                self._number(Receipts(other.connection, other.cipher), wanted, now)\n",
    ),
    Mutation(
        "a receipt stored under another content",
        r"is not stored as it was printed",
        "services/issue_receipts.py",
        "            self.storage.put(key, content, sha256=receipt.content_hash)\n",
        "            self.storage.put(key, content[:-1], sha256=receipt.content_hash)\n",
    ),
    Mutation(
        "a sweep that looks hours late",
        r"waited for nothing since",
        "models/waiting.py",
        '    "window_expires_at",\n',
        "    \"window_expires_at + interval '2 hours'\",\n",
    ),
    Mutation(
        "a fee that is never learned",
        r"Stripe kept \d+ of \S+, and we booked None",
        "domain/settlement.py",
        "        stripe_balance_transaction_id=attempt.booked_as,\n",
        "",
        first_seed=41,
    ),
)
