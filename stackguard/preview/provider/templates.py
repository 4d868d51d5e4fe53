"""The little language of `tables/resources.json`: a template is text with holes, filled from what is known.

`{property}` is an input, an output resolved before it, or one of `partition`, `region`, `account` and `dns` (the
partition's domain). `{uuid}`, and `{hex17}`, `{HEX17}`, `{alnum17}`, `{ALNUM17}` or `{digits17}` for any number of
characters, are drawn from a seed, so that they are the same in every run. `{a,b}` is the first of two that is set,
`{property|text}` gives the text where the property is not set, and `{property:change}` the value changed as `CHANGES`
says. A template with a property that is unknown, not set or not of the form that a change expects has no value.
"""

from __future__ import annotations

import re
import string
import uuid
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from policypack.core.policy import Unknown
from stackguard.preview.provider.autonaming import ALPHANUMERIC, HEX, draw

HOLE = re.compile(r"\{(\w+(?:,\w+)*)(?::(\w+))?(?:\|([^}]*))?\}")
DRAWN = re.compile(r"(hex|HEX|alnum|ALNUM|digits)(\d+)")
PLACE = frozenset({"partition", "region", "account", "dns"})
ALPHABETS = {
    "hex": HEX,
    "HEX": HEX.upper(),
    "alnum": ALPHANUMERIC,
    "ALNUM": string.ascii_uppercase + string.digits,
    "digits": "123456789",
}

DASHED_WEBSITES = frozenset(
    {
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-west-1",
        "sa-east-1",
        "us-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
"""The regions whose websites are at `s3-website-REGION`; those of all others are at `s3-website.REGION`."""


def render(template: Any, known: Mapping[str, Any], seed: str) -> Any:
    """The template's value; None where it has none. A list or map of templates needs a value for each."""
    match template:
        case str():
            return _text(template, known, seed)
        case list():
            values = [render(each, known, seed) for each in template]
            return None if any(value is None for value in values) else values
        case dict():
            pairs = {key: render(each, known, seed) for key, each in template.items()}
            return None if any(value is None for value in pairs.values()) else pairs
    return template


def holes(template: Any) -> frozenset[str]:
    """The properties that a template reads, without those of the place and the drawn ones."""
    match template:
        case str():
            names = {name for hole in HOLE.finditer(template) for name in hole[1].split(",")}
            return frozenset(name for name in names - PLACE - {"uuid"} if not DRAWN.fullmatch(name))
        case list():
            return frozenset().union(*map(holes, template))
        case dict():
            return frozenset().union(*map(holes, template.values()))
    return frozenset()


def drawn(template: Any) -> bool:
    """Whether a part of the template's value is drawn, so that nobody knows what it will be."""
    match template:
        case str():
            names = (name for hole in HOLE.finditer(template) for name in hole[1].split(","))
            return any(name == "uuid" or DRAWN.fullmatch(name) for name in names)
        case list():
            return any(map(drawn, template))
        case dict():
            return any(map(drawn, template.values()))
    return False


def holds(condition: str, known: Mapping[str, Any]) -> bool | None:
    """Whether `flag`, `!flag` or `property=text` is true of what is known; None where that is unknown."""
    if not condition:
        return True
    name, equals, text = condition.removeprefix("!").partition("=")
    value = known.get(name)
    if isinstance(value, Unknown):
        return None
    return value == text if equals else bool(value) is not condition.startswith("!")


def _text(template: str, known: Mapping[str, Any], seed: str) -> str | None:
    parts = []
    end = 0
    for hole in HOLE.finditer(template):
        names, change, default = hole.groups()
        value = _value(names, known, seed)
        value = default if value is None else _plain(value)
        value = CHANGES[change](value) if change and value is not None else value
        if value is None:
            return None
        parts += [template[end : hole.start()], value]
        end = hole.end()
    return "".join([*parts, template[end:]])


def _value(names: str, known: Mapping[str, Any], seed: str) -> Any:
    value = next((known[name] for name in names.split(",") if known.get(name) is not None), None)
    if value is not None:
        return value
    if names == "uuid":
        return str(uuid.UUID(draw(seed, HEX, 32), version=4))
    drawn = DRAWN.fullmatch(names)
    return draw(seed, ALPHABETS[drawn[1]], int(drawn[2])) if drawn else None


def _plain(value: Any) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return None
        case int() | float() if value == int(value):
            return str(int(value))
    return None


def _arn(text: str) -> str | None:
    return text if text.startswith("arn:") else None


def _checksum(text: str) -> str:
    """What the Terraform SDK makes ids of settings with: CRC-32 as a decimal number."""
    return str(zlib.crc32(text.encode()))


def _listener(text: str) -> str | None:
    """A load balancer's ARN as the beginning of its listeners' ARNs."""
    return text.replace(":loadbalancer/", ":listener/", 1) if ":loadbalancer/" in text else None


def _listener_rule(text: str) -> str | None:
    """A listener's ARN as the beginning of its rules' ARNs."""
    return text.replace(":listener/", ":listener-rule/", 1) if ":listener/" in text else None


def _leaf(text: str) -> str:
    return re.split(r"[:/]", text)[-1]


def _website(region: str) -> str:
    """What stands after `s3-website` in a region's endpoint."""
    return f"{'-' if region in DASHED_WEBSITES else '.'}{region}"


CHANGES: Mapping[str, Callable[[str], str | None]] = {
    "arn": _arn,  # only an ARN will do
    "bare": lambda text: text.removeprefix("/"),
    "bus": lambda text: "" if text == "default" else f"{_leaf(text)}/",  # an event bus in a rule's ARN
    "busdash": lambda text: "" if text == "default" else f"{text}-",
    "checksum": _checksum,
    "colon": lambda text: f":{text}" if text else "",
    "comma": lambda text: f",{text}" if text else "",
    "host": lambda text: text.removeprefix("https://"),
    "leaf": _leaf,  # what stands after the last `:` or `/`
    "listener": _listener,
    "listenerrule": _listener_rule,
    "lower": str.lower,
    "rooted": lambda text: text if text.startswith("/") else f"/{text}",
    "scope": {"REGIONAL": "regional", "CLOUDFRONT": "global"}.get,
    "short": {"application": "app", "network": "net", "gateway": "gwy"}.get,  # a kind of load balancer
    "slash": lambda text: f"/{text}" if text else "",
    "underscore": lambda text: f"_{text}" if text else "",
    "website": _website,
}
