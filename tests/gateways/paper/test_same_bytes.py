import os
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from pypdf import PdfReader

from gateways.paper import stock
from gateways.paper.printer import Printer, skeleton
from gateways.paper.sealing import sealed
from proof.benches.documents import RECEIPT, SAMPLES

ROOT = Path(__file__).parents[3]
PRINT_ALL = """
from hashlib import sha256
from gateways.paper.printer import Printer
from proof.benches.documents import SAMPLES
printer = Printer()
for name in {order}(SAMPLES):
    print(name, sha256(printer.print(SAMPLES[name])).hexdigest())
"""


def elsewhere(order: str, **environment: str) -> dict[str, str]:
    """What another process prints, on another day."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_ALL.format(order=order)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        timeout=60,
    )
    return dict(line.split() for line in done.stdout.splitlines())


def test_a_document_is_the_same_file_in_every_process_and_on_every_day() -> None:
    printer = Printer()
    here = {name: sha256(printer.print(document)).hexdigest() for name, document in SAMPLES.items()}
    assert {name: sha256(printer.print(document)).hexdigest() for name, document in SAMPLES.items()} == here
    assert elsewhere("reversed", PYTHONHASHSEED="1", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="86400") == here
    assert elsewhere("sorted", PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="C") == here
    assert len(set(here.values())) == len(here)


def test_the_file_is_whole_after_it_was_dated(tmp_path: Path) -> None:
    file = tmp_path / "receipt.pdf"
    file.write_bytes(Printer().print(RECEIPT))
    reader = PdfReader(file, strict=True)
    assert reader.metadata is not None
    assert reader.metadata.creation_date == RECEIPT.at
    assert reader.metadata.modification_date == RECEIPT.at


def test_another_content_has_another_id() -> None:
    drawn = stock.draw(skeleton(RECEIPT))
    days = [sealed(drawn, datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2)]
    ids = {day.partition(b"/ID")[2][:40] for day in days}
    assert len(ids) == 2


@pytest.mark.parametrize(
    "spoilt", [b"", b"%PDF-1.4\ntrailer\n/ID \n[<00><00>]", b"/CreationDate (D:20260101000000+00'00')"]
)
def test_what_reportlab_has_not_written_is_not_sealed(spoilt: bytes) -> None:
    with pytest.raises(ValueError, match="no PDF as ReportLab writes it"):
        sealed(spoilt, RECEIPT.at)
