"""What is filled into the words of a mail: everything that differs from one notice to the next."""

from collections.abc import Mapping
from typing import Final

from domain.notices import NoticeContent
from domain.wording.declines import explain
from domain.wording.titles import isolated, one_line
from gateways.mail import formats
from gateways.mail.words import MailWords

#: Characters. A subject stays readable in a list, a title within a few lines.
TITLE_IN_SUBJECT: Final = 44
TITLE_IN_SENTENCE: Final = 80
TITLE: Final = 120
NAME: Final = 60
LOT: Final = 24
_REFERENCE: Final = 8
#: Why money goes back, where its buyer may wonder.
_WHY: Final[Mapping[str | None, str]] = {"late": "late", "paid_late": "late", "duplicate": "duplicate"}


def facts_of(content: NoticeContent, words: MailWords, language: str) -> Mapping[str, str]:
    """Return every fact by the name that the words have for it; empty where it is not known."""
    phrases = words.phrases
    lot = lot_in_sentence(content, phrases)
    amount = formats.money(content.amount, language)
    maker, buyer = person(content.maker.name), person(content.buyer.name)
    title = isolated(one_line(content.title or "", TITLE_IN_SENTENCE))
    facts = {
        "lot": lot,
        "Lot": capitalized(lot),
        "Title": title or phrases["the_lot"],
        "House": isolated(one_line(content.house.name, NAME)),
        "Maker": maker or phrases["the_maker"],
        "Buyer": buyer or phrases["the_buyer"],
        "amount": amount,
        "refunded": formats.money(content.refunded or content.amount, language),
        "why": phrases[_WHY[content.reason]] if content.reason in _WHY else "",
        "payout": "",
    }
    if content.payout is not None:
        facts["payout"] = phrases["payout"].format(payout=formats.money(content.payout, language))
    return (
        facts | _times(content, phrases, language) | _decline(content, words, language, lot) | _paper(content, phrases)
    )


def lot_in_sentence(content: NoticeContent, phrases: Mapping[str, str]) -> str:
    """The shortest name of the lot that its reader knows: its number, else its title, else its auction."""
    if number := one_line(content.lot or "", LOT):
        return phrases["lot"].format(number=isolated(number))
    if title := one_line(content.title or "", TITLE_IN_SUBJECT):
        return phrases["titled"].format(title=isolated(title))
    return phrases["untitled"].format(auction=content.auction_id)


def person(name: str | None) -> str:
    """A name, fit to stand within a sentence; empty where there is none."""
    return isolated(one_line(name or "", NAME))


def capitalized(text: str) -> str:
    """The text, to begin a sentence with."""
    return text[:1].upper() + text[1:]


def reference(content: NoticeContent) -> str:
    """What people quote: the last eight digits of the payment's id, as on receipts."""
    return content.session_id.hex[-_REFERENCE:].upper()


def _times(content: NoticeContent, phrases: Mapping[str, str], language: str) -> dict[str, str]:
    end = content.window_end
    if end is None:
        return dict.fromkeys(("end", "end_short", "end_time", "left", "ended"), "")
    long = formats.moment(end, language)
    left = formats.span(end - content.now, language) if content.now else ""
    return {
        "end": long,
        "end_short": formats.short_moment(end, language),
        "end_time": formats.time_of_day(end, language),
        "left": left,
        "ended": phrases["ended"].format(end=long),
    }


def _decline(content: NoticeContent, words: MailWords, language: str, lot: str) -> dict[str, str]:
    phrases, declined = words.phrases, explain(content.decline_code, language)
    by_the_bank = declined.title == explain(None, language).title
    subject = phrases["declined_subject" if by_the_bank else "failed_subject"]
    next_try = ""
    if content.next_attempt_at is not None:
        next_try = phrases["next_try"].format(time=formats.time_of_day(content.next_attempt_at, language))
    return {
        "declined": declined.title,
        "declined_subject": subject.format(lot=lot),
        "reason": declined.reason,
        "advice": declined.advice,
        "tries": _tries(content.attempts_left, words),
        "next_try": next_try,
    }


def _tries(left: int | None, words: MailWords) -> str:
    if left is None:
        return ""
    if left <= 1:
        return words.phrases["one_try" if left == 1 else "no_try"]
    count = words.numbers[left] if left < len(words.numbers) else str(left)
    return words.phrases["tries"].format(count=count, Count=capitalized(count))


def _paper(content: NoticeContent, phrases: Mapping[str, str]) -> dict[str, str]:
    number = content.document_number
    if number is None:
        return {"receipt": "", "receipt_note": "", "credit_note": "", "receipt_follows": phrases["receipt_follows"]}
    named = {name: phrases[name].format(document=number) for name in ("receipt", "receipt_note", "credit_note")}
    return named | {"receipt_follows": ""}
