"""Settings of a process: read once at boot by the composition root, which passes values on.

`load(environ, role)` is a function of its arguments (and of the files they name). It raises `SettingsError` with every
problem at once. Secrets are `Secret` values, whose `reveal()` is called where they are used.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from runtime.settings.access import AuthSettings, CryptoSettings
from runtime.settings.checkout import CheckoutSettings, ReceiptSettings
from runtime.settings.connections import DatabaseSettings, RedisSettings
from runtime.settings.delivery import (
    AnalyticsSettings,
    CrashReportSettings,
    MailSettings,
    OutgoingEventSettings,
    TraceSettings,
)
from runtime.settings.house import HouseSettings
from runtime.settings.misspelled import misspelled
from runtime.settings.policies import InstantPolicySettings, MoneySettings, StandardPolicySettings, WindowSettings
from runtime.settings.problems import NotConfigured, Problem, SettingsError
from runtime.settings.reading import Reader
from runtime.settings.retention import RetentionSettings
from runtime.settings.roles import REQUIRED, Role
from runtime.settings.secret import Secret, SecretUrl
from runtime.settings.stripe import KeyMode, StripeSettings
from runtime.settings.variable import Declaration, Group, declarations, group

__all__ = [
    "AnalyticsSettings",
    "AuthSettings",
    "CheckoutSettings",
    "CrashReportSettings",
    "CryptoSettings",
    "DatabaseSettings",
    "HouseSettings",
    "InstantPolicySettings",
    "KeyMode",
    "MailSettings",
    "MoneySettings",
    "NotConfigured",
    "OutgoingEventSettings",
    "Problem",
    "ReceiptSettings",
    "RedisSettings",
    "RetentionSettings",
    "Role",
    "Secret",
    "SecretUrl",
    "Settings",
    "SettingsError",
    "StandardPolicySettings",
    "StripeSettings",
    "TraceSettings",
    "Variable",
    "WindowSettings",
    "describe",
    "given",
    "load",
]

T = TypeVar("T")


@group
class Settings:
    """Everything that can be set from outside, by topic. Without arguments it holds the defaults."""

    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    stripe: StripeSettings = StripeSettings()
    standard: StandardPolicySettings = StandardPolicySettings()
    instant: InstantPolicySettings = InstantPolicySettings()
    windows: WindowSettings = WindowSettings()
    money: MoneySettings = MoneySettings()
    checkout: CheckoutSettings = CheckoutSettings()
    house: HouseSettings = HouseSettings()
    receipts: ReceiptSettings = ReceiptSettings()
    mail: MailSettings = MailSettings()
    events: OutgoingEventSettings = OutgoingEventSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    retention: RetentionSettings = RetentionSettings()
    auth: AuthSettings = AuthSettings()
    crypto: CryptoSettings = CryptoSettings()
    crash_reports: CrashReportSettings = CrashReportSettings()
    traces: TraceSettings = TraceSettings()
    #: What looks like a mistake and does not keep the process from starting, one sentence each.
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """One line of the documentation."""

    name: str
    topic: str
    #: The default as it would be written, or in words; empty where there is none.
    default: str
    form: str
    meaning: str
    required_by: tuple[Role, ...]


def load(environ: Mapping[str, str], role: Role, *, needs: Iterable[str] = ()) -> Settings:
    """Read the settings of a process that is started as `role`.

    Args:
        environ: Variables by name; a blank value counts as not set.
        role: Decides which variables must be set.
        needs: Names of further variables that this process cannot do without.

    Raises:
        SettingsError: Something is missing or wrong. It holds every problem, and no value.
    """
    reader = Reader(environ)
    groups = {topic: reader.group(cls) for topic, cls in _groups().items()}
    forms = {declaration.name: declaration.form.right for _, declaration in _declared()}
    for alternatives in (*REQUIRED[role], *((name,) for name in needs)):
        reader.require(alternatives, f"`gavelpay {role}`", forms)
    if reader.problems:
        raise SettingsError(reader.problems)
    whole = cast("dict[str, Group]", groups)
    warnings = [*misspelled(environ, forms), *(text for topic in whole.values() for text in topic.warnings())]
    return Settings(**cast("Any", whole), warnings=tuple(warnings))


def given(value: T | None, variable: str) -> T:
    """Give a setting that may be unset to code that cannot do without it.

    Raises:
        NotConfigured: It is unset.
    """
    if value is None or value == ():
        raise NotConfigured(variable)
    return value


def describe() -> list[Variable]:
    """Every variable in order of topic, from the declarations that also read them."""
    return [
        Variable(
            name=declaration.name,
            topic=topic,
            default=declaration.default or declaration.unset,
            form=declaration.form.right,
            meaning=declaration.meaning,
            required_by=tuple(role for role in Role if _is_required(declaration.name, role)),
        )
        for topic, declaration in _declared()
    ]


def _is_required(name: str, role: Role) -> bool:
    return any(name in alternatives for alternatives in REQUIRED[role])


def _groups() -> dict[str, type[Group]]:
    return {field.name: cast("type[Group]", field.type) for field in dataclasses.fields(Settings) if _is_group(field)}


def _is_group(field: dataclasses.Field[Any]) -> bool:
    return isinstance(field.type, type) and issubclass(field.type, Group)


def _declared() -> Iterator[tuple[str, Declaration]]:
    for topic, cls in _groups().items():
        for declaration in declarations(cls).values():
            yield topic, declaration
