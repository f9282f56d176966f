"""A token proves who calls, or is refused with a code that says why."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from runtime.tokens import (
    Caller,
    CallerRole,
    PublishedKeys,
    Refusal,
    RememberedTokens,
    SharedSecret,
    TokenRefused,
    TokenVerifier,
    fetch_from,
    issue_development_token,
)

# A busy machine is no failure.
unhurried = settings(deadline=None)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "an-obvious-fake-of-forty-characters-long"
HOUR = timedelta(hours=1)
CLAIMS: dict[str, Any] = {"sub": "u-1", "role": "admin", "exp": int(NOW.timestamp()) + 60}
RSA_KEY, OTHER_RSA_KEY = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def _verifier(**options: Any) -> TokenVerifier:
    return TokenVerifier(**{"keys": SharedSecret(SECRET), "now": lambda: NOW, **options})


def _token(**changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def _refusal(token: str, **options: Any) -> Refusal:
    with pytest.raises(TokenRefused) as raised:
        _verifier(**options)(token)
    assert str(raised.value) == raised.value.code
    return raised.value.code


@pytest.mark.parametrize("role", CallerRole)
def test_a_development_token_proves_its_subject_in_each_role(role: CallerRole) -> None:
    token = issue_development_token(SECRET, "u-1", role, HOUR, now=NOW, issuer="https://idp.example", audience="pay")
    assert _verifier()(token) == Caller("u-1", role)
    assert _verifier(issuer="https://idp.example", audience="pay")(token) == Caller("u-1", role)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": None}, Refusal.NO_EXPIRY),
        ({"exp": "soon"}, Refusal.MALFORMED),
        ({"exp": True}, Refusal.MALFORMED),
        ({"exp": float("nan")}, Refusal.MALFORMED),
        ({"exp": float("inf")}, Refusal.MALFORMED),
        ({"exp": 10**400}, Refusal.MALFORMED),
        ({"exp": -1}, Refusal.MALFORMED),
        ({"exp": int(NOW.timestamp()) - 30}, Refusal.EXPIRED),
        ({"nbf": int(NOW.timestamp()) + 31}, Refusal.NOT_YET_VALID),
        ({"iat": int(NOW.timestamp()) + 31}, Refusal.NOT_YET_VALID),
        ({"iat": "x"}, Refusal.MALFORMED),
        ({"sub": None}, Refusal.NO_SUBJECT),
        ({"sub": ""}, Refusal.NO_SUBJECT),
        ({"sub": "x" * 256}, Refusal.NO_SUBJECT),
        ({"sub": 7}, Refusal.NO_SUBJECT),
        ({"role": None}, Refusal.UNKNOWN_ROLE),
        ({"role": "root"}, Refusal.UNKNOWN_ROLE),
        ({"role": ["admin"]}, Refusal.UNKNOWN_ROLE),
    ],
)
def test_a_token_that_lacks_something_is_refused(changes: dict[str, Any], code: Refusal) -> None:
    assert _refusal(_token(**changes)) == code


def test_clocks_may_differ_by_half_a_minute() -> None:
    now = int(NOW.timestamp())
    assert _verifier()(_token(exp=now - 29, nbf=now + 29, iat=now + 29)).subject == "u-1"


@pytest.mark.parametrize(
    ("claim", "taken"), [("pay", True), (["x", "pay"], True), ("x", False), ([], False), (None, False)]
)
def test_an_audience_is_enforced_where_it_is_set(claim: Any, taken: bool) -> None:
    token = _token(aud=claim)
    assert _verifier()(token)
    if taken:
        assert _verifier(audience="pay")(token)
    else:
        assert _refusal(token, audience="pay") == Refusal.WRONG_AUDIENCE


def test_an_issuer_is_enforced_where_it_is_set() -> None:
    assert _verifier(issuer="a")(_token(iss="a"))
    assert _refusal(_token(iss="b"), issuer="a") == Refusal.WRONG_ISSUER
    assert _refusal(_token(), issuer="a") == Refusal.WRONG_ISSUER


def test_another_secret_is_a_bad_signature() -> None:
    assert _refusal(jwt.encode(CLAIMS, SECRET[::-1], algorithm="HS256")) == Refusal.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_no_other_algorithm_is_taken(algorithm: str) -> None:
    key = None if algorithm == "none" else SECRET * 2
    assert _refusal(jwt.encode(CLAIMS, key, algorithm=algorithm)) == Refusal.WRONG_ALGORITHM  # type: ignore[arg-type]


def _unsigned(header: Any) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{encoded}.e30.c2ln"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", Refusal.MALFORMED),
        ("a.b.c", Refusal.MALFORMED),
        ("x" * 10_000, Refusal.MALFORMED),
        ("ä.ö.ü", Refusal.MALFORMED),
        ("\ud800", Refusal.MALFORMED),
        (_unsigned([]), Refusal.MALFORMED),
        (_unsigned({"alg": ["HS256"]}), Refusal.WRONG_ALGORITHM),
        (_unsigned({"alg": "HS256", "crit": ["x"]}), Refusal.MALFORMED),
        (jwt.encode({}, SECRET, algorithm="HS256").replace(".e30.", ".W10."), Refusal.BAD_SIGNATURE),
    ],
)
def test_what_is_no_token_is_refused(token: str, code: Refusal) -> None:
    assert _refusal(token) == code


@unhurried
@given(
    st.text(max_size=60) | st.lists(st.text("abcdefABCDEF0123-_=", max_size=30), min_size=3, max_size=3).map(".".join)
)
def test_no_text_breaks_the_verifier(text: str) -> None:
    with pytest.raises(TokenRefused):
        _verifier()(text)


def test_a_signed_text_that_is_no_object_is_malformed() -> None:
    token = jwt.PyJWS().encode(b"[]", SECRET, algorithm="HS256")
    assert _refusal(token) == Refusal.MALFORMED


def test_a_verifier_does_not_show_its_secret() -> None:
    assert SECRET not in repr(_verifier())


def _jwk(key: Any, **members: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), **members}


class Issuer:
    """Publishes keys, counts how often it was asked, and may be away."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.answer: Callable[[], bytes] = lambda: json.dumps({"keys": self.keys}).encode()
        self.time = 0.0
        self.published = PublishedKeys(self._fetch, lambda: self.time)

    def _fetch(self) -> bytes:
        self.asked += 1
        return self.answer()

    def go_away(self) -> None:
        def away() -> bytes:
            raise httpx.ConnectError("refused")

        self.answer = away

    def verify(self, token: str) -> Caller:
        return _verifier(keys=self.published)(token)

    def refusal(self, token: str) -> Refusal:
        return _refusal(token, keys=self.published)


