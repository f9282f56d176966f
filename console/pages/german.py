"""The buyer's page in German."""

from typing import Final

from console.pages.returned import Back
from console.pages.stages import Stage
from console.pages.words import Said, Words
from domain.wording.reasons import Reason

GERMAN_WORDS: Final = Words(
    said={
        Stage.OPENING: Said("Einen Moment, Ihre Zahlungsseite wird geöffnet", "Diese Seite aktualisiert sich selbst."),
        Stage.PENDING: Said("Bezahlen Sie Ihr Los", ""),
        Stage.TURNED_BACK: Said("Sie haben noch nicht bezahlt", "Ihr Los ist weiter für Sie reserviert."),
        Stage.INSTANT: Said("Bezahlen Sie Ihr Los", ""),
        Stage.ELSEWHERE: Said(
            "Bezahlen Sie Ihr Los", "Zahlen Sie mit Ihrer Karte dort, wo Sie das Los gewonnen haben."
        ),
        Stage.CHECKING: Said("Einen Moment, wir prüfen", "Wir fragen nach, ob Ihre Zahlung angekommen ist."),
        Stage.PROCESSING: Said(
            "Ihre Zahlung ist unterwegs",
            "Stripe wartet auf Ihre Bank. <b>Bitte zahlen Sie nicht noch einmal.</b> Diese Seite aktualisiert sich"
            " selbst; Sie können sie auch schließen, wir schreiben Ihnen.",
        ),
        Stage.DECLINED: Said("{declined}", "{reason} Es wurde nichts abgebucht. {advice}"),
        Stage.EXHAUSTED: Said(
            "Bisher hat es nicht geklappt",
            "{declines} Es wurde nichts abgebucht. {then}",
        ),
        Stage.PAID: Said(
            "Bezahlt. Vielen Dank.", "{title} gehört Ihnen. {maker} weiß Bescheid und meldet sich wegen der Lieferung."
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
            "{house} hat sie am {end} storniert. Es wurde nichts abgebucht, und Sie schulden nichts. Den Grund haben"
            " wir Ihnen geschrieben.",
        ),
        Stage.HELD: Said(
            "Wir prüfen diese Zahlung",
            "Sie müssen jetzt nichts tun. Wir schreiben Ihnen, meist in wenigen Stunden.",
        ),
        Stage.HELD_MONEY: Said(
            "Wir prüfen diese Zahlung",
            "Sie müssen jetzt nichts tun. Wir schreiben Ihnen, meist in wenigen Stunden. Bitte zahlen Sie nicht noch"
            " einmal.",
        ),
    },
    returned={
        Back.SENT: Said(
            "Ihre Zahlung geht an Sie zurück",
            "Wir konnten sie nicht annehmen und senden alles zurück, was angekommen ist. Das dauert 5 bis 10 Tage."
            " {then}",
        ),
        Back.OTHERWISE: Said(
            "Wir konnten Ihre Zahlung nicht annehmen",
            "Alles, was angekommen ist, ist zurückgegangen oder auf dem Weg zu Ihnen. {then}",
        ),
        Back.OWED: Said(
            "Wir konnten Ihre Zahlung nicht annehmen",
            "{owed} davon haben Sie noch nicht zurück: Wir schulden Ihnen diesen Betrag. {then}",
        ),
    },
    lost_link=Said("Dieser Link gilt nicht mehr", "Öffnen Sie die neueste E-Mail zu Ihrem Los oder schreiben Sie uns."),
    broken=Said(
        "Diese Seite konnte nicht erstellt werden",
        "Zahlungen sind davon nicht betroffen. Versuchen Sie es gleich noch einmal.",
    ),
    labels={
        "lot": "Ihr Los",
        "lot_number": "Los {number}",
        "skip": "Zum Inhalt",
        "language": "Sprache",
        "pay": "Weiter zur sicheren Zahlung",
        "pay_amount": "{amount} zahlen",
        "again": "Erneut versuchen",
        "another_card": "Mit anderer Karte zahlen",
        "under": "Es wird nichts abgebucht, bevor Sie auf der nächsten Seite bestätigen.",
        "under_last": "Eine Zahlung, die Sie bestätigt haben, zählt, auch wenn Ihre Bank etwas später antwortet.",
        "under_card": "Nur Karte. Bis die Frist endet, können Sie es beliebig oft versuchen.",
        "can_pay": "Bis zum Zeitpunkt unten können Sie {amount} zahlen.",
        "can_pay_exhausted": "Bis zum Zeitpunkt unten können Sie noch mit einer <b>anderen Karte</b> zahlen.",
        "cannot_pay": "Auf dieser Seite können Sie zurzeit nicht zahlen. Möchten Sie das Los noch? {write} vor {end}.",
        "under_exhausted": "Mehr Zeit oder ein anderer Weg? {write} vor {end}.",
        "write": "Schreiben Sie uns",
        "tries_left": "Noch {left} von {limit} Versuchen übrig.",
        "tries_left_one": "Noch einer von {limit} Versuchen übrig.",
        "tries_left_only": "Noch ein Versuch übrig.",
        "fresh_link": "Wenn Sie nichts tun, senden wir Ihnen um {retry} einen neuen Link.",
        "times": "{count}-mal",
        "declined_once": "Ihre Bank hat abgelehnt, weil {because}.",
        "declined_often": "Ihre Bank hat {times} abgelehnt, zuletzt, weil {because}.",
        "by": "Zahlbar bis {end}",
        "next": "So geht es weiter",
        "unwanted": "Falls Sie das nicht wollten",
        "secure": "Sie zahlen auf der Seite von Stripe über eine verschlüsselte Verbindung. {house} sieht und speichert"
        " Ihre Kartennummer nie.",
        "secure_card": "Ihre Kartendaten gehen verschlüsselt direkt an Stripe. {house} sieht und speichert Ihre"
        " Kartennummer nie.",
        "card_needs_script": "Die Kartenfelder brauchen JavaScript. Schalten Sie es ein und laden Sie diese Seite neu,"
        " oder öffnen Sie den Link auf einem anderen Gerät.",
        "reference": "Zahlungsreferenz",
        "questions": "Fragen?",
        "not_paid": "Noch nicht bezahlt? Zahlung anzeigen",
        "untitled": "Los {auction}",
        "the_maker": "Der Hersteller",
        "receipt": "Quittung herunterladen (PDF)",
        "receipt_sent": "Wir haben sie auch an {email} gesendet.",
        "receipt_follows": "Ihre Quittung folgt per E-Mail, meist in einer Minute.",
        "receipt_appears": "Ihre Quittung erscheint hier, meist in einer Minute.",
        "step_without_mail": "Ihre Quittung steht dann auf dieser Seite, und der Hersteller bereitet Ihr Los vor.",
        "paid_with": "Bezahlt mit",
        "ending_in": "{brand}, endet auf {last4}",
        "paid_on": "Bezahlt am",
        "receipt_number": "Quittung",
        "sent_back": "Zurückgesendet",
        "total": "Summe bezahlt",
        "tab_paid": "Bezahlt, vielen Dank",
    },
    steps=(
        (
            "Zahlen Sie auf der Seite von Stripe mit Karte, Wallet oder Bankkonto. Ihre Bank bittet Sie vielleicht um"
            " eine Bestätigung."
        ),
        "Sie kommen hierher zurück und sehen sofort, ob es geklappt hat.",
        "Die Quittung kommt per E-Mail, und der Hersteller bereitet Ihr Los vor.",
    ),
    if_expired=(
        (
            "Wenn Sie in der letzten Minute bezahlt haben, warten Sie einen Moment: Diese Seite ändert sich von selbst."
            " Geld, das zu spät kam, geht vollständig zurück."
        ),
        (
            "Wenn Sie das Los noch möchten, schreiben Sie uns bald. Wir können den Hersteller fragen, es aber nicht"
            " versprechen."
        ),
    ),
    because={
        Reason.MONEY: "Guthaben oder Limit der Karte oder des Kontos nicht reichte",
        Reason.EXPIRED: "die Karte abgelaufen ist",
        Reason.TYPO: "eine Ziffer oder die Adresse nicht stimmte",
        Reason.CONFIRMATION: "die Bestätigung bei Ihrer Bank nicht abgeschlossen wurde",
        Reason.UNREACHABLE: "Ihre Bank nicht erreichbar war",
        Reason.UNSUITED: "mit dieser Karte diese Art von Zahlung nicht geht",
        Reason.REPEATED: "sie wie die Wiederholung einer Zahlung kurz zuvor aussah",
        Reason.METHOD: "der gewählte Zahlungsweg nicht funktioniert hat",
        Reason.OTHER: "es einen Grund gibt, den sie nicht nennt",
    },
    numbers=tuple("ein zwei drei vier fünf sechs sieben acht neun zehn".split()),
    times_words=("einmal",),
    script={
        "about": "noch etwa {}",
        "tab": "{}",
        "your_time": "{} (Ihre Zeit)",
        "device_shows": "{}; Ihr Gerät zeigt dann {device}",
        "say_3600": "Noch 60 Minuten, um zu zahlen.",
        "say_600": "Noch 10 Minuten, um zu zahlen.",
        "say_60": "Noch eine Minute, um zu zahlen.",
        "say_over": "Die Zahlungsfrist ist vorbei.",
        "say_more": "Sie haben mehr Zeit: bis {}.",
        "say_offline": "Sie sind offline.",
        "say_online": "Sie sind wieder online. Noch {}.",
        "offline": "Sie sind offline.",
        "offline_text": "Die Frist läuft weiter: nach unserer Uhr, nicht nach dieser Seite. Zuletzt geprüft um {}.",
        "unreachable": "Wir sind gerade nicht erreichbar.",
        "unreachable_text": "Die Frist läuft weiter: nach unserer Uhr, nicht nach dieser Seite. Zuletzt geprüft um {}.",
        "button_offline": "Die Schaltfläche funktioniert wieder, sobald Sie online sind.",
        "clock_fast": "Die Uhr Ihres Geräts geht {} vor.",
        "clock_slow": "Die Uhr Ihres Geräts geht {} nach.",
        "clock_text": "Wir zählen nach unserer Uhr, die Zeit hier stimmt.",
        "checking": "Einen Moment, wir prüfen",
        "busy": "Einen Moment",
        "card_missing": "Die Kartenfelder konnten nicht geladen werden. Prüfen Sie Ihre Verbindung und laden Sie diese"
        " Seite neu.",
        "card_failed": "Das hat nicht geklappt. Es wurde nichts abgebucht. Versuchen Sie es gleich noch einmal.",
        "hours": "1 Stunde|{} Stunden",
        "minutes": "1 Minute|{} Minuten",
        "seconds": "1 Sekunde|{} Sekunden",
    },
)
