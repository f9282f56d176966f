"""What is sealed opens only whole, under its key and in its context."""

import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sealing import FieldCipher, SealingError, Tampered, UnknownKey, key_id

# A busy machine is no failure.
unhurried = settings(deadline=None)

OLD, NEW, INDEX = b"o" * 32, b"n" * 32, b"i" * 32
EMAIL = b"payment_sessions.buyer_email"
cipher = FieldCipher([NEW, OLD], INDEX)


@unhurried
@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_was_sealed_opens_again(plaintext: bytes, context: bytes) -> None:
    sealed = cipher.seal(plaintext, context)
    assert cipher.open(sealed, context) == plaintext
    assert len(sealed) == len(plaintext) + 32


def test_the_plaintext_does_not_show() -> None:
    assert b"buyer" not in cipher.seal(b"buyer@example.com", EMAIL)


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert cipher.seal(b"same", EMAIL) != cipher.seal(b"same", EMAIL)


@unhurried
@given(st.binary(min_size=1, max_size=50), st.data())
def test_any_changed_bit_is_noticed(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(cipher.seal(plaintext, EMAIL))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealingError):
        cipher.open(bytes(sealed), EMAIL)


@unhurried
@given(st.binary(max_size=60))
def test_arbitrary_bytes_do_not_open(garbage: bytes) -> None:
    with pytest.raises(SealingError):
        cipher.open(garbage, EMAIL)


def test_a_value_does_not_open_in_another_column() -> None:
    with pytest.raises(Tampered, match="another context"):
        cipher.open(cipher.seal(b"x", EMAIL), b"payment_sessions.buyer_phone")


def test_a_cut_value_is_tampered() -> None:
    with pytest.raises(Tampered, match="too short"):
        cipher.open(cipher.seal(b"", EMAIL)[:-1], EMAIL)


def test_an_old_key_opens_and_asks_for_resealing() -> None:
    sealed = FieldCipher([OLD], INDEX).seal(b"x", EMAIL)
    assert cipher.open(sealed, EMAIL) == b"x"
    assert cipher.needs_resealing(sealed)
    assert not cipher.needs_resealing(cipher.seal(b"x", EMAIL))


def test_a_retired_key_is_named_by_its_id() -> None:
    sealed = cipher.seal(b"x", EMAIL)
    with pytest.raises(UnknownKey, match="FIELD_ENCRYPTION_KEYS") as raised:
        FieldCipher([OLD], INDEX).open(sealed, EMAIL)
    assert raised.value.key_id == key_id(NEW).hex()


def test_a_memoryview_as_drivers_give_it_opens() -> None:
    sealed = memoryview(cipher.seal(b"x", EMAIL))
    assert cipher.open(sealed, EMAIL) == b"x"  # type: ignore[arg-type]
    assert not cipher.needs_resealing(sealed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "index_key"), [([], INDEX), ([b"short"], INDEX), ([OLD, OLD], INDEX), ([OLD], b"short")]
)
def test_wrong_keys_are_refused(keys: list[bytes], index_key: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        FieldCipher(keys, index_key)


def test_the_index_ignores_case_and_blanks_and_depends_on_its_key() -> None:
    assert cipher.index(" Buyer@Example.COM\n") == cipher.index("buyer@example.com")
    assert cipher.index("buyer@example.com") != cipher.index("other@example.com")
    assert cipher.index("x") != FieldCipher([OLD], OLD).index("x")
    assert len(cipher.index("")) == 32


def test_an_injected_source_of_nonces_makes_sealing_repeatable() -> None:
    repeatable = FieldCipher([OLD], INDEX, random_bytes=lambda size: b"\x01" * size)
    assert repeatable.seal(b"x", EMAIL) == repeatable.seal(b"x", EMAIL)
    assert repeatable.open(repeatable.seal(b"x", EMAIL), EMAIL) == b"x"


def test_threads_share_one_cipher() -> None:
    opened: list[bool] = []

    def seal_and_open() -> None:
        values = [os.urandom(64) for _ in range(200)]
        opened.append(all(cipher.open(cipher.seal(value, EMAIL), EMAIL) == value for value in values))

    threads = [threading.Thread(target=seal_and_open) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert opened == [True] * 8


def test_values_that_are_sealed_together_share_no_nonce_and_open_each_in_its_context() -> None:
    cipher = FieldCipher([OLD], INDEX)
    values = [(b"the same", b"table:column:%d" % row) for row in range(50)]
    sealed = cipher.seal_all(values)
    assert len({one[4:16] for one in sealed}) == 50
    assert [cipher.open(one, context) for one, (_, context) in zip(sealed, values, strict=True)] == [b"the same"] * 50
    assert cipher.seal_all([]) == []
