"""Service principals of AWS: which exist. `tools/generate_property_kinds.py` writes the table."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from policypack.core.spelling import similar
from policypack.resources.property_kinds.table import TABLES

DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".c2s.ic.gov", ".sc2s.sgov.gov", ".amazonaws.eu")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]*")


@cache
def _known() -> frozenset[str]:
    return frozenset(msgspec.json.decode((TABLES / "principals.json").read_bytes())["principals"])


def exists(text: str) -> bool:
    """Whether a text is a service principal, or one of a known service: `delivery.logs.amazonaws.com`.

    Some services have a principal per region: `logs.eu-west-1.amazonaws.com`.
    """
    domain = next((domain for domain in DOMAINS if text.endswith(domain)), None)
    if domain is None:
        return text.endswith(".amazon.com") and text in _known()
    *rest, service = [label for label in text.removesuffix(domain).split(".") if not _REGION.fullmatch(label)] or [""]
    return all(map(_LABEL.fullmatch, rest)) and (service in _known() or ".".join((*rest, service)) in _known())


def intended_service(text: str) -> str:
    """The service that is probably intended by a principal that does not exist, as `lambda`; empty if there is none."""
    name = re.sub(r"^https?://|\.(amazonaws|amazon|aws|amazonaw).*$|/.*$", "", text.strip().lower())
    close = [name] if name in _known() else similar(name, sorted(_known()), cutoff=0.8)
    return close[0] if close else ""


def correction(text: str) -> str:
    """A clause with the service principal that is probably intended; empty if there is none."""
    name = intended_service(text)
    return f"; did you mean `{name}.amazonaws.com`?" if name else ""
