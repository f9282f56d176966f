"""Every area measures something, and loses nothing, at the smallest size."""

from collections.abc import Iterator

import orjson
import pytest

from proof.benches.area import Effort
from proof.benches.areas import measure_of
from proof.benches.ground import Ground

TINY = Effort(rounds=1, seconds=0.2)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with Ground() as ground:
        yield ground


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_an_area_is_measured_beside_its_baselines_and_loses_nothing(ground: Ground, name: str) -> None:
    area = measure_of(name)(ground, TINY)

    told = orjson.loads(orjson.dumps(area.document()))
    assert told["wrong"] == []
    assert told["goals"]
    assert told["figure"]["per_second"]["median"] > 0
    assert told["noise"]["loop_ms"]["median"] > 0
    for baseline, figures in told["baselines"].items():
        assert figures["per_second"]["median"] > 0
        assert told["ratio"][baseline]["median"] > 0
