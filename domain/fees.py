"""When it is worth a call to Stripe to learn what it kept. Fees come in bulk, a hundred a call."""

from datetime import timedelta
from typing import Final

#: So many missing fees fill a page nearly whole.
WORTH_A_CALL: Final = 80
#: The oldest missing fee waits no longer than this for company.
WAITED: Final = timedelta(minutes=2)
