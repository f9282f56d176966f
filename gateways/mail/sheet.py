"""One mail, put together: every part as it will be read, not yet set as HTML or as plain text."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.notices import NoticeContent, NoticeKind, Recipient
from domain.wording.titles import isolated, one_line
from gateways.mail.facts import LOT, NAME, TITLE, facts_of, person, reference
from gateways.mail.languages import WORDS, language_of
from gateways.mail.scenes import PAYABLE, SHOWN, TONES, UNPAID, Scene, Tone, scene_of
from gateways.mail.words import MailWords


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on one mail, from top to bottom."""

    language: str
    subject: str
    preheader: str
    house: str
    heading: str
    lead: str
    #: `Lot 14 · Haldrick Clockworks`; empty where nothing is known.
    lot: str
    title: str
    amount: str
    #: Nobody pays it: it stands small.
    amount_is_small: bool
    note: str
    tone: Tone
    #: Where the button leads; None where there is no button.
    link: str | None
    button: str
    #: Said in place of a button that would be needed.
    no_link: str
    document_link: str | None
    document: str
    rest: tuple[str, str]
    foot: str
    #: The house and the lines of its postal address.
    sender: tuple[str, ...]
    #: Words of the layout itself.
    phrases: Mapping[str, str]


def sheet_of(content: NoticeContent) -> Sheet:
    """Put a mail together.

    Raises:
        ValueError: the notice is for somebody else than its kind says, or lacks what its words cannot do without.
    """
    scene, language = scene_of(content), language_of(content.language)
    words = WORDS[language]
    letter, phrases, known = words.letters[scene], words.phrases, facts_of(content, words, language)
    link = content.link if letter.button else None
    house = one_line(content.house.name, NAME)
    lot, title = _lot_and_title(content, words)
    return Sheet(
        language=language,
        subject=letter.subject.format_map(known),
        preheader=letter.preheader.format_map(known),
        house=house,
        heading=letter.heading.format_map(known),
        lead=letter.lead.format_map(known),
        lot=lot,
        title=title,
        amount=_amount(scene, content, words, known),
        amount_is_small=scene in UNPAID,
        note=letter.note.format_map(known),
        tone=TONES.get(scene, Tone.PLAIN),
        link=link,
        button=letter.button,
        no_link=phrases["no_link"] if scene in PAYABLE and link is None else "",
        document_link=content.document_link if content.document_number and scene in SHOWN else None,
        document=phrases["download_receipt" if scene is Scene.RECEIVED else "download_credit_note"],
        rest=(letter.rest[0], letter.rest[1].format_map(known)),
        foot=_foot(content, words),
        sender=(house, *content.house.address),
        phrases=phrases,
    )


def _lot_and_title(content: NoticeContent, words: MailWords) -> tuple[str, str]:
    phrases = words.phrases
    number, title = one_line(content.lot or "", LOT), one_line(content.title or "", TITLE)
    lot = phrases["lot_heading"].format(number=isolated(number)) if number else ""
    other = _other_side(content, phrases)
    above = lot if lot and title else phrases["your_lot"]
    shown = title or lot or phrases["auction"].format(auction=content.auction_id)
    return " · ".join(filter(None, (above, other))), shown


def _other_side(content: NoticeContent, phrases: Mapping[str, str]) -> str:
    if content.recipient is Recipient.BUYER:
        return person(content.maker.name)
    # Who did not pay is nobody's business.
    buyer = person(content.buyer.name) if content.kind is NoticeKind.LOT_PAID else ""
    return phrases["for"].format(buyer=buyer) if buyer else ""


def _amount(scene: Scene, content: NoticeContent, words: MailWords, known: Mapping[str, str]) -> str:
    if scene in (Scene.REFUNDED, Scene.REFUNDED_IN_PART, Scene.LATE):
        return known["refunded"]
    if scene in UNPAID:
        phrase = "not_charged" if content.recipient is Recipient.BUYER else "not_paid"
        return words.phrases[phrase].format(amount=known["amount"])
    return known["amount"]


def _foot(content: NoticeContent, words: MailWords) -> str:
    phrases, email = words.phrases, content.house.email
    return " ".join(
        (
            phrases["reference"].format(reference=reference(content)),
            phrases["questions_to"].format(email=email) if email else phrases["questions"],
            phrases[f"never_{content.recipient}"],
        )
    )
