"""What `gavelpay bench` says."""

import pytest

from cli.bench import _document, _print
from proof.benches.area import Area, at_least, at_most
from proof.benches.machine import Calibration, Noise
from proof.benches.rounds import Comparison, Sample, Series


def test_figures_goals_and_what_was_lost_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    ours = Series("gavelpay", [Sample(300, 1.0, {"process": 0.03}, [0.002, 0.004])])
    usual = Series("usual", [Sample(100, 1.0, {"process": 0.09}, wrong=["one event was lost"])])
    noise = Noise([Calibration(20.0, 0.5), Calibration(22.0, None)])
    goals = [at_least("times the usual way", 3.0, 7), at_most("p99", 4.0, 30, "ms")]
    area = Area("ingest", Comparison("events", ours, {"usual": usual}, noise), goals, details={"memory_mb": 90})

    _print("ingest", area)
    told, printed = _document({"ingest": area}), capsys.readouterr().out

    assert told["met"] is False
    assert told["areas"]["ingest"]["ratio"]["usual"]["median"] == 3
    assert told["areas"]["ingest"]["ratio_by_processor"]["usual"] == 9
    assert told["areas"]["ingest"]["noise"]["swing_percent"] == 10
    assert "MISSED  times the usual way: 3, wanted ≥ 7" in printed
    assert "met     p99: 4, wanted ≤ 30 ms" in printed
    assert "WRONG   usual: one event was lost" in printed
    assert "20.0 to 22.0 ms; others used 0.5 cores" in printed
    assert "memory mb: 90" in printed
