"""No secret shows in what settings print, nor in what they complain of."""

import base64
import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.settings import Role, Secret, SecretUrl, SettingsError, describe, load

# A busy machine is no failure.
unhurried = settings(deadline=None)

letters = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=6, max_size=30)
# The ends keep the search from finding a word of the messages themselves.
words = letters.map(lambda inner: f"Zq7{inner}7qZ")


def _environ(word: str) -> dict[str, str]:
    key = base64.urlsafe_b64encode(word.encode().ljust(32, b".")[:32]).decode()
    signing = "whsec_" + base64.b64encode(word.encode().ljust(24, b".")).decode()
    return {
        "DATABASE_URL": f"postgresql://user:{word}@db/pay?password={word}",
        "DATABASE_REPLICA_URL": f"postgres://{word}:x@db/pay",
        "REDIS_URL": f"redis://:{word}@redis/0",
        "BROKER_URL": f"amqps://guest:{word}@rabbit/vhost",
        "STRIPE_SECRET_KEY": f"sk_test_{word}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{word},whsec_x{word}",
        "SMTP_URL": f"smtp://user:{word}@mail:587",
        "MAIL_FROM": "a@b.example",
        "AUCTION_WEBHOOK_URL": "https://a.example",
        "AUCTION_WEBHOOK_SECRET": signing,
        "SEGMENT_WRITE_KEY": word,
        "AUTH_JWT_SECRET": word * 3,
        "FIELD_ENCRYPTION_KEYS": key,
        "FIELD_INDEX_KEY": key,
        "SENTRY_DSN": f"https://{word}@sentry.example/1",
    }


@unhurried
@given(words)
def test_no_secret_shows_in_settings(word: str) -> None:
    environ = _environ(word)
    loaded = load(environ, Role.RUN)
    signing = environ["AUCTION_WEBHOOK_SECRET"].removeprefix("whsec_")
    for shown in (repr(loaded), str(loaded), f"{loaded}", repr(loaded.warnings)):
        assert word not in shown
        assert signing not in shown
        assert environ["FIELD_INDEX_KEY"] not in shown


@unhurried
@given(words, st.sampled_from(sorted(variable.name for variable in describe())), st.sampled_from(["", " ", "://", "@"]))
def test_no_value_shows_in_an_error_whichever_variable_it_was_put_in(word: str, name: str, junk: str) -> None:
    for value in (word, f"{word}{junk}{word}", f"sk_live_{word}", f"mysql://u:{word}@h", f"postgres://u:{word}@h:x/"):
        try:
            load({**_environ(word), name: value}, Role.API)
        except SettingsError as error:
            assert word not in f"{error} {error!r} {error.problems}"  # noqa: PT017 - most values are refused, some taken
            assert error.__cause__ is None  # noqa: PT017 - as above


def test_a_secret_hides_from_every_way_of_printing() -> None:
    secret = Secret("hush")
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", "%s" % secret, str([secret])):  # noqa: UP031
        assert "hush" not in shown
    assert secret.reveal() == "hush"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(secret)


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret(b"a"), Secret(b"a")}) == 1


def test_an_address_shows_its_place_without_credentials() -> None:
    url = SecretUrl("postgresql://user:hush@db.example:5432/pay?password=hush#hush")
    assert str(url) == "postgresql://[hidden]@db.example:5432/pay"
    assert (url.scheme, str(SecretUrl("redis://h/0"))) == ("postgresql", "redis://h/0")
