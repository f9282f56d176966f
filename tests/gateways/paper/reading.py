"""Looks at PDF pages: as text, and as pictures."""

from pypdfium2 import PdfDocument


def text_of(pdf: bytes) -> str:
    with PdfDocument(pdf) as document:
        assert len(document) == 1
        return document[0].get_textpage().get_text_bounded().replace("\r\n", "\n")


def pixels_of(pdf: bytes, *, scale: float = 2) -> bytes:
    with PdfDocument(pdf) as document:
        return b"".join(page.render(scale=scale).to_pil().tobytes() for page in document)


def metadata_of(pdf: bytes) -> dict[str, str]:
    with PdfDocument(pdf) as document:
        return document.get_metadata_dict()
