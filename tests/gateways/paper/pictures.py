"""Draws the pictures in `docs/pictures/`: `python -m tests.gateways.paper.pictures`."""

from pathlib import Path

from PIL import Image
from pypdfium2 import PdfDocument

from gateways.paper.printer import Printer
from proof.benches.documents import SAMPLES

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    printer = Printer()
    for name, document in SAMPLES.items():
        with PdfDocument(printer.print(document)) as pdf:
            picture = pdf[0].render(scale=1.5).to_pil()
        few = picture.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