def _signed(key: Any, kid: str | None = None, algorithm: str = "RS256") -> str:
    return jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def test_published_keys_verify_and_are_fetched_once() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"), _jwk(EC_KEY, kid="e", alg="ES256", use="sig"))
    for _ in range(3):
        assert issuer.verify(_signed(RSA_KEY, "r")).subject == "u-1"
        assert issuer.verify(_signed(EC_KEY, "e", "ES256")).subject == "u-1"
    assert issuer.asked == 1


def test_a_token_without_key_id_is_taken_where_one_key_fits() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"), _jwk(EC_KEY))
    assert issuer.verify(_signed(RSA_KEY))
    assert issuer.verify(_signed(EC_KEY, algorithm="ES256"))
    issuer = Issuer(_jwk(RSA_KEY, kid="r"), _jwk(OTHER_RSA_KEY, kid="o"))
    assert issuer.refusal(_signed(RSA_KEY)) == Refusal.UNKNOWN_KEY


def test_a_new_key_is_fetched_when_a_token_names_it_at_most_once_a_minute() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="old"))
    assert issuer.verify(_signed(RSA_KEY, "old"))
    issuer.keys = [_jwk(OTHER_RSA_KEY, kid="new")]
    issuer.time = 59.0
    for _ in range(5):
        assert issuer.refusal(_signed(OTHER_RSA_KEY, "new")) == Refusal.UNKNOWN_KEY
    assert issuer.asked == 1
    issuer.time = 60.0
    assert issuer.verify(_signed(OTHER_RSA_KEY, "new"))
    assert issuer.refusal(_signed(RSA_KEY, "old")) == Refusal.UNKNOWN_KEY
    assert issuer.asked == 2


def test_a_withdrawn_key_is_forgotten_within_the_hour() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"))
    assert issuer.verify(_signed(RSA_KEY, "r"))
    issuer.keys = []
    issuer.time = 3_601.0
    assert issuer.refusal(_signed(RSA_KEY, "r")) == Refusal.UNKNOWN_KEY


@pytest.mark.parametrize("answer", [None, b"", b"[]", b'{"keys": {}}', b"<html>"])
def test_old_keys_stay_while_the_issuer_is_away_or_talks_nonsense(answer: bytes | None) -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"))
    assert issuer.verify(_signed(RSA_KEY, "r"))
    if answer is None:
        issuer.go_away()
    else:
        issuer.answer = lambda: answer
    issuer.time = 10_000.0
    with capture_logs() as lines:
        assert issuer.verify(_signed(RSA_KEY, "r"))
    assert [line["event"] for line in lines] == ["published_keys.fetch_failed"]


