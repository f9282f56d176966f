"""The buyer's page in German."""

from typing import Final

from console.pages.stages import Stage
from console.pages.words import Said, Words

GERMAN_WORDS: Final = Words(
    said={
        Stage.OPENING: Said("Einen Moment, Ihre Zahlungsseite wird geöffnet", "Diese Seite aktualisiert sich selbst."),
        Stage.PENDING: Said("Bezahlen Sie Ihr Los", ""),
        Stage.TURNED_BACK: Said("Sie haben noch nicht bezahlt", "Ihr Los ist weiter für Sie reserviert."),
        Stage.INSTANT: Said("Bezahlen Sie Ihr Los", "Zahlen Sie mit Ihrer Karte dort, wo Sie das Los gewonnen haben."),
        Stage.CHECKING: Said("Einen Moment, wir prüfen", "Wir fragen nach, ob Ihre Zahlung angekommen ist."),
        Stage.PROCESSING: Said(
            "Ihre Zahlung ist unterwegs",
            "Stripe wartet auf Ihre Bank. Bitte zahlen Sie nicht noch einmal. Diese Seite aktualisiert sich selbst;"
            " Sie können sie auch schließen, wir schreiben Ihnen.",
        ),
        Stage.DECLINED: Said("{declined}", "{reason} Es wurde nichts abgebucht. {advice}"),
        Stage.EXHAUSTED: Said(
            "Bisher hat es nicht geklappt",
            "{reason} Es wurde nichts abgebucht. Bis zum Zeitpunkt unten können Sie noch mit einer anderen Karte"
            " zahlen.",
        ),
        Stage.PAID: Said(
            "Bezahlt, vielen Dank", "{title} gehört Ihnen. Ihre Quittung folgt per E-Mail, meist in einer Minute."
        ),
        Stage.EXPIRED: Said(
            "Die Zahlungsfrist ist vorbei",
            "Sie endete am {end}. Es wurde nichts abgebucht, und Sie schulden nichts. Das Los geht zurück in die"
            " Auktion.",
        ),
        Stage.LATE: Said(
            "Ihre Zahlung kam nach Ablauf der Frist",
            "Wir senden {amount} vollständig zurück. Das Geld ist in 5 bis 10 Tagen bei Ihnen.",
        ),
        Stage.CANCELED: Said(
            "Diese Zahlung wurde storniert",
            "Sie wurde am {end} storniert. Es wurde nichts abgebucht, und Sie schulden nichts. Den Grund haben wir"
            " Ihnen geschrieben.",
        ),
        Stage.HELD: Said(
            "Wir prüfen diese Zahlung",
            "Sie müssen jetzt nichts tun. Wir schreiben Ihnen, meist in wenigen Stunden.",
        ),
    },
    lost_link=Said("Dieser Link gilt nicht mehr", "Öffnen Sie die neueste E-Mail zu Ihrem Los oder schreiben Sie uns."),
    broken=Said(
        "Diese Seite konnte nicht erstellt werden",
        "Zahlungen sind davon nicht betroffen. Versuchen Sie es gleich noch einmal.",
    ),
    labels={
        "lot": "Ihr Los",
        "skip": "Zum Inhalt",
        "language": "Sprache",
        "pay": "Weiter zur sicheren Zahlung",
        "again": "Erneut versuchen",
        "under": "Es wird nichts abgebucht, bevor Sie auf der nächsten Seite bestätigen.",
        "by": "Zahlbar bis {end}",
        "next": "Wie es weitergeht",
        "secure": "Sie zahlen auf der Seite von Stripe über eine verschlüsselte Verbindung. Das Auktionshaus sieht und"
        " speichert Ihre Kartennummer nie.",
        "reference": "Zahlungsreferenz",
        "not_paid": "Noch nicht bezahlt? Zahlung anzeigen",
        "untitled": "Los {auction}",
    },
    steps=(
        (
            "Zahlen Sie auf der Seite von Stripe mit Karte, Wallet oder Bankkonto. Ihre Bank bittet Sie vielleicht um"
            " eine Bestätigung."
        ),
        "Sie kommen hierher zurück und sehen sofort, ob es geklappt hat.",
        "Die Quittung kommt per E-Mail, und der Hersteller bereitet Ihr Los vor.",
    ),
)
