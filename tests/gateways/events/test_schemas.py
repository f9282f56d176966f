"""What receivers are promised of outgoing events."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from jsonschema import Draft202012Validator

from gateways.events.catalog import schemas
from gateways.events.reference import ORDER, page
from tests.event_schemas import problems

ROOT = Path(__file__).parents[3]
#: CONTRACT: every type that may come.
TYPES = {
    "auction.payment_pending",
    "auction.payment_failed",
    "auction.sold",
    "auction.reopened",
    "auction.refunded",
    "order.requested",
    "order.updated",
    "order.canceled",
}


def test_every_type_is_described() -> None:
    assert schemas().keys() == TYPES == set(ORDER)


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_a_schema_is_one_and_its_examples_obey_it(event_type: str) -> None:
    schema = schemas()[event_type]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:gavelpay:event:{event_type}:1"
    for example in schema["examples"]:
        assert list(problems(example)) == []
        assert list(problems(example | {"data": example["data"] | {"version": 2}}))


def test_receivers_need_not_know_keys_of_later_releases() -> None:
    schema = schemas()["auction.sold"]
    example = schema["examples"][0]
    Draft202012Validator(schema).validate(example | {"data": example["data"] | {"newKey": 1}})


def test_the_page_is_made_of_the_schemas() -> None:
    assert (ROOT / "docs/reference/events.md").read_text() == page(), "python -m gateways.events.reference"


def test_the_schemas_are_shipped(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    shipped = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "/schemas/v1/" in name}
    assert shipped == {f"{event_type}.json" for event_type in TYPES}
