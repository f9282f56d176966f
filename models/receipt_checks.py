"""What must hold of receipts at any moment, asked of the database. Each answer: a sentence, the payment, the number."""

from typing import Final

QUESTIONS: Final = (
    # Money that is kept has a receipt of that amount.
    """
    SELECT format('Transaction %s keeps %s %s, and its receipt is for %s.', t.id, t.amount_minor, t.currency,
                  coalesce(r.amount_minor || ' ' || r.currency, 'nothing')), t.session_id, r.number
      FROM transactions t LEFT JOIN receipts r ON r.transaction_id = t.id AND r.kind = 'receipt'
     WHERE t.disposition = 'kept'
       AND ((t.amount_minor, t.currency) IS DISTINCT FROM (r.amount_minor, r.currency) OR r.status = 'withdrawn')
    """,
    # Other money has none.
    """
    SELECT format('There is a receipt for transaction %s, which came %s.', t.id, t.disposition), t.session_id, r.number
      FROM receipts r JOIN transactions t ON t.id = r.transaction_id
     WHERE r.kind = 'receipt' AND t.disposition <> 'kept'
    """,
    # Money that went back has a credit note of that amount. One whose refund came back afterwards stays on paper.
    """
    SELECT format('Refund %s sent %s %s back, and its credit note is for %s.', f.id, f.amount_minor, f.currency,
                  coalesce(r.amount_minor || ' ' || r.currency, 'nothing')), f.session_id, r.number
      FROM refunds f LEFT JOIN receipts r ON r.refund_id = f.id
     WHERE f.status = 'succeeded'
       AND ((f.amount_minor, f.currency) IS DISTINCT FROM (r.amount_minor, r.currency) OR r.status = 'withdrawn')
    """,
    # Numbers of a series are consecutive, from 1.
    """
    SELECT DISTINCT ON (series) format('Series %s has no number %s.', series, place), session_id, number
      FROM (SELECT series, number_no, number, session_id,
                   row_number() OVER (PARTITION BY series ORDER BY number_no) AS place
              FROM receipts WHERE number_no IS NOT NULL) counted
     WHERE number_no <> place ORDER BY series, place
    """,
    """
    SELECT format('Series %s counts to %s and has %s numbers.', s.series, s.last_no, count(r.id)), NULL::uuid, NULL
      FROM (SELECT coalesce(s.series, r.series) AS series, coalesce(s.last_no, 0) AS last_no
              FROM receipt_series s
              FULL JOIN (SELECT DISTINCT series FROM receipts WHERE series IS NOT NULL) r USING (series)) s
      LEFT JOIN receipts r ON r.series = s.series GROUP BY s.series, s.last_no HAVING s.last_no <> count(r.id)
    """,
    # A number is its series and its place.
    """
    SELECT format('Receipt %s is number %s of series %s.', number, number_no, series), session_id, number FROM receipts
     WHERE number <> series || '-' || lpad(number_no::text, greatest(6, length(number_no::text)), '0')
    """,
)