def test_an_issuer_that_was_away_from_the_start_is_not_the_callers_fault() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"))
    answer = issuer.answer
    issuer.go_away()
    with capture_logs():
        assert issuer.refusal(_signed(RSA_KEY, "r")) == Refusal.KEYS_UNAVAILABLE
    issuer.answer = answer
    issuer.time = 61.0
    assert issuer.verify(_signed(RSA_KEY, "r"))


def test_a_public_key_is_never_taken_for_a_secret() -> None:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    public = RSA_KEY.public_key().public_bytes(encoding, form)
    # Signed by hand, as PyJWT itself refuses to.
    head, body, _ = jwt.encode(CLAIMS, SECRET, algorithm="HS256", headers={"kid": "r"}).split(".")
    mac = hmac.digest(public, f"{head}.{body}".encode(), "sha256")
    forged = f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    issuer = Issuer(_jwk(RSA_KEY, kid="r"))
    assert issuer.refusal(forged) == Refusal.WRONG_ALGORITHM
    assert issuer.asked == 0


def test_a_key_is_used_only_with_its_own_algorithm() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"), _jwk(EC_KEY, kid="e"))
    assert issuer.refusal(_signed(RSA_KEY, "e")) == Refusal.UNKNOWN_KEY
    assert issuer.refusal(_signed(OTHER_RSA_KEY, "r")) == Refusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "r"},
        {**_jwk(RSA_KEY, kid="r"), "use": "enc"},
        {**_jwk(RSA_KEY, kid="r"), "alg": "RS512"},
        {**_jwk(EC_KEY, kid="r"), "crv": "P-384"},
        {"kty": "RSA", "kid": "r"},
        {"kty": "RSA", "kid": "r", "n": 1, "e": []},
        {**_jwk(RSA_KEY), "kid": ["r"]},
        "nonsense",
    ],
)
def test_entries_of_no_use_are_left_out(entry: Any) -> None:
    issuer = Issuer(entry, _jwk(EC_KEY, kid="e"))
    assert issuer.refusal(_signed(RSA_KEY, "r")) == Refusal.UNKNOWN_KEY
    assert issuer.verify(_signed(EC_KEY, "e", "ES256"))


def test_with_an_old_key_at_hand_nobody_waits_for_the_issuer() -> None:
    issuer = Issuer(_jwk(RSA_KEY, kid="r"))
    token = _signed(RSA_KEY, "r")
    assert issuer.verify(token)
    answer, asked, release = issuer.answer, Event(), Event()

    def slowly() -> bytes:
        asked.set()
        release.wait(timeout=30)
        return answer()

    issuer.answer = slowly
    issuer.time = 10_000.0
    first = Thread(target=issuer.verify, args=(token,))
    first.start()
    assert asked.wait(timeout=30)
    assert issuer.verify(token).subject == "u-1"
    release.set()
    first.join(timeout=30)
    assert issuer.asked == 2


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/keys": json.dumps({"keys": [_jwk(RSA_KEY, kid="r")]}).encode(), "/huge": b"x" * 300_000}.get(
                self.path
            )
            self.send_response(200 if body else 500)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join(timeout=30)


def test_keys_are_fetched_over_http(server: str) -> None:
    published = PublishedKeys(fetch_from(f"{server}/keys"))
    assert _verifier(keys=published)(_signed(RSA_KEY, "r")) == Caller("u-1", CallerRole.ADMIN)


def test_a_failing_or_endless_address_raises(server: str) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        fetch_from(f"{server}/broken")()
    with pytest.raises(OSError, match="larger than 256 KB"):
        fetch_from(f"{server}/huge")()


def test_a_token_is_verified_once_and_believed_no_longer_than_it_says() -> None:
    now = [NOW]
    remembered = RememberedTokens(_verifier(now=lambda: now[0]), longest=3600)
    good, forged = _token(), _token()[:-4] + "xxxx"

    assert remembered.known(good) is None
    caller = remembered(good)
    assert remembered.known(good) == caller == remembered(good)
    with pytest.raises(TokenRefused):
        remembered(forged)
    assert remembered.known(forged) is None
    now[0] += timedelta(hours=2)
    assert remembered.known(good) is None
    with pytest.raises(TokenRefused):
        remembered(good)


def test_a_token_is_looked_at_again_after_a_while_and_only_so_many_are_remembered() -> None:
    now = [NOW]
    remembered = RememberedTokens(_verifier(now=lambda: now[0]), longest=5, remembered=2)
    several = [_token(sub=f"buyer-{number}") for number in range(3)]
    for one in several:
        remembered(one)

    assert [remembered.known(one) is not None for one in several] == [False, True, True]
    now[0] += timedelta(seconds=5)
    assert remembered.known(several[2]) is None
