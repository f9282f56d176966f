"""What the sandbox believes of Stripe's API is what the SDK says."""

import pytest

from tests.sandbox.stripe.sdk_names import OBJECTS
from tests.sandbox.stripe.sdk_schema import SCHEMA, by_resource, object_fields, text


@pytest.mark.parametrize("resource", sorted(by_resource()))
def test_the_accepted_parameters_are_those_of_the_sdk(resource: str) -> None:
    assert (SCHEMA / f"{resource}.json").read_text() == text(by_resource()[resource])


def test_the_fields_of_objects_are_those_of_the_sdk() -> None:
    assert (SCHEMA / "objects.json").read_text() == text({name: object_fields(name) for name in OBJECTS})
