"""The API under requests made up from its own description: no answer is an error of ours, and each is documented."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.console.calling import wanted
from tests.console.test_roles import sold
from tests.console.test_server import served
from tests.house import House

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from schemathesis.checks import not_a_server_error  # noqa: E402 - after the question whether it is there
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

__all__ = ["sold"]

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

#: For each operation and role.
EXAMPLES: Final = 12
ROLES: Final = ("service", "buyer", "admin")


@pytest.mark.parametrize("role", ROLES)
def test_no_request_is_answered_with_an_error_of_ours_or_in_an_undocumented_way(
    home: House, api: FastAPI, sold: dict[str, str], token: Callable[..., str], role: str
) -> None:
    waiting = home.opened(auction_id="auction-2")
    places = [
        {},
        sold | {"token": home.app.links.token(UUID(sold["sessionId"]))},
        sold | {"sessionId": str(waiting), "token": home.app.links.token(waiting)},
    ]
    headers = {"Authorization": f"Bearer {token(role, f'{role}-1')}"}
    with served(api) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        for result in schema.get_all_operations():
            operation = result.ok()
            if not operation.path.endswith("/events"):  # a stream has no end
                fuzz(operation, headers, places)


def fuzz(operation: Any, headers: dict[str, str], places: list[dict[str, str]]) -> None:
    """Call one operation a number of times, mostly about something that is there."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), place=st.sampled_from(places), number=st.integers(1, 3))
    def run(case: Any, place: dict[str, str], number: int) -> None:
        for name in case.path_parameters.keys() & place.keys():
            case.path_parameters[name] = place[name]
        if place and operation.path.endswith("/create"):
            case.body = wanted(auctionId=f"auction-{number}")
        response = case.call(headers=headers, allow_redirects=False)
        case.validate_response(response, checks=CHECKS)

    run()
