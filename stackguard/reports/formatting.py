"""What every format says alike: printable text, names."""

from __future__ import annotations

import re
from typing import Any

from policypack.core.policy import Policy

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters could drive a terminal or a CI log, and direction marks could turn a name around."""


def printable(text: str) -> str:
    """The text on one line, with every character that would drive a terminal spelled out."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def type_of(urn_or_type: str) -> str:
    """A type token as Pulumi's own reports write it: `aws:s3:Bucket` of `aws:s3/bucket:Bucket`."""
    token = urn_or_type.split("::")[2].rpartition("$")[2] if "::" in urn_or_type else urn_or_type
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return printable(":".join(filter(None, (package, module.partition("/")[0], name))) or token)


def name_of(urn: str) -> str:
    """What a URN names: `aws:s3:Bucket ingest`."""
    parts = urn.split("::", 3)
    return f"{type_of(urn)} {printable(parts[3])}" if len(parts) > 3 else printable(urn)


def url(policy: Policy[Any]) -> str:
    """Where to read more about a policy."""
    return policy.references[0] if policy.references else ""
