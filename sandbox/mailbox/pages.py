"""The mailbox as web pages, and as JSON for programs.

| path | |
|---|---|
| `GET /mailbox`, `GET /mailbox/{id}` | the list, one mail |
| `GET /mailbox/{id}/html`, `/raw`, `/attachments/{n}` | its parts |
| `GET /mailbox.json?to=&after=` | the mails, oldest first: all, or those to somebody, or those that came after one |
| `POST /mailbox/clear` · `DELETE /mailbox.json` | throw all mails away |
| `GET`, `PUT /mailbox/faults` | `{"refused": [...], "put_off": {...}, "delay_seconds": 0}` |
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.mailbox.box import Mailbox
from sandbox.mailbox.mail import Attachment, Mail

HERE = Path(__file__).parent
#: The pages need a style, one script of their own, and the frame with the mail; nothing from elsewhere.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"  # noqa: E501 - one header
#: A mail is a stranger's: it may show its own pictures and open links in a new tab, and do nothing else.
MAIL_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = f"sandbox {MAIL_SANDBOX}; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
BAD_REQUEST = 400
SEE_OTHER = 303
NOT_FOUND = 404


class _Pages:
    def __init__(self, box: Mailbox) -> None:
        self._box = box
        self._templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape())
        self._templates.filters["size"] = readable_size

    def routes(self) -> list[Route]:
        return [
            Route("/mailbox", self.list),
            Route("/mailbox.json", self.list_json, methods=["GET"]),
            Route("/mailbox.json", self.clear_json, methods=["DELETE"]),
            Route("/mailbox/clear", self.clear, methods=["POST"]),
            Route("/mailbox/faults", self.faults, methods=["GET"]),
            Route("/mailbox/faults", self.set_faults, methods=["PUT"]),
            Route("/mailbox/live.js", self.script),
            Route("/mailbox/{id:int}", self.show),
            Route("/mailbox/{id:int}/html", self.html),
            Route("/mailbox/{id:int}/raw", self.raw),
            Route("/mailbox/{id:int}/attachments/{number:int}", self.attachment),
        ]

    def list(self, request: Request) -> Response:
        return self._page("list.html", request, mails=list(reversed(self._box.messages)))

    def list_json(self, request: Request) -> Response:
        recipient = request.query_params.get("to")
        mails = self._box.messages if recipient is None else self._box.to(recipient)
        try:
            after = int(request.query_params.get("after", 0))
        except ValueError as error:
            raise HTTPException(BAD_REQUEST, "`after` is the number of a mail.") from error
        return JSONResponse({"messages": [as_json(mail) for mail in mails if mail.id > after]})

    def clear_json(self, _request: Request) -> Response:
        self._box.clear()
        return Response(status_code=204)

    def clear(self, request: Request) -> Response:
        self._box.clear()
        return RedirectResponse(f"{_root(request)}/mailbox", SEE_OTHER)

    def faults(self, _request: Request) -> Response:
        faults = self._box.faults
        return JSONResponse(
            {"refused": sorted(faults.refused), "put_off": faults.put_off, "delay_seconds": faults.delay_seconds}
        )

    async def set_faults(self, request: Request) -> Response:
        wanted = await request.json()
        try:
            refused, delay = set(map(str, wanted.get("refused", []))), float(wanted.get("delay_seconds", 0))
            put_off = {str(name): int(times) for name, times in wanted.get("put_off", {}).items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise HTTPException(BAD_REQUEST, f"These are no faults: {error}.") from error
        faults = self._box.faults
        faults.clear()
        if refused:
            faults.refuse(*refused)
        for name, times in put_off.items():
            faults.put_off_for_now(name, times=times)
        faults.delay_seconds = delay
        return self.faults(request)

    def script(self, _request: Request) -> Response:
        return Response((HERE / "templates" / "live.js").read_text(), media_type="text/javascript")

    def show(self, request: Request) -> Response:
        return self._page("mail.html", request, mail=self._mail(request), sandbox=MAIL_SANDBOX)

    def html(self, request: Request) -> Response:
        page = with_links_that_open_outside(self._mail(request).html_with_pictures())
        return HTMLResponse(page, headers={"Content-Security-Policy": MAIL_POLICY})

    def raw(self, request: Request) -> Response:
        # As Latin-1, which shows every byte: a raw mail may be in several encodings at once.
        return PlainTextResponse(self._mail(request).raw, headers=_download_headers(), media_type="text/plain")

    def attachment(self, request: Request) -> Response:
        files, number = self._mail(request).attachments, request.path_params["number"]
        if number >= len(files):
            raise HTTPException(NOT_FOUND, "This mail has no such attachment.")
        file = files[number]
        return Response(file.content, media_type=file.content_type, headers=_download_headers(file))

    def _mail(self, request: Request) -> Mail:
        if mail := self._box.get(request.path_params["id"]):
            return mail
        raise HTTPException(NOT_FOUND, "This mail never came, or is no longer kept.")

    def _page(self, template: str, request: Request, **values: Any) -> Response:
        page = self._templates.get_template(template).render(root=_root(request), **values)
        return HTMLResponse(page, headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"})


def as_json(mail: Mail) -> dict[str, Any]:
    """Return a mail for programs."""
    return {
        "id": mail.id,
        "receivedAt": mail.received_at.isoformat(),
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "attachments": [
            {"name": file.name, "contentType": file.content_type, "size": len(file.content)}
            for file in mail.attachments
        ],
    }


def with_links_that_open_outside(html: str) -> str:
    """Return a mail as a page whose links leave the frame. A doctype stays first, else browsers imitate old ones."""
    base = '<base target="_blank">'
    if head := _HEAD.search(html):
        return html[: head.end()] + base + html[head.end() :]
    return f"<!doctype html>{base}{html}"


def readable_size(count: int) -> str:
    """Return a number of bytes as people say it."""
    for limit, divisor, unit in [(1_000, 1, "bytes"), (1_000_000, 1_000, "KB")]:
        if count < limit:
            return f"{count / divisor:.0f} {unit}"
    return f"{count / 1_000_000:.1f} MB"


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _download_headers(file: Attachment | None = None) -> dict[str, str]:
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
    if file:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    return headers


def mailbox_routes(box: Mailbox) -> list[Route]:
    """Return the mailbox's routes, for an application that has others too."""
    return _Pages(box).routes()


def mailbox_app(box: Mailbox) -> Callable[..., Any]:
    """Return the mailbox as an ASGI application of its own."""
    return Starlette(routes=mailbox_routes(box))
