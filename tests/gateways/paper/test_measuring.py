from proof.benches.receipts import measure, scaling


def test_the_bench_measures_ours_and_stock_in_the_same_run() -> None:
    figures = measure(rounds=1)
    for part in (figures, figures["with_embedded_font"]):
        assert part["ratio"] > 0
        for engine in ("stock", "ours"):
            assert part[engine]["receipts"] >= 2
            assert part[engine]["wall_ms"]["p10"] <= part[engine]["wall_ms"]["median"] <= part[engine]["wall_ms"]["p90"]


def test_the_bench_counts_what_processes_print_together() -> None:
    assert scaling(receipts=4, processes=(2,))["2"] > 0
