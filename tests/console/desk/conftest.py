"""Operators at their browsers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from console.app import create_api
from runtime.tokens import CallerRole, SharedSecret, TokenVerifier, issue_development_token
from tests.console.calling import Wire, wired
from tests.console.conftest import SECRET
from tests.house import House

HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """A browser: it keeps its cookie, and sends forms as pages have made them."""

    wire: Wire
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self._asked("GET", path + (f"?{urlencode(params)}" if params else ""))

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        return self._asked("POST", path, content=urlencode(form), headers=headers)

    def form(self, path: str, **params: str) -> dict[str, str]:
        """The hidden fields of a page's main form."""
        page = self.get(path, **params).text
        main = page[page.index('<main id="main"') :]
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', main))

    def act(self, path: str, reason: str = "The buyer telephoned.", **params: str) -> httpx.Response:
        """Look at a plan, and confirm it."""
        return self.post(path, self.form(path, **params) | {"reason": reason})

    def _asked(self, method: str, path: str, **options: Any) -> httpx.Response:
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": sent, "Content-Type": "application/x-www-form-urlencoded"} | options.pop("headers", {})
        answer = self.wire.request(method, path, headers=headers, **options)
        for set_cookie in answer.headers.get_list("set-cookie"):
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        self.wire.client.cookies.clear()
        return answer


@pytest.fixture
def api(home: House) -> FastAPI:
    def issue(subject: str, role: CallerRole) -> str:
        return issue_development_token(SECRET, subject, role, timedelta(days=30), now=home.time())

    return create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time), issue_token=issue)


@pytest.fixture
def strict_wire(home: House) -> Iterator[Wire]:
    """Where nobody gets in by a click."""
    with wired(create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time))) as wire:
        yield wire


@pytest.fixture
def desk(wire: Wire) -> Callable[..., Desk]:
    """`desk(role, name)`: somebody signed in; without a role, nobody."""

    def sit_down(role: str | None = None, name: str = "") -> Desk:
        made = Desk(wire)
        if role:
            assert made.post("/console/sign-in", {"role": role, "name": name}).status_code == 303
        return made

    return sit_down
