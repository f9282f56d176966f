"""Declines in German."""

from collections.abc import Mapping
from typing import Final

from domain.wording.reasons import Declined, Reason

_DECLINED: Final = "Ihre Bank hat die Zahlung abgelehnt"
_FAILED: Final = "Die Zahlung hat nicht geklappt"

DECLINES_IN_GERMAN: Final[Mapping[Reason, Declined]] = {
    Reason.MONEY: Declined(
        _DECLINED,
        "Guthaben oder Limit der Karte oder des Kontos reichte nicht.",
        "Nehmen Sie eine andere Karte, oder bitten Sie Ihre Bank um ein höheres Limit.",
    ),
    Reason.EXPIRED: Declined(_DECLINED, "Die Karte ist abgelaufen.", "Nehmen Sie eine andere Karte."),
    Reason.TYPO: Declined(
        _DECLINED,
        "Eine Ziffer oder die Adresse stimmte nicht.",
        "Prüfen Sie die Eingabe und versuchen Sie es noch einmal.",
    ),
    Reason.CONFIRMATION: Declined(
        _FAILED,
        "Die Bestätigung bei Ihrer Bank wurde nicht abgeschlossen.",
        "Versuchen Sie es noch einmal und bestätigen Sie in der App Ihrer Bank.",
    ),
    Reason.UNREACHABLE: Declined(
        _FAILED, "Ihre Bank war nicht erreichbar.", "Versuchen Sie es in ein paar Minuten noch einmal."
    ),
    Reason.UNSUITED: Declined(
        _DECLINED, "Mit dieser Karte geht diese Art von Zahlung nicht.", "Nehmen Sie eine andere Karte."
    ),
    Reason.REPEATED: Declined(
        _DECLINED,
        "Sie sah aus wie die Wiederholung einer Zahlung kurz zuvor.",
        "Warten Sie ein paar Minuten, und versuchen Sie es dann noch einmal.",
    ),
    Reason.METHOD: Declined(_FAILED, "Der gewählte Zahlungsweg hat nicht funktioniert.", "Wählen Sie einen anderen."),
    Reason.OTHER: Declined(
        _DECLINED,
        "Die Bank hat keinen Grund genannt.",
        "Versuchen Sie eine andere Karte, oder bitten Sie Ihre Bank, diese Zahlung zu erlauben.",
    ),
}
