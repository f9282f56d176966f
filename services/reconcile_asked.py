"""Comparisons with Stripe that somebody asked for: kept with what they found, done by a worker or at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from domain.backoff import backoff
from domain.bells import EXPLAIN_MONEY
from domain.clock import Clock
from domain.cursor import Cursor
from domain.errors import ActRefused, GatewayRefused, GatewayUnavailable, NotFound
from domain.ids import NewId
from domain.movements import Difference
from domain.reconciliation import LONGEST_SPAN, TRIES, ReconciliationRun, RunStatus
from domain.security import SecurityEventKind
from gateways.stripe.gateway import PaymentGateway
from models.differences import Differences, unexplained
from models.leases import Hold
from models.reconciliation_runs import Runs
from models.unit_of_work import Begin
from models.work import RUN_WORK
from services.manage_deliveries import check_reason
from services.reconcile import Reconcile, Report

#: Of lost events and repaired payments, so many are kept by name.
_NAMED: Final = 100
_SHOWN: Final = 30


class Books(NamedTuple):
    """How our books and Stripe's stand to each other."""

    #: Minor units by currency that nobody can explain.
    unexplained: dict[str, int]
    differences: list[Difference]
    #: What was explained lately.
    explained: list[Difference]
    cursors: list[Cursor]
    runs: list[ReconciliationRun]


@dataclass(frozen=True, slots=True)
class ReconcileAsked:
    """Runs that people ask for. One at a time; done twice, the second finds nothing more."""

    begin: Begin
    reconcile: Reconcile
    stripe: PaymentGateway
    hold: Hold
    now: Clock
    new_id: NewId
    rng: Random

    def ask(self, span: timedelta, actor: str, reason: str) -> ReconciliationRun:
        """Have a worker compare the last hours or days.

        Raises:
            ActRefused: one waits already, or it is longer ago than Stripe remembers.
        """
        now, refused = self.now(), None
        run = ReconciliationRun(self.new_id(), actor, reason, now - span, now, due_at=now)
        with self.begin() as uow:
            kind = SecurityEventKind.RECONCILIATION_ASKED
            try:
                check_reason(reason)
                _check_span(span)
                _ask(Runs(uow.connection, uow.cipher), run)
            except ActRefused as refusal:
                refused, denied = refusal, SecurityEventKind.ACT_REFUSED
                uow.security.note(denied, now, actor, act=kind, code=refusal.code, reason=reason)
            else:
                uow.ring(EXPLAIN_MONEY)
                uow.security.note(kind, now, actor, since=run.since, reason=reason)
        if refused is not None:
            raise refused
        return run

    def __call__(self) -> int:
        """Do the run that waits; returns 1, or 0 if none does."""
        with self.begin() as uow:
            run = Runs(uow.connection, uow.cipher).claim(self.now())
        if run is None:
            return 0
        with self.hold(RUN_WORK, run):
            try:
                self._end(run, RunStatus.DONE, found=self._found(self.reconcile(run.since)))
            except (GatewayUnavailable, GatewayRefused) as failure:
                over = isinstance(failure, GatewayRefused) or run.tries >= TRIES
                self._end(run, RunStatus.FAILED if over else RunStatus.ASKED, error=str(failure))
        return 1

    def at_once(self, since: datetime, actor: str, reason: str) -> Report:
        """Do one here and now, beside whoever does another, and keep what it found.

        Raises:
            GatewayUnavailable: Stripe is not there; what was found until then is kept.
        """
        asked_at = self.now()
        report = self.reconcile(since)
        done, found = RunStatus.DONE, self._found(report)
        with self.begin() as uow:
            run = ReconciliationRun(self.new_id(), actor, reason, since, asked_at, done, self.now(), found, tries=1)
            Runs(uow.connection, uow.cipher).keep(run)
        return report

    def books(self) -> Books:
        """How everything stands."""
        with self.begin() as uow:
            runs = Runs(uow.connection, uow.cipher)
            return Books(
                unexplained(uow.connection),
                Differences(uow.connection, uow.cipher).open(),
                runs.explained(_SHOWN),
                runs.cursors(),
                runs.newest(_SHOWN),
            )

    def one(self, run_id: UUID) -> ReconciliationRun:
        """One run; raises `NotFound`."""
        with self.begin() as uow:
            run = Runs(uow.connection, uow.cipher).one(run_id)
        if run is None:
            raise NotFound("there is no such run")
        return run

    def _found(self, report: Report) -> dict[str, Any]:
        whole = report.document
        for part, name in ((whole["events"], "lost"), (whole["events"], "early"), (whole["money"], "repaired")):
            part[f"{name}Count"], part[name] = len(part[name]), part[name][:_NAMED]
        # As it comes back from the database: plain values.
        plain: dict[str, Any] = orjson.loads(orjson.dumps(whole))
        return plain | {"balances": self._balances()}

    def _balances(self) -> dict[str, dict[str, int]] | None:
        """Ours and Stripe's by currency; None while Stripe does not tell."""
        try:
            theirs = self.stripe.balances()
        except (GatewayUnavailable, GatewayRefused):
            return None
        with self.begin() as uow:
            ours = Runs(uow.connection, uow.cipher).balances()
        known = {currency for currency, one in theirs.items() if one.available or one.pending}
        return {
            currency: {
                "ours": ours.get(currency, 0),
                "available": theirs[currency].available if currency in theirs else 0,
                "pending": theirs[currency].pending if currency in theirs else 0,
            }
            for currency in sorted(known | ours.keys())
        }

    def _end(
        self, claimed: ReconciliationRun, status: RunStatus, *, found: dict[str, Any] | None = None, error: str = ""
    ) -> None:
        with self.begin() as uow:
            runs, now = Runs(uow.connection, uow.cipher), self.now()
            run = runs.locked(claimed)
            if run is None:
                return  # Another worker has taken over, and finds the rest.
            run.status, run.found, run.leased_until = status, found or {}, None
            run.last_error = error[:500] or None
            if status is RunStatus.ASKED:
                run.due_at = now + backoff(run.tries, self.rng, longest=60.0)
            else:
                run.due_at, run.finished_at = None, now
            runs.save(run, now)


def _check_span(span: timedelta) -> None:
    if not timedelta(0) < span <= LONGEST_SPAN:
        raise ActRefused("span_out_of_range", f"at most {LONGEST_SPAN.days} days back can be compared")


def _ask(runs: Runs, run: ReconciliationRun) -> None:
    if not runs.ask(run):
        raise ActRefused("already_asked", "one is being made already")
