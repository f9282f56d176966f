"""Each payment as one trace of OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT is set.

Spans are made of the finished lines of the log, from which every secret is gone already. The id of a payment's trace is
made of its session's, so whatever carries that carries the trace: rows, messages, Stripe's metadata, events and mails,
over processes, restarts and days (ADR 32). The library's own variables (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER,
OTEL_EXPORTER_OTLP_HEADERS …) mean what they mean everywhere.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any, Final
from uuid import UUID

import orjson
import structlog

from domain.ids import made_at
from domain.tracing import REQUIRED_BY, root_span, trace_of
from runtime.extras import extra
from runtime.logging.outputs import Event

log = structlog.get_logger()

#: The line that begins a payment: its span is the root of all others.
_ROOT: Final = "payment.required"
#: How spans are named, where their line's name says less than it could.
_NAMES: Final[Mapping[str, str]] = {
    "stripe.called": "stripe {operation}",
    "stripe_event.processed": "webhook {type}",
    "event.delivered": "event {type}",
    "event.not_delivered": "event {type}",
    "notice.done": "notice {kind}",
}
_KINDS: Final[Mapping[str, str]] = {
    "stripe.called": "CLIENT",
    _ROOT: "CONSUMER",
    "stripe_event.processed": "CONSUMER",
    "event.delivered": "PRODUCER",
    "event.not_delivered": "PRODUCER",
    "notice.done": "PRODUCER",
}
_FAILED_LEVELS: Final = frozenset({"error", "critical"})
_FAILED: Final = frozenset({"refused", "busy", "faulted", "unavailable", "given_up", "set_aside", "retried"})
#: What the resource says, or the span itself.
_OWN: Final = frozenset({"event", "timestamp", "version", "pid", "process", "role", REQUIRED_BY})

#: The library's own lines are about spans: of one that cannot be sent comes none that cannot be sent either.
_LIBRARY: Final = "opentelemetry"
#: How long the end of a process waits for spans to be sent. The library would wait for half a minute, which is longer
#: than whoever ends a process waits before it kills it.
_LAST_MS: Final = 2_000

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


class SpanIds:
    """Ids of spans: random, but for roots, whose children must know them in other processes."""

    def __init__(self, random: Any) -> None:
        self._random = random
        self._next = threading.local()

    def set_next(self, trace_id: int, span_id: int) -> None:
        """Give this thread's next span these ids."""
        self._next.ids = trace_id, span_id

    def generate_trace_id(self) -> int:
        """The id that was set, or a random one."""
        trace_id: int = getattr(self._next, "ids", (self._random.generate_trace_id(),))[0]
        return trace_id

    def generate_span_id(self) -> int:
        """The id that was set, once, or a random one."""
        given = self._next.__dict__.pop("ids", None)
        span_id: int = given[1] if given else self._random.generate_span_id()
        return span_id

    def is_trace_id_random(self) -> bool:
        """The lower half of a payment's is, which samplers rely on."""
        return True


