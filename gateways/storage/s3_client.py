"""A client of Amazon S3 that gives up quickly.

Region, credentials, proxies and the endpoint (`AWS_ENDPOINT_URL_S3`) come from where Amazon's tools have them from.
Importing Amazon's library takes a third of a second and 30 MB, so that this is imported only where a
bucket is configured.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

#: Seconds for a connection, and for each part of an answer.
_CONNECT: Final = 3.0
_ANSWER: Final = 10.0
#: Tries of one request, the first one included; what is not done then is done later, by whoever asked.
_TRIES: Final = 2


def connect(
    *, region: str | None = None, connections: int = 8, answer_seconds: float = _ANSWER, session: Any = None
) -> Any:
    """A client, safe for threads. It asks nobody before it is used.

    Args:
        region: where the bucket is, unless Amazon's own configuration says it.
        connections: how many requests run at the same time.
        answer_seconds: how long each part of an answer may take.
        session: whose credentials are used, if not the usual ones.
    """
    session = session or boto3.session.Session()
    options: dict[str, Any] = {
        "region_name": session.region_name or region,
        "config": Config(
            # Version 4, without which nothing that a KMS key has encrypted is handed out.
            signature_version="s3v4",
            connect_timeout=min(_CONNECT, answer_seconds),
            read_timeout=answer_seconds,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            max_pool_connections=connections,
            user_agent_appid="gavelpay",
            # Links to the address without a region are redirected, and no signature survives that.
            s3={"addressing_style": "virtual"},
        ),
    }
    client = session.client("s3", **options)
    if _is_amazon(client.meta.endpoint_url):
        return client
    # What stands in for Amazon seldom has a name for each bucket.
    client.close()
    options["config"] = options["config"].merge(Config(s3={"addressing_style": "path"}))
    return session.client("s3", **options)


def _is_amazon(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"))
