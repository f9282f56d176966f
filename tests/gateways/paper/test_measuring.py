from proof.benches.receipts import scaling


def test_the_bench_counts_what_processes_print_together() -> None:
    assert scaling(receipts=4, processes=(2,))["2"] > 0
