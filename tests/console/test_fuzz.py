"""The API under requests made up from its own description: no answer is an error of ours, and each is documented."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

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
    home.require(auction_id="auction-2")
    headers = {"Authorization": f"Bearer {token(role, f'{role}-1')}"}
    with served(api) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        for result in schema.get_all_operations():
            operation = result.ok()
            if not operation.path.endswith("/events"):  # a stream has no end
                fuzz(operation, headers, sold)


def fuzz(operation: Any, headers: dict[str, str], parts: dict[str, str]) -> None:
    """Call one operation a number of times, as often as not about something that is there."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_there=st.booleans())
    def run(case: Any, is_there: bool) -> None:  # noqa: FBT001
        if is_there:
            known = {name: parts[name] for name in case.path_parameters or () if name in parts}
            case.path_parameters.update(known)
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    run()
