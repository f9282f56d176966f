"""Amazon away, slow, busy, half there, or unwilling: told apart by what heals, in bounded time."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from domain.errors import GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable
from gateways.storage.s3 import S3
from gateways.storage.s3_client import connect
from gateways.storage.s3_protection import GOVERNANCE, Protection, Retention
from gateways.storage.storage import NotStored, StoredOtherwise
from tests.gateways.storage.misbehaving import DRIP, HANG, Misbehaving, error, http, misbehaving

KEY = "receipts/1.pdf"
PAPER = b"%PDF a receipt"
HASH = hashlib.sha256(PAPER).digest()
STORED = http(200, headers='ETag: "1"\r\n')
TAKEN = error(412, "PreconditionFailed")

Opened = tuple[S3, Misbehaving]
Open = Callable[..., Opened]


@pytest.fixture
def open_against(aws: pytest.MonkeyPatch) -> Iterator[Open]:
    """`open_against(answer, …)`: a bucket at a server that gives these answers."""
    with ExitStack() as exits:

        def open_against(*answers: bytes, patience: float = 30) -> Opened:
            server = exits.enter_context(misbehaving(*answers))
            aws.setenv("AWS_ENDPOINT_URL_S3", server.url)
            client = connect(region="eu-central-1", answer_seconds=0.3)
            exits.callback(client.close)
            protection = Protection(None, Retention(GOVERNANCE, 1))
            storage = S3(client, "house", "", now=lambda: datetime.now(UTC), protection=protection, patience=patience)
            return storage, server

        yield open_against


def put(storage: S3) -> None:
    storage.put(KEY, PAPER, sha256=HASH)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error(503, "SlowDown"), GatewayBusy),
        (error(503, "ServiceUnavailable"), GatewayFaulted),
        (error(500, "InternalError"), GatewayFaulted),
        (http(502, "<html>"), GatewayFaulted),
        (error(429, "TooManyRequests"), GatewayBusy),
        (error(400, "ThrottlingException"), GatewayBusy),
        (error(400, "RequestTimeout"), GatewayUnavailable),
        (error(400, "ExpiredToken"), GatewayUnavailable),
        (error(409, "ConditionalRequestConflict"), GatewayBusy),
        (HANG, GatewayUnavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Len", GatewayUnavailable),
        (b"\x15\x03\x01\x00\x02", GatewayUnavailable),
    ],
    ids=str,
)
def test_what_heals_by_itself_is_tried_twice_and_then_again_later(
    open_against: Open, answer: bytes, raised: type[GatewayUnavailable]
) -> None:
    storage, server = open_against(answer)

    with pytest.raises(GatewayUnavailable, match=r"store receipts/1\.pdf") as caught:
        put(storage)

    assert type(caught.value) is raised
    assert 1 <= len(server.asked) <= 2


@pytest.mark.parametrize(
    "answer",
    [
        error(403, "AccessDenied"),
        error(403, "InvalidAccessKeyId"),
        error(403, "SignatureDoesNotMatch"),
        error(404, "NoSuchBucket"),
        error(400, "KMS.DisabledException"),
        error(400, "InvalidRequest"),
        error(400, "BadDigest"),
    ],
    ids=str,
)
def test_what_a_person_must_mend_is_asked_once(open_against: Open, answer: bytes) -> None:
    storage, server = open_against(answer)

    with pytest.raises(GatewayRefused, match="In words of") as caught:
        put(storage)

    assert caught.value.provider_code
    assert len(server.asked) == 1
    with pytest.raises(GatewayRefused):
        storage.get(KEY)


def test_nobody_listening_is_nobody_there(aws: pytest.MonkeyPatch) -> None:
    aws.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    client = connect(region="eu-central-1", answer_seconds=0.3)
    storage = S3(client, "house", "", now=lambda: datetime.now(UTC), protection=Protection())

    for act in (lambda: put(storage), lambda: storage.get(KEY), storage.concerns):
        with pytest.raises(GatewayUnavailable, match="now"):
            act()
    storage.close()


def test_a_lost_answer_is_made_good_by_the_second_try(open_against: Open) -> None:
    """The first try stored it, and its answer was lost: the second one finds it there."""
    storage, server = open_against(HANG, TAKEN, http(200, PAPER.decode()))

    put(storage)

    assert [line.split()[0] for line in server.asked] == ["PUT", "PUT", "GET"]


def test_what_is_there_already_is_compared(open_against: Open) -> None:
    storage, _ = open_against(TAKEN, http(200, "another"))

    with pytest.raises(StoredOtherwise):
        put(storage)


def test_a_service_without_conditions_is_looked_at_first(open_against: Open) -> None:
    storage, server = open_against(error(501, "NotImplemented"), error(404, "NoSuchKey"), STORED)

    put(storage)

    assert [line.split()[0] for line in server.asked] == ["PUT", "GET", "PUT"]


def test_a_service_without_conditions_replaces_nothing(open_against: Open) -> None:
    same, server = open_against(error(501, "NotImplemented"), http(200, PAPER.decode()))
    put(same)
    assert len(server.asked) == 2

    other, _ = open_against(error(501, "NotImplemented"), http(200, "another"))
    with pytest.raises(StoredOtherwise):
        put(other)


def test_a_service_that_can_do_nothing_at_all_is_told(open_against: Open) -> None:
    storage, _ = open_against(error(501, "NotImplemented"), error(404, "NoSuchKey"), error(501, "NotImplemented"))

    with pytest.raises(GatewayRefused, match="NotImplemented"):
        put(storage)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%PDF half",
        http(200, "%PDF a Receipt", headers="x-amz-checksum-sha256: c29tZXRoaW5nIGVsc2U=\r\n"),
    ],
    ids=["half", "damaged"],
)
def test_what_comes_back_half_or_damaged_is_no_receipt(open_against: Open, answer: bytes) -> None:
    storage, _ = open_against(answer)

    with pytest.raises(GatewayUnavailable, match="read receipts"):
        storage.get(KEY)


def test_what_is_missing_is_told_apart_from_what_may_not_be_read(open_against: Open) -> None:
    missing, _ = open_against(error(404, "NoSuchKey"))
    with pytest.raises(NotStored):
        missing.get(KEY)

    forbidden, _ = open_against(error(403, "AccessDenied"))
    with pytest.raises(GatewayRefused, match="AccessDenied") as caught:
        forbidden.get(KEY)
    assert not isinstance(caught.value, NotStored)


def test_a_lock_that_may_not_be_looked_at_is_told(open_against: Open) -> None:
    storage, _ = open_against(http(200), error(404, "NoSuchKey"), error(403, "AccessDenied"))

    with pytest.raises(GatewayRefused, match="show the Object Lock of house"):
        storage.concerns()


def test_an_answer_that_drips_is_not_waited_for(open_against: Open) -> None:
    storage, _ = open_against(DRIP, patience=0.5)

    for act in (lambda: storage.get(KEY), lambda: put(storage)):
        with pytest.raises(GatewayUnavailable, match=r"took longer than 0\.5 s to (read|store) receipts"):
            act()
