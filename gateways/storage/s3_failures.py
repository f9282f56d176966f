"""Amazon's errors, sorted by what may heal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    InvalidRegionError,
    ParamValidationError,
    UnknownEndpointError,
    UnknownRegionError,
)
from botocore.parsers import ResponseParserError

from domain.errors import GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable, GavelpayError

_SERVER_ERROR: Final = 500
#: Answers below 500 that come to nothing by waiting. `NotImplemented` is a 501 that never changes.
_NEVER: Final = "NotImplemented"
_BUSY: Final = frozenset(
    {
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "KMS.ThrottlingException",
        # Somebody else writes under the same key at this moment.
        "ConditionalRequestConflict",
        "OperationAborted",
        # The bucket was made a moment ago, or is being moved.
        "TemporaryRedirect",
    }
)
#: The request did not arrive whole, or under credentials that are being renewed.
_AGAIN: Final = frozenset(
    {"RequestTimeout", "RequestTimeoutException", "IncompleteBody", "ExpiredToken", "ExpiredTokenException"}
)
_HTTP_BUSY: Final = 429
_WRONG_WORDS: Final = (ParamValidationError, InvalidRegionError, UnknownRegionError, UnknownEndpointError)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise our errors for Amazon's. `what` was asked, such as "write receipts/1.pdf to the bucket house"."""
    try:
        yield
    except ClientError as error:
        raise _answered(what, error) from error
    except _WRONG_WORDS as error:
        raise GatewayRefused(f"Amazon S3 cannot {what}: {error}") from error
    except (BotoCoreError, ResponseParserError) as error:
        # No connection, no answer in time, half an answer, one that is none, or no credentials (yet).
        raise GatewayUnavailable(f"Amazon S3 cannot {what} now: {error}") from error


def _answered(what: str, error: ClientError) -> GavelpayError:
    answer = error.response
    code, status = str(answer["Error"].get("Code", "")), answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"Amazon S3 does not {what}: {code} {answer['Error'].get('Message', '')}".rstrip()
    if code in _BUSY or status == _HTTP_BUSY:
        return GatewayBusy(message)
    if code in _AGAIN:
        return GatewayUnavailable(message)
    if status >= _SERVER_ERROR and code != _NEVER:
        return GatewayFaulted(message)
    return GatewayRefused(message, provider_code=code)
