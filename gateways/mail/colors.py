"""The colors of mails, light and dark: those of the pages (`console/common/common.css`)."""

from collections.abc import Mapping
from typing import Final

from gateways.mail.scenes import Tone

LIGHT: Final[Mapping[str, str]] = {
    "ground": "#faf9f7",
    "card": "#ffffff",
    "line": "#e2e0da",
    "text": "#1c1b1a",
    "muted": "#5a5852",
    "accent": "#4b3fbd",
    "on_accent": "#ffffff",
    "plain": "#4f5560",
    "plain_tint": "#eceef1",
    "warn": "#885000",
    "warn_tint": "#fcefd6",
    "good": "#17693c",
    "good_tint": "#e0f3e7",
}
DARK: Final[Mapping[str, str]] = {
    "ground": "#131316",
    "card": "#1b1b1f",
    "line": "#303037",
    "text": "#ededf0",
    "muted": "#aaaab4",
    "accent": "#b4abff",
    "on_accent": "#17132f",
    "plain": "#b6bcc8",
    "plain_tint": "#2a2d34",
    "warn": "#f2c069",
    "warn_tint": "#3b2a0c",
    "good": "#7fd6a1",
    "good_tint": "#15351f",
}
#: What is read upon what.
READ_UPON: Final = (
    ("text", "ground"),
    ("muted", "ground"),
    ("text", "card"),
    ("muted", "card"),
    ("accent", "card"),
    ("accent", "ground"),
    ("on_accent", "accent"),
    *((str(tone), f"{tone}_tint") for tone in Tone),
)
