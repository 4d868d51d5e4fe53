"""What properties take by their descriptions: an ARN (`role`, `kmsKey`, `productionListenerRule`), or a name.

`generate_property_kinds.py` asks here where the name of a property decides nothing. A property takes an ARN if its
description is that of an ARN ("ARN of the role", "List of IAM role ARNs"), and neither botocore's members of the same
name nor the SDK's examples of the type allow anything else. It takes a name if its description is "Name of ...".
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from sdk_source import python_name

ARN = re.compile(r"\bARNs?\b|Amazon Resource Name", re.IGNORECASE)
OR_ANOTHER = re.compile(
    r"\b(?:names?|IDs?|identifiers?|alias(?:es)?|UUID|UUIDs)\b.{0,60}\bor\b|\bor\b.{0,60}\b(?:names?|IDs?|alias|UUID)\b"
    r"|\beither\b|\bor\b.{0,40}\bARNs?\b|\bARNs?\)?,? or\b",
    re.IGNORECASE,
)
_WORD = r"(?!(?:names?|ids?|identifiers?|urls?|uris?|of|or|and|if|whether|part|with|in|by)\b)[\w./`'\u2019()-]+\s"
_OPENING = re.compile(
    r"(?:Specifies\s)?(?:(?:The|A|An|Your)\s)?(?:(?:[\w-]+\s)?(?:list|set|array|map)s?\s(?:of|containing)\s)?"
    rf"(?:(?:the|an?|one or more)\s)?(?:{_WORD}){{0,6}}?(?:ARN(?:s|\(s\))?|Amazon Resource Names?(?:\s\(ARNs?\))?)"
    r"(?=\s*(?:[.,;(]|$)|\s(?:of|for|that|to|which|used|referencing|identifying|where|when|as|in|from|assumed)\b)",
    re.IGNORECASE,
)
"""The opening of a description whose first noun is an ARN."""
_ALTERNATIVE = re.compile(
    r"\b(?:or|set to|specify|use|enter|provide)\s(?:an?\s|the\s)?(?:[`\"*]|(?:names?|IDs?|URLs?|account)\b)|\beither\b|\bshared\b"
)
"""What a description says of values beside ARNs."""
_NAMED_OTHERWISE = re.compile(
    r"(?:\w*[a-z])?(?:Names?|Ids?|Identifiers?|Ur[il]s?)|name|id|identifier|ur[il]|value", re.ASCII
)
"""Properties whose names contradict such a description; some descriptions were copied from elsewhere."""
_NAME_OPENING = re.compile(r"(?:The\s)?names?\sof\s", re.IGNORECASE)
_NAMES = re.compile(r"\w*[a-z]Names?", re.ASCII)
_CODE = re.compile(r"^ *```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_OF_ONE_KIND = {
    "ACM certificate": "arn:acm",
    "CloudWatch log group": "arn:logs:log-group:*",
    "CloudWatch Logs log group": "arn:logs:log-group:*",
    "ECS cluster": "arn:ecs:cluster/*",
    "ECS service": "arn:ecs:service/*",
    "EKS cluster": "arn:eks:cluster/*",
    "IAM role": "arn:iam:role/*",
    "Kinesis data stream": "arn:kinesis:stream/*",
    "Kinesis stream": "arn:kinesis:stream/*",
    "Lambda function": "arn:lambda:function:*",
    "MSK cluster": "arn:kafka:cluster/*",
    "SNS topic": "arn:sns",
    "SQS queue": "arn:sqs",
    "Secrets Manager secret": "arn:secretsmanager:secret:*",
}
"""By what a description names behind "ARN of the", the kind of those ARNs."""
_OF_WHAT = re.compile(
    r"(?:The )?(?:ARN|Amazon Resource Name(?: \(ARN\))?) of (?:the |an? |your )?(?:Amazon |AWS |Amazon Web Services )*"
    rf"({'|'.join(_OF_ONE_KIND)})\b(?! access)(?!.*\bor\b)",
    re.IGNORECASE | re.DOTALL,
)
_KINDS_IN_LOWER_CASE = {name.lower(): kind for name, kind in _OF_ONE_KIND.items()}
_IN_ROLE = re.compile(r"(?:\w*[a-z])?[rR]oles?", re.ASCII)
_EXAMPLE_ARN = "arn:aws:iam::111122223333:role/reader"


def arn_sentences(text: str) -> str:
    """The sentences of a description that name ARNs."""
    return " ".join(part for part in re.split(r"(?<=[.;])\s|<p>|</p>|<li>", text) if ARN.search(part))


def takes_arn(name: str, doc: str, api: Sequence[str], shown: frozenset[str]) -> str:
    """The kind of a property that takes an ARN only, `arn` or narrower; empty if that is not certain.

    Args:
        name: the name of the property.
        doc: its description in the SDK.
        api: the descriptions and patterns of the API's members with its name.
        shown: what the SDK's examples of the type pass, as `passed_values` returns it.
    """
    patterns = [_pattern(text) for text in api]
    if not _OPENING.match(doc) or not shown <= {"arn"} or not all(map(_allows_arn, patterns)):
        return ""
    required = bool(patterns) and all(map(_requires_arn, patterns))
    if not required and (
        _ALTERNATIVE.search(doc) or any(OR_ANOTHER.search(arn_sentences(text)) for text in (doc, *api))
    ):
        return ""
    key = re.search(r"\bKMS\b|\bkeys?\b", doc, re.IGNORECASE)
    if not required and (key or (_NAMED_OTHERWISE.fullmatch(name) and shown != {"arn"})):
        return ""
    if _IN_ROLE.fullmatch(name):
        return "arn:iam:role/*"
    return "arn"


def of_one_kind(doc: str) -> str:
    """The kind of the ARNs that a description names, `arn` if it names none or alternatives."""
    match = _OF_WHAT.match(doc)
    return _KINDS_IN_LOWER_CASE[match[1].lower()] if match else "arn"


def takes_name(name: str, doc: str, api: Sequence[str], shown: frozenset[str]) -> bool:
    """Whether a property takes a name and no ARN; the arguments are those of `takes_arn`.

    AWS documents an ARN for the same member in a few operations only, such as those that return it.
    """
    mentions = sum(bool(ARN.search(text)) for text in api)
    described = _NAME_OPENING.match(doc) and not ARN.search(doc)
    return bool(described and api and _NAMES.fullmatch(name) and mentions * 8 <= len(api) and shown <= {"other"})


def _pattern(text: str) -> str:
    """The pattern at the end of a member's description and pattern; empty if it has none."""
    pattern = text.rsplit("> ", 1)[-1]
    return "" if "<p>" in pattern else pattern


