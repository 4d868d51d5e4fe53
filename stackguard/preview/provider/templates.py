"""The template language of `tables/resources.json`: text with holes, filled from known properties.

`{property}` is an input, an output resolved before it, or one of `partition`, `region`, `account` and `dns` (the
partition's domain). `{uuid}`, and `{hex17}`, `{HEX17}`, `{alnum17}`, `{ALNUM17}` or `{digits17}` for any number of
characters, are drawn from a seed, so that they are the same in every run. `{a,b}` is the first of two that is set,
`{property|text}` is the text if the property is not set, and `{property:change}` is the value changed by an entry of
`CHANGES`. `{property.output}` is an output of the resource that the property identifies, and `{property.output|text}` the
text if that resource is of a type without such an output. A template has no value if one of its properties is unknown,
not set, or not of the form that a change needs.
"""

from __future__ import annotations

import re
import string
import uuid
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from policypack.core.policy import Unknown
from policypack.core.values import nested, rebuilt
from stackguard.preview.provider.autonaming import ALPHANUMERIC, HEX, draw

HOLE = re.compile(r"\{(\w+(?:[.,]\w+)*)(?::(\w+))?(?:\|([^}]*))?\}")
DRAWN = re.compile(r"(hex|HEX|alnum|ALNUM|digits)(\d+)")
LOCATION = frozenset({"partition", "region", "account", "dns"})
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
    """The template's value, or None. A list or map of templates needs a value for each."""
    value = rebuilt(template, lambda leaf: _text(leaf, known, seed) if isinstance(leaf, str) else leaf)
    return None if any(leaf is None for leaf in nested(value)) else value


def holes(template: Any) -> frozenset[str]:
    """The properties that a template reads, without those of the location and the drawn ones."""
    return frozenset(name.partition(".")[0] for name in _names(template) - LOCATION if not _is_drawn(name))


def of_parents(template: Any) -> frozenset[tuple[str, str]]:
    """The outputs of other resources that a template reads, each after the property that identifies the resource."""
    return frozenset((name, output) for name, dot, output in (part.partition(".") for part in _names(template)) if dot)


def drawn(template: Any) -> bool:
    """Whether a part of the template's value is drawn at random in an update."""
    return any(map(_is_drawn, _names(template)))


def _names(template: Any) -> set[str]:
    texts = (text for text in nested(template) if isinstance(text, str))
    return {name for text in texts for hole in HOLE.finditer(text) for name in hole[1].split(",")}


def _is_drawn(name: str) -> bool:
    return name == "uuid" or DRAWN.fullmatch(name) is not None


def is_met(condition: str, known: Mapping[str, Any]) -> bool | None:
    """Whether `flag`, `!flag` or `property=text` is true; None if the property is unknown."""
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


def checksum(text: str) -> str:
    """CRC-32 as a decimal number: the Terraform SDK makes ids of it and orders sets by it."""
    return str(zlib.crc32(text.encode()))


def _replaced(old: str, new: str) -> Callable[[str], str | None]:
    """Replaces a part of an ARN; an ARN without that part has no value."""
    return lambda text: text.replace(old, new, 1) if old in text else None


def _leaf(text: str) -> str:
    return re.split(r"[:/]", text)[-1]


CHANGES: Mapping[str, Callable[[str], str | None]] = {
    "address": lambda digits: (
        f"3.{digits[:2]}.{digits[2:4]}.{digits[4:6]}"
    ),  # Amazon's: https://ip-ranges.amazonaws.com/ip-ranges.json
    "arn": lambda text: text if text.startswith("arn:") else None,
    "bare": lambda text: text.removeprefix("/"),
    "bus": lambda text: "" if text == "default" else f"{_leaf(text)}/",  # an event bus in a rule's ARN
    "busdash": lambda text: "" if text == "default" else f"{text}-",
    "checksum": checksum,
    "colon": lambda text: f":{text}" if text else "",
    "comma": lambda text: f",{text}" if text else "",
    "host": lambda text: text.removeprefix("https://"),
    "leaf": _leaf,  # after the last `:` or `/`
    "listener": _replaced(":loadbalancer/", ":listener/"),  # of a load balancer's ARN, the start of its listeners'
    "listenerrule": _replaced(":listener/", ":listener-rule/"),
    "lower": str.lower,
    "rooted": lambda text: text if text.startswith("/") else f"/{text}",
    "scope": {"REGIONAL": "regional", "CLOUDFRONT": "global"}.get,
    "short": {"application": "app", "network": "net", "gateway": "gwy"}.get,  # a kind of load balancer
    "stage": lambda text: "" if text == "$default" else text,  # of an HTTP API, in its URL
    "slash": lambda text: f"/{text}" if text else "",
    "underscore": lambda text: f"_{text}" if text else "",
    "website": lambda region: f"{'-' if region in DASHED_WEBSITES else '.'}{region}",  # after `s3-website`
}
