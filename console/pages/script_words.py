"""What the script of the buyer's page is told: words, and how the language writes times."""

import json
from functools import cache

from console.pages.buyers_page import WORDS
from console.pages.languages import LANGUAGES


@cache
def script_words(tag: str) -> str:
    """As JSON, for an attribute."""
    language = LANGUAGES[tag]
    hour, minute, second = language.units
    how = {
        "hour": hour,
        "minute": minute,
        "second": second,
        "left": language.left_form,
        "weekdays": language.weekdays,
        "months": language.months,
        "moment": language.moment_form,
        "time": language.time_form,
        "under_last": WORDS[tag].labels["under_last"],
    }
    return json.dumps(dict(WORDS[tag].script) | how, ensure_ascii=False, separators=(",", ":"))
