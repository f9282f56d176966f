"""Whole worker processes: what they do with messages, and with being stopped and killed."""

from tests.workers.house import House, request, wait_until


def test_a_request_that_arrives_is_made_a_row_and_acknowledged(house: House) -> None:
    house.start()
    house.send(request(1))
    wait_until(lambda: house.values("required") == ["auction-1"])
    wait_until(house.is_drained)
