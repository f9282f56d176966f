"""A browser, and the `api` process on a house that a test process has for itself: tests use lots of their own."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from console.app import create_api
from console.limits import Limits
from console.server import build_server
from runtime.serving import listen
from runtime.tokens import SharedSecret, TokenVerifier
from sandbox.stripe.settings import PUBLISHABLE_KEY
from tests.browser.street import Street
from tests.console.conftest import SECRET
from tests.databases import Databases
from tests.house import House, house, prepare
from tests.servers import Urls

_CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
#: Looks and beats often: tests need not wait.
_BRISK = Limits(look_seconds_unheard=0.2, look_seconds=1.0, beat_seconds=1.0, listen_again_ms=200)


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """Debian's Chromium, and the loop that Playwright runs it from. Without it tests are skipped, but not in CI."""
    if not Path(_CHROMIUM).exists():
        if os.environ.get("CI") == "true" and not os.environ.get("GAVELPAY_NO_BROWSER"):
            pytest.fail("CI runs the browser tests, and there is no Chromium here; GAVELPAY_NO_BROWSER=1 does without")
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """The browser. Playwright's loop is this thread's only meanwhile: other tests of this process have their own."""
    browser, loop = chromium
    asyncio._set_running_loop(loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture
def street(whole_street: Street) -> Street:
    """The house at this moment: its clock stands still, the browser's does not."""
    whole_street.home.time.at = datetime.now(UTC)
    return whole_street


@pytest.fixture(scope="session")
def whole_street(databases: Databases, server_urls: Urls) -> Iterator[Street]:
    """A house with its `api` process, reached over real HTTP."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    database_url = databases.create(databases.template("migrated", prepare))
    listener = listen("api", "127.0.0.1", 0, 64)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    environ = {
        "PUBLIC_URL": url,
        "REDIS_URL": f"{server_urls.redis.rpartition('/')[0]}/{number}",
        "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
        "HOUSE_NAME": "Kestrel Row Auctions",
        "HOUSE_EMAIL": "help@kestrelrow.example",
    }
    with house(database_url, **environ) as home, serving(home, listener):
        yield Street(home, url)
    databases.drop(database_url)


@contextmanager
def serving(home: House, listener: Any) -> Iterator[None]:
    api = create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time), limits=_BRISK)
    server = build_server(api, _BRISK)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone of a buyer who reads English."""
    with open_page(browser) as page:
        yield page


@contextmanager
def open_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of its own. A script of ours that fails, or anything our policy refuses, fails the test."""
    phone = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB", "timezone_id": "Europe/Berlin"}
    context = browser.new_context(**(phone | options))
    context.set_default_timeout(15_000)
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert wrong == []
