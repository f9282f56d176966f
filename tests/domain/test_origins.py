"""Origins are read as browsers read them; what browsers may read otherwise belongs to no origin."""

import pytest

from domain.origins import origin_or_none


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Shop.Example/a?b#c", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443/", "https://shop.example:8443"),
        ("http://[::1]:80/x", "http://[::1]"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_or_none(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\.shop.example/",
        "https://shop.example\\@evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example:80\\evil.example",
        "https://shop.example:99999/",
        "https://shop.example\uff0fevil.example/",
        "https://[::1/",
        "https://shop.example./",
        "http://shop.example/",
    ],
)
def test_what_only_looks_like_an_origin_is_another_one_or_none(url: str) -> None:
    assert origin_or_none(url) != "https://shop.example"
