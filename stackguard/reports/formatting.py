"""What the formats share: printable text, names, indented JSON."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from policypack.core.policy import Exemption, Policy

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, which can drive a terminal or a CI log, and marks that reverse the direction of text."""
UNPRINTABLE_IN_LINES = re.compile(UNPRINTABLE.pattern.replace(r"[\x00-\x1f", r"[\x00-\x09\x0b-\x1f"))

FIRST_LINES, LAST_LINES = 40, 160
"""Of a longer text that a program prints, so many lines are shown: errors are at its end."""
LONGEST_LINE = 2000
"""Characters of one line that are shown, half of them of its end."""

_RUNNER_COMMAND = re.compile(r"^( *)::(?=[a-z])", re.MULTILINE)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
"""Colours in the output of a program."""


def printable(text: str) -> str:
    """The text on one line, with every control character escaped."""
    if text.isascii() and text.isprintable():  # most texts, and much faster
        return text
    return UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def printable_lines(text: str) -> str:
    """The text without colours and other control characters, on its own lines: what a program prints.

    What a runner of GitHub takes for a command is escaped too.
    """
    plain = ANSI.sub("", text).replace("\r\n", "\n").expandtabs()
    return _RUNNER_COMMAND.sub(r"\1\\x3a:", "\n".join(map(printable, plain.split("\n"))))


def excerpt_of(text: str) -> str:
    """The first and the last lines of a text, with how much is left out between them, and in a long line."""
    lines = text.split("\n")
    left_out = len(lines) - FIRST_LINES - LAST_LINES
    if left_out > 1:
        lines[FIRST_LINES:-LAST_LINES] = [f"… {left_out:,} lines are left out …"]
    return "\n".join(map(_middle_left_out, lines))


def _middle_left_out(line: str) -> str:
    half, left_out = LONGEST_LINE // 2, len(line) - LONGEST_LINE
    return line if left_out <= 0 else f"{line[:half]}… {left_out:,} characters are left out …{line[-half:]}"


def printable_json(text: str) -> str:
    """JSON text in which every control character is escaped, except line breaks, which are between values only."""
    return UNPRINTABLE_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def type_of(urn_or_type: str) -> str:
    """A type token as Pulumi prints it: `aws:s3:Bucket` for `aws:s3/bucket:Bucket`."""
    token = urn_or_type.split("::")[2].rpartition("$")[2] if "::" in urn_or_type else urn_or_type
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return printable(":".join(filter(None, (package, module.partition("/")[0], name))) or token)


@lru_cache(maxsize=1 << 16)
def name_of(urn: str) -> str:
    """The type and name in a URN: `aws:s3:Bucket ingest`."""
    parts = urn.split("::", 3)
    return f"{type_of(urn)} {printable(parts[3])}" if len(parts) > 3 else printable(urn)


def many(count: int, noun: str) -> str:
    """A number with its noun: `1 policy`, `2 policies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{count} {noun}s"


def not_blocking(count: int, when: str = "") -> str:
    """How many violations and unknown values a baseline accepts, as a sentence; `when` they are there."""
    nouns, verb = ("violation or unknown value", "does") if count == 1 else ("violations and unknown values", "do")
    return f"{count} {nouns}{when and f' {when}'} {verb} not block"


def gone_stack(stack: str, count: int) -> str:
    """How many violations the baseline has of a stack that is not there any more, and how to remove them."""
    text = f"{many(count, 'violation')} of the baseline {'is' if count == 1 else 'are'} of `{printable(stack)}`"
    return f"{text}, which is gone; `stackguard baseline --all-stacks --prune` removes them from the file"


def exemption_text(exemption: Exemption) -> str:
    """The reason of a waiver, and who stands for it until when; of the baseline, who added the entry."""
    parts = {
        "until": exemption.expires,
        "owner" if exemption.kind == "waived" else "added by": exemption.owner,
        "ticket": exemption.ticket,
        "approved by": exemption.approver,
        "in": exemption.source,
    }
    more = ", ".join(f"{name} {value}" for name, value in parts.items() if value)
    return printable(f"{exemption.reason} ({more})" if more and exemption.reason else more or exemption.reason)


def url(policy: Policy[Any]) -> str:
    """Where to read more about a policy."""
    return policy.references[0] if policy.references else ""


def indented_json(value: Any) -> str:
    """The value as indented JSON that ends in a line break."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    encoded = text.isascii() and "\x7f" not in text  # the encoder escapes the other control characters of ASCII
    return (text if encoded else printable_json(text)) + "\n"
