"""xhtml2pdf as it is: the engine whose pages every other one must equal."""

from io import BytesIO
from pathlib import Path
from typing import Final

from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.document import pisaDocument

from gateways.paper.skeleton import Skeleton
from gateways.paper.wording import Unprintable

#: What addresses in templates begin at.
HERE: Final = Path(__file__).parent
#: For xhtml2pdf: a document of this name would stand here.
DOCUMENT: Final = str(HERE / "document.html")
#: A page reads our own fonts, and asks no network for anything.
POLICY: Final = ResourceAccessPolicy(allow_remote=False, base_dir=HERE, max_document_bytes=1_000_000, max_depth=64)


def draw(skeleton: Skeleton) -> bytes:
    """The page as PDF. Its dates and its id are those of this moment."""
    out = BytesIO()
    context = pisaDocument(skeleton.html(), out, path=DOCUMENT, encoding="utf-8", resource_policy=POLICY)
    if context.err:
        raise Unprintable(f"xhtml2pdf found {context.err} errors in the page")
    return out.getvalue()