class Spans:
    """An output of the log: a span for each line about a payment. It neither waits nor fails.

    Args:
        open_provider: makes the provider and its ids. It is called by the process that has something to tell, as what
            it starts does not survive a fork.
    """

    def __init__(self, open_provider: Callable[[], tuple[Any, SpanIds]]) -> None:
        self._open = open_provider
        self._lock = threading.Lock()
        #: By which process, and what; None if it could not be.
        self._opened: tuple[int, tuple[Any, SpanIds] | None] | None = None
        self._has_failed = False
        self._api: Any = import_module("opentelemetry.trace")

    def __call__(self, line: Event) -> None:
        """Make a span of a line, if it is about a payment and its trace is one that is kept.

        Whoever logs must not fail for that: what goes wrong here is told of once.
        """
        try:
            self._tell(line)
        except Exception:
            if not self._has_failed:
                self._has_failed = True
                log.exception("tracing.torn")

    def _tell(self, line: Event) -> None:
        session = _session(line)
        if session is None or str(line.get("logger", "")).startswith(_LIBRARY):
            return
        opened = self._provider()
        if opened is None:
            return
        provider, ids = opened
        name, is_root = str(line.get("event", "")), line.get("event") == _ROOT
        if not provider.sampler.should_sample(None, trace_of(session), name).decision.is_sampled():
            return
        ended = datetime.fromisoformat(str(line["timestamp"]))
        began = ended - timedelta(seconds=float(line.get("seconds") or 0.0))
        context = None
        if is_root:
            began = min(began, made_at(session))
            ids.set_next(trace_of(session), root_span(session))
        else:
            context = self._below(session)
        span = provider.get_tracer("gavelpay").start_span(
            _NAMES[name].format_map(line) if name in _NAMES else name,
            context=context,
            kind=self._api.SpanKind[_KINDS.get(name, "INTERNAL")],
            attributes={f"gavelpay.{key}": _value(value) for key, value in line.items() if key not in _OWN},
            links=self._asked_by(line) if is_root else (),
            start_time=_nanoseconds(began),
        )
        if line.get("level") in _FAILED_LEVELS or line.get("outcome") in _FAILED:
            span.set_status(self._api.StatusCode.ERROR)
        span.end(_nanoseconds(ended))

    def flush(self) -> None:
        """Send what waits; the end of the process does so too."""
        if opened := self._opened and self._opened[1]:
            opened[0].force_flush()

    def close(self) -> None:
        """Send what waits, as far as that takes no more than two seconds, and end the thread."""
        if opened := self._opened and self._opened[1]:
            opened[0].shutdown()

    def _provider(self) -> tuple[Any, SpanIds] | None:
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = os.getpid(), None  # Not tried again with each line, if it fails.
                self._opened = os.getpid(), self._open()
            return self._opened[1]

    def _below(self, session: UUID) -> Any:
        api, sampled = self._api, self._api.TraceFlags(self._api.TraceFlags.SAMPLED)
        root = api.SpanContext(trace_of(session), root_span(session), is_remote=True, trace_flags=sampled)
        return api.set_span_in_context(api.NonRecordingSpan(root))

    def _asked_by(self, line: Event) -> Sequence[Any]:
        """The span of the service that required the payment, where its message told."""
        propagation: Any = import_module("opentelemetry.trace.propagation.tracecontext")
        carrier = {"traceparent": str(line.get(REQUIRED_BY, ""))}
        asked = self._api.get_current_span(propagation.TraceContextTextMapPropagator().extract(carrier))
        context = asked.get_span_context()
        return [self._api.Link(context)] if context.is_valid else ()


def open_tracing(*, process: str, release: str) -> Spans:
    """Send spans to where OpenTelemetry's variables say, by OTLP over HTTP, from a thread of its own.

    Raises:
        LibraryMissing: OpenTelemetry's library is not there.
    """
    sdk, export, otlp, resources, ids = extra(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        "opentelemetry.sdk.trace",
        "opentelemetry.sdk.trace.export",
        "opentelemetry.exporter.otlp.proto.http.trace_exporter",
        "opentelemetry.sdk.resources",
        "opentelemetry.sdk.trace.id_generator",
    )

    def provider() -> tuple[Any, SpanIds]:
        made = SpanIds(ids.RandomIdGenerator())
        about = {"service.version": release, "service.instance.id": f"{process}-{os.getpid()}"}
        if "OTEL_SERVICE_NAME" not in os.environ:
            about["service.name"] = f"gavelpay-{process}"
        opened = sdk.TracerProvider(resource=resources.Resource.create(about), id_generator=made)
        processor = export.BatchSpanProcessor(otlp.OTLPSpanExporter())
        batches = processor._batch_processor  # noqa: SLF001 - it alone takes a time to end in
        batches.shutdown = partial(batches.shutdown, timeout_millis=_LAST_MS)
        opened.add_span_processor(processor)
        return opened, made

    return Spans(provider)


def _session(line: Event) -> UUID | None:
    try:
        return UUID(line["session_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _value(value: object) -> str | bool | int | float:
    if isinstance(value, str | bool | int | float):
        return value
    return orjson.dumps(value, default=str).decode()
