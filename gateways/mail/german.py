"""Mails in German. Formal, as to a customer."""

from typing import Final

from gateways.mail.scenes import Scene
from gateways.mail.words import Letter, MailWords

_IDLE: Final = "Wenn Sie nichts tun,"
_DONE: Final = "Sie müssen nichts tun."
_ENDS: Final = "endet die Zahlungsfrist um {end_time}, Sie schulden nichts, und das Los geht zurück in die Auktion."
_PAY: Final = "Weiter zur sicheren Zahlung"
_BY: Final = "Zahlbar bis {end}"
_LATE: Final = "Die Zahlung kam nach Ablauf der Frist und geht an den Käufer zurück."
_KEEP: Final = "Bitte behalten Sie das Los; die Auktion entscheidet, wie es damit weitergeht."
_ARRIVES: Final = "Das Geld ist in 5 bis 10 Tagen auf demselben Weg bei Ihnen, auf dem Sie gezahlt haben."
_MISSING: Final = "Ist das Geld nach 10 Tagen noch nicht da, schreiben Sie uns."

GERMAN: Final = MailWords(
    letters={
        Scene.REQUIRED: Letter(
            subject="Bitte bezahlen Sie {lot} bis {end_short}",
            preheader="{amount}. Es wird nichts abgebucht, bevor Sie auf der Seite von Stripe bestätigen.",
            heading="Bitte bezahlen Sie Ihr Los",
            lead="Sie haben den Zuschlag erhalten. Zahlen Sie auf der Seite von Stripe mit Karte, Wallet oder"
            " Bankkonto; Ihre Bank bittet Sie vielleicht um eine Bestätigung. Vorher wird nichts abgebucht.",
            rest=(_IDLE, _ENDS),
            note=_BY,
            button=_PAY,
        ),
        Scene.REMINDER: Letter(
            subject="Noch {left} für {lot}",
            preheader="{amount}, zahlbar bis {end_short}. Bisher wurde nichts abgebucht.",
            heading="Noch {left}, um zu zahlen",
            lead="Ihr Los ist weiter für Sie reserviert. Bisher wurde nichts abgebucht.",
            rest=(_IDLE, _ENDS),
            note=_BY,
            button=_PAY,
        ),
        Scene.FAILED: Letter(
            subject="{declined_subject}: ein neuer Link",
            preheader="Es wurde nichts abgebucht. Sie können bis {end_short} zahlen.",
            heading="{declined}",
            lead="{reason} Es wurde nichts abgebucht. {advice}{tries}",
            rest=(_IDLE, "{next_try}" + _ENDS),
            note=_BY,
            button="Erneut versuchen",
        ),
        Scene.RECEIVED: Letter(
            subject="Bezahlt: {lot}{receipt}",
            preheader="{Maker} weiß Bescheid und meldet sich wegen der Lieferung.",
            heading="Bezahlt. Vielen Dank.",
            lead="{Title} gehört Ihnen. {Maker} weiß Bescheid und meldet sich wegen der Lieferung.{receipt_follows}",
            rest=(_DONE, "Bewahren Sie diese E-Mail mit Ihrer Quittung auf."),
            note="{receipt_note}",
            button="Zahlung ansehen",
        ),
        Scene.LOT_PAID: Letter(
            subject="{Lot} ist bezahlt: {amount}",
            preheader="{Buyer} hat vollständig bezahlt. Bitte bereiten Sie die Lieferung vor.",
            heading="Ihr Los ist bezahlt",
            lead="{Buyer} hat vollständig bezahlt. Bitte bereiten Sie das Los vor, und schreiben Sie dem Käufer wegen"
            " der Lieferung.{payout}",
            rest=(_IDLE, "wartet der Käufer auf Sie. Brauchen Sie die Adresse des Käufers, schreiben Sie uns."),
            note="Vollständig bezahlt",
        ),
        Scene.EXTENDED: Letter(
            subject="Mehr Zeit für {lot}: bis {end_short}",
            preheader="{amount}. Bisher wurde nichts abgebucht.",
            heading="Sie haben mehr Zeit",
            lead="Die Frist für Ihr Los wurde verlängert. Bisher wurde nichts abgebucht.",
            rest=(_IDLE, _ENDS),
            note=_BY,
            button=_PAY,
        ),
        Scene.EXPIRED: Letter(
            subject="Die Frist für {lot} ist vorbei; Sie schulden nichts",
            preheader="Es wurde nichts abgebucht. Das Los geht zurück in die Auktion.",
            heading="Die Zahlungsfrist ist vorbei",
            lead="Es wurde nichts abgebucht, und Sie schulden nichts. Das Los geht zurück in die Auktion.",
            rest=(_DONE, "Sollte noch eine Zahlung von Ihnen eintreffen, schreiben wir Ihnen."),
            note="{ended}",
        ),
        Scene.CANCELED: Letter(
            subject="Die Zahlung für {lot} wurde storniert; Sie schulden nichts",
            preheader="Es wurde nichts abgebucht. Das Los geht zurück in die Auktion.",
            heading="Diese Zahlung wurde storniert",
            lead="{House} hat die Zahlungsfrist beendet. Es wurde nichts abgebucht, und Sie schulden nichts. Das Los"
            " geht zurück in die Auktion.",
            rest=(_DONE, "Möchten Sie den Grund erfahren, schreiben Sie uns."),
        ),
        Scene.LATE: Letter(
            subject="Ihre Zahlung für {lot} kam zu spät; sie geht vollständig zurück",
            preheader="{refunded} sind auf dem Rückweg zu Ihnen.",
            heading="Ihre Zahlung kam nach Ablauf der Frist",
            lead="Das Los geht zurück in die Auktion, und wir senden Ihr Geld vollständig zurück. " + _ARRIVES,
            rest=(_DONE, _MISSING),
            note="Auf dem Rückweg zu Ihnen",
        ),
        Scene.NOT_PAID: Letter(
            subject="{Lot} wurde nicht bezahlt und ist wieder frei",
            preheader="Die Zahlungsfrist ist vorbei. Das Los geht zurück in die Auktion.",
            heading="Ihr Los wurde nicht bezahlt",
            lead="Der Käufer hat nicht rechtzeitig gezahlt. Das Los geht zurück in die Auktion.",
            rest=(_DONE, _KEEP),
            note="{ended}",
        ),
        Scene.NOT_PAID_CANCELED: Letter(
            subject="{Lot} wurde nicht bezahlt und ist wieder frei",
            preheader="Die Zahlung wurde storniert. Das Los geht zurück in die Auktion.",
            heading="Ihr Los wurde nicht bezahlt",
            lead="{House} hat die Zahlungsfrist beendet, bevor der Käufer gezahlt hatte. Das Los geht zurück in die"
            " Auktion.",
            rest=(_DONE, _KEEP),
        ),
        Scene.NOT_PAID_LATE: Letter(
            subject="{Lot} wurde nicht rechtzeitig bezahlt und ist wieder frei",
            preheader=_LATE,
            heading="Ihr Los wurde nicht rechtzeitig bezahlt",
            lead=_LATE + " Das Los geht zurück in die Auktion.",
            rest=(_DONE, _KEEP),
            note="{ended}",
        ),
        Scene.REFUNDED: Letter(
            subject="{refunded} sind auf dem Rückweg zu Ihnen",
            preheader="Für {lot}. " + _ARRIVES,
            heading="Ihr Geld ist auf dem Rückweg",
            lead="{why}Wir haben alles erstattet, was Sie für {lot} gezahlt haben. " + _ARRIVES,
            rest=(_DONE, _MISSING),
            note="{credit_note}",
            button="Zahlung ansehen",
        ),
        Scene.REFUNDED_IN_PART: Letter(
            subject="{refunded} sind auf dem Rückweg zu Ihnen",
            preheader="Für {lot}. " + _ARRIVES,
            heading="Ihr Geld ist auf dem Rückweg",
            lead="{why}Wir haben einen Teil dessen erstattet, was Sie für {lot} gezahlt haben. " + _ARRIVES,
            rest=(_DONE, _MISSING),
            note="{credit_note}",
            button="Zahlung ansehen",
        ),
    },
    phrases={
        "lot": "Los {number}",
        "titled": "„{title}“",
        "untitled": "das Los der Auktion {auction}",
        "your_lot": "Ihr Los",
        "lot_heading": "Los {number}",
        "auction": "Auktion {auction}",
        "for": "für {buyer}",
        "the_maker": "Der Hersteller",
        "the_buyer": "Der Käufer",
        "the_lot": "Das Los",
        "not_charged": "{amount}, nicht abgebucht",
        "not_paid": "{amount}, nicht bezahlt",
        "ended": "Geendet am {end}",
        "declined_subject": "Ihre Bank hat die Zahlung für {lot} abgelehnt",
        "failed_subject": "Die Zahlung für {lot} hat nicht geklappt",
        "no_try": " Bis zum Zeitpunkt unten können Sie noch zahlen.",
        "one_try": " Ein Versuch ist noch übrig.",
        "tries": " {Count} Versuche sind noch übrig.",
        "next_try": "öffnet sich um {time} unter demselben Link ein neuer Versuch. Ohne Zahlung ",
        "receipt": ", Quittung {document}",
        "receipt_note": "Quittung {document}",
        "receipt_follows": " Ihre Quittung folgt per E-Mail.",
        "credit_note": "Gutschrift {document}",
        "download_receipt": "Quittung herunterladen (PDF)",
        "download_credit_note": "Gutschrift herunterladen (PDF)",
        "payout": " Ihre Auszahlung beträgt {payout}; Stripe überweist sie auf Ihr Konto.",
        "late": "Ihre Zahlung kam nach Ablauf der Frist. ",
        "duplicate": "Sie haben zweimal gezahlt. ",
        "or_open": "Oder öffnen Sie diese Adresse:",
        "yours_alone": "Sie gilt nur für Sie; bitte leiten Sie sie nicht weiter.",
        "yours_alone_text": "diese Adresse gilt nur für Sie; bitte leiten Sie sie nicht weiter",
        "no_link": "Zum Zahlen öffnen Sie den Link in unserer neuesten E-Mail zu diesem Los, oder schreiben Sie uns.",
        "reference": "Zahlungsreferenz {reference}.",
        "questions": "Fragen? Antworten Sie auf diese E-Mail.",
        "questions_to": "Fragen? Schreiben Sie an {email}.",
        "never_buyer": "Wir fragen nie per E-Mail oder Telefon nach Ihrer Kartennummer; Sie geben sie nur auf der Seite"
        " von Stripe ein.",
        "never_maker": "Wir fragen nie per E-Mail oder Telefon nach einer Kartennummer oder einem Passwort.",
    },
    numbers=("kein", "ein", "zwei", "drei", "vier", "fünf", "sechs"),
)
