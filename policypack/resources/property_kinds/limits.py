"""Whether a value is one of those that its property takes: enumerations, numbers, ranges of addresses, simple forms.

`tools/generate_property_kinds.py` derives the limits; `tools/facts/limits.toml` describes their kinds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from policypack.core.spelling import similar
from policypack.resources.property_kinds.table import fault, like

KINDS = frozenset({"one-of", "like-one-of", "number", "range", "number-of", "cidr", "network", "like", "json-text"})
_SYNONYMS = {"amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64", "aarch64": "arm64", "arm": "arm64"}
"""Other names of processors, which look like the name of another one."""
_MOST = 8
"""The values of an enumeration that a message lists."""
_SHOWN = re.compile(r"[\w.:/@*+ -]{1,60}")
_OF_PYTHON = re.compile(r"\s*[\[{]\s*(?:[\[{]\s*)*'")
"""The start of a dictionary or a list of Python that was made a text by `str()`."""
_UNSET = frozenset({0, -1})


def limit_problem(kind: str, text: str) -> str | None:
    """Why a text is not within a limit, such as `number:1..900`: a clause, or None."""
    name, _, detail = kind.partition(":")
    match name:
        case "one-of" | "like-one-of":
            return _enumeration_problem(detail.split(","), text, exact=name == "one-of")
        case "number" | "range" | "number-of":
            return _number_problem(name, detail, text)
        case "like":
            pattern, described = like(detail)
            if pattern.fullmatch(text):
                return None
            wrong = fault(detail, text)
            return f"takes {described}, and is {_shown(text)}{f', which {wrong}' if wrong else ''}"
        case "json-text":
            return _json_problem(text)
        case _:
            versions, _, lengths = detail.partition(":")
            return _addresses_problem(versions, lengths, text, exact=name == "network")


def _enumeration_problem(values: Sequence[str], text: str, *, exact: bool) -> str | None:
    if text in values or (not exact and text.lower() in map(str.lower, values)):
        return None
    meant = {text.lower(), _SYNONYMS.get(text.lower())}
    same = [value for value in values if value.lower() in meant]
    close = same or similar(text, values)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"takes {_listed(values)}, and is {_shown(text)}{hint}"


def _listed(values: Sequence[str]) -> str:
    quoted = [f"`{value}`" for value in values]
    if len(quoted) > _MOST:
        return f"one of {len(quoted)} values such as {', '.join(quoted[:3])}"
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else f"only {quoted[0]}"


def _number_problem(name: str, detail: str, text: str) -> str | None:
    """A text that is no number is none of this check: the provider reads some."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        return None
    number = int(text)
    if name == "number-of":
        values = detail.split(",")
        if number == 0 or any(_within(value, number) for value in values):
            return None
        *first, last = (_described(value) for value in values)
        return f"takes {', '.join(first)}{' or ' if first else ''}{last}, and is {number}"
    if _within(detail, number) or (name == "range" and number in _UNSET):
        return None
    return f"takes {_described(detail)}, and is {number}"


def _within(values: str, number: int) -> bool:
    """Whether a number is among `7`, `7..30`, `7..` or the multiples `60n`."""
    if values.endswith("n"):
        return number > 0 and number % int(values[:-1]) == 0
    least, dots, greatest = values.partition("..")
    return int(least) <= number <= int(greatest or number) if dots else number == int(least)


def _described(values: str) -> str:
    if values.endswith("n"):
        return f"a multiple of {values[:-1]}"
    least, dots, greatest = values.partition("..")
    if not dots:
        return least
    return f"a number from {least} to {greatest}" if greatest else f"a number from {least} up"


def _json_problem(text: str) -> str | None:
    """Why a text is no JSON: a clause, or None. The text itself may be secret."""
    try:
        msgspec.json.decode(text)
    except NO_JSON:
        pass
    else:
        return None
    if _OF_PYTHON.match(text):
        return "takes a JSON text, and has single quotes; did you mean `json.dumps(...)`?"
    return "takes a JSON text, and is none"


def _addresses_problem(versions: str, lengths: str, text: str, *, exact: bool) -> str | None:
    """Why a text is no range of addresses of these versions of IP: a clause, or None."""
    address, slash, length = text.partition("/")
    example = "2001:db8::/56" if versions == "6" else "10.0.0.0/16"
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return f"takes a range of addresses such as `{example}`, and is {_shown(text)}"
    if not slash:
        return f"takes a range of addresses, and is an address without a mask; did you mean `{address}/{network.prefixlen}`?"
    if not length.isdecimal():
        return f"takes a mask as a number of bits, as in `{network}`"
    if str(network.version) not in versions:
        return f"takes a range of IPv{versions}, and is one of IPv{network.version}"
    least, _, greatest = lengths.partition("..")
    if lengths and not int(least) <= network.prefixlen <= int(greatest):
        return f"takes a mask from /{least} to /{greatest}, and has /{network.prefixlen}"
    if exact and ip_network(address).network_address != network.network_address:
        return f"takes a range without bits after its mask; did you mean `{network}`?"
    return None


def _shown(text: str) -> str:
    return f"`{text}`" if _SHOWN.fullmatch(text) else "another text"