def _alternatives(pattern: str) -> Sequence[str]:
    """The alternatives of a pattern, without anchors and the parentheses around all of it."""
    parts, depth, in_class, start = [], 0, False, 0
    for index, sign in enumerate(pattern):
        escaped = index > 0 and pattern[index - 1] == "\\"
        if escaped:
            continue
        in_class = sign == "[" or (in_class and sign != "]")
        depth += 0 if in_class else (sign == "(") - (sign == ")")
        if sign == "|" and not depth and not in_class:
            parts.append(pattern[start:index])
            start = index + 1
    parts = [part.strip().removeprefix("^").removesuffix("$") for part in (*parts, pattern[start:])]
    if len(parts) == 1 and (whole := re.fullmatch(r"\((?:\?:)?(.*)\)", parts[0])) and _balanced(whole[1]):
        return _alternatives(whole[1])
    return parts


def _balanced(pattern: str) -> bool:
    """Whether no parenthesis of a pattern closes before it opens."""
    depth = 0
    for sign in pattern:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


def _requires_arn(pattern: str) -> bool:
    parts = [part for part in _alternatives(pattern) if part]
    return bool(parts) and all(part.lstrip("(?:").startswith("arn") and not _matches(part, "reader") for part in parts)


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern matches all of a text; one that Python cannot read matches anything."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True


def _allows_arn(pattern: str) -> bool:
    """Whether a pattern is empty, requires an ARN, or does not tell ARNs from other texts."""
    if not pattern.strip() or _requires_arn(pattern):
        return True
    return "arn" not in pattern and _matches(pattern.strip(), _EXAMPLE_ARN)


@cache
def passed_values(file: Path, token: str) -> Mapping[str, frozenset[str]]:
    """By argument in Python, what the SDK's examples of one type pass: `arn`, `other`, or `?` for what they compute."""
    title = token.rpartition(":")[2]
    passed: dict[str, set[str]] = defaultdict(set)
    for code in _CODE.findall(file.read_text(encoding="utf-8")):
        try:
            module = ast.parse(textwrap.dedent(code))
        except SyntaxError:
            continue
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == title:
                for argument, value in _arguments(call):
                    passed[argument].update(map(_form, _single_values(value)))
    return {argument: frozenset(forms) for argument, forms in passed.items()}


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The arguments of a call and the keys of the dictionaries in them, with their values."""
    yield from ((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)
    for node in ast.walk(call):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield python_name(key.value), value


def _single_values(value: ast.expr) -> Iterator[ast.expr]:
    """A value, or those of a list or a dictionary."""
    match value:
        case ast.List():
            for item in value.elts:
                yield from _single_values(item)
        case ast.Dict():
            for item in value.values:
                yield from _single_values(item)
        case _:
            yield value


def _form(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=str(text)):
            return "arn" if text.startswith("arn:") else "other"
        case ast.Attribute(attr=output):
            return "arn" if re.fullmatch(r"arn|\w+_arn", output) else "?" if output == "id" else "other"
        case ast.Subscript():
            return _form(value.value)
    return "?"
