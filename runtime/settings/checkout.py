"""Where a buyer comes back to, and what a receipt looks like and where it lies."""

from collections.abc import Iterator
from datetime import timedelta

from domain.documents import TEMPLATE_VERSIONS
from domain.origins import origin_of
from runtime.settings import forms, keys, urls
from runtime.settings.problems import Problem
from runtime.settings.secret import Secret
from runtime.settings.variable import Group, group, optional, variable


@group
class CheckoutSettings(Group):
    """Where the buyer's browser may be sent."""

    public_url: str = variable(
        "PUBLIC_URL",
        urls.web_url(plain_http=True, origin_only=True),
        "Where buyers reach the `api` process: the beginning of every link to the buyer's page.",
        default="http://127.0.0.1:8000",
    )
    return_url: str | None = optional(
        "CHECKOUT_RETURN_URL", urls.web_url(), "Where a buyer comes back to after paying.", unset="the buyer's page"
    )
    cancel_url: str | None = optional(
        "CHECKOUT_CANCEL_URL", urls.web_url(), "Where a buyer who gives up comes back to.", unset="the buyer's page"
    )
    listed_origins: frozenset[str] = variable(
        "CHECKOUT_ALLOWED_ORIGINS",
        urls.origins(),
        "Origins that return_url and cancel_url may point to, and whose scripts may call the API, beside our own.",
        default="",
        unset="the buyer's page",
    )

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The listed origins and those of our own addresses, as browsers compare them (lower case, no default port)."""
        own = (url for url in (self.public_url, self.return_url, self.cancel_url) if url)
        return self.listed_origins | {origin_of(url) for url in own}


@group
class ReceiptSettings(Group):
    """Receipts: where they are kept, who may fetch them how long, and their numbers."""

    storage_url: str | None = optional(
        "RECEIPT_STORAGE_URL", urls.storage_url(), "Where receipts are kept.", unset="the folder .gavelpay/receipts"
    )
    cloudfront_domain: str | None = optional(
        "RECEIPT_CLOUDFRONT_DOMAIN",
        forms.word(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain such as d111111abcdef8.cloudfront.net"),
        "The CloudFront distribution in front of the bucket.",
        unset="links are signed by the bucket",
    )
    cloudfront_key_id: str | None = optional(
        "RECEIPT_CLOUDFRONT_KEY_ID", forms.word(r"[A-Z0-9]{4,64}", "a key id such as K2JCJMDEHXQW5F"), "Its public key."
    )
    cloudfront_private_key: Secret[str] | None = optional(
        "RECEIPT_CLOUDFRONT_PRIVATE_KEY", keys.private_key(), "The private key that signs its links."
    )
    kms_key_arn: str | None = optional(
        "RECEIPT_KMS_KEY_ARN",
        forms.word(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[\w/-]+", "arn:aws:kms:region:account:key/id"),
        "The key that encrypts the bucket's objects.",
        unset="the bucket's own",
    )
    lock_mode: str = variable(
        "RECEIPT_LOCK_MODE",
        forms.word("governance|compliance|off", "governance, compliance or off"),
        "Object Lock of each receipt in a bucket. `off` leaves it to the bucket's own default.",
        default="governance",
    )
    lock_years: int = variable(
        "RECEIPT_LOCK_YEARS", forms.whole(1, 100), "How long a receipt in a bucket stays locked.", default="10"
    )
    url_ttl: timedelta = variable(
        "RECEIPT_URL_TTL_MINUTES", forms.minutes("0.1", "10080"), "How long a download link works.", default="60"
    )
    number_prefix: str = variable(
        "RECEIPT_NUMBER_PREFIX",
        forms.word(r"[A-Z][A-Z0-9]{0,11}", "1 to 12 capital letters and digits"),
        "What each receipt's number begins with.",
        default="CRAFT",
    )
    template_version: str = variable(
        "RECEIPT_TEMPLATE_VERSION",
        forms.one_of(TEMPLATE_VERSIONS, "a template of this release"),
        "The template that new receipts are printed with.",
        default=TEMPLATE_VERSIONS[-1],
    )

    def problems(self) -> Iterator[Problem]:
        """CloudFront is whole or not at all, and stands before a bucket."""
        parts = {
            "RECEIPT_CLOUDFRONT_DOMAIN": self.cloudfront_domain,
            "RECEIPT_CLOUDFRONT_KEY_ID": self.cloudfront_key_id,
            "RECEIPT_CLOUDFRONT_PRIVATE_KEY": self.cloudfront_private_key,
        }
        missing = [name for name, value in parts.items() if value is None]
        if 0 < len(missing) < len(parts):
            for name in missing:
                yield Problem(name, "is not set", "set together with the other RECEIPT_CLOUDFRONT_… variables")
        if not missing and not (self.storage_url or "").startswith("s3://"):
            yield Problem("RECEIPT_CLOUDFRONT_DOMAIN", "needs a bucket", "used with RECEIPT_STORAGE_URL=s3://…")
