"""What the values of properties are limited to: enumerations and ranges of numbers, as the sources agree on them.

`generate_property_kinds.py` writes the table. An enumeration is taken from botocore's shapes and CloudFormation's schemas
(which cfn-lint ships) by the name of the property, and only if it has each value that the SDK's description and examples
name: where the provider writes a value in another way than the API, the property is left out. A range is the widest of
those that the SDK's description and the API's models give.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from generate_tables import botocore_data
from sdk_source import Property

Set = frozenset[str]
Range = tuple[int, int]

MOST = 40
"""An enumeration with more values is one that AWS extends often: instance types, regions, languages."""
DEEPEST = 7
"""The steps of the longest path in the table: statements of WAF and intents of Lex nest themselves."""
OPEN = re.compile(
    r"\w*(?:[iI]nstance(?:Type|Class|Size)|[nN]odeType|[vV]ersion|[rR]untime|[rR]egion|[mM]odel(?:Id)?|[eE]ngine"
    r"|[lL]anguage(?:Code)?|[cC]ountryCode|[rR]esourceTypes?|[vV]oice(?:Id)?|[fF]amily|[cC]omputeType|[sS]ervice(?:Name)?"
    r"|[fF]eature(?:Set|Type|Name)?|[mM]etric(?:Name|Type)?|[cC]urrency|[tT]imezone|[sS]lPolicy|[sS]ecurityPolicy"
    r"|[oO]perating[sS]ystem\w*|[pP]artition|\w*Arn)s?"
)
"""Properties whose enumerations AWS extends, whatever their size."""
QUOTED = re.compile(r"`([^`]*)`")
VALUES = re.compile(
    r"(?:[vV]alid|[sS]upported|[aA]llowed|[pP]ossible|[aA]ccepted) (?:[vV]alues?|[oO]ptions)"
    r"(?: for this (?:field|parameter|argument))?(?: are| include| is|:)+:?\s*"
    r"((?:either |one of )?(?:`[^`]*`|\"[^\"]*\"|'[\w-]+'|\([^)]*\)|,|\||or\b|and\b|/|\s)+)"
)
DEFAULT = re.compile(r"[dD]efaults?(?: value)?(?: is| to|:)+ (?:`([^`]+)`|(\d+))")
NUMBERS = re.compile(
    r"[vV]alues?(?: for this (?:field|parameter))?(?: are|:)+:?\s*"
    r"((?:`?\d+`?(?:,? and |,? or | \| |, ?))+`?\d+`?)(?=[.;]| ?$)"
)
_UNIT = r"(?: (?:seconds?|bytes|days?|[MG]i?B))?"
RANGES = re.compile(
    r"(?:[bB]etween|[vV]alid values?(?: are)?:?(?: from)?|[vV]alid range(?: is)?:?(?: from)?|[fF]rom)"
    rf" `?(-?\d[\d,]*)`?{_UNIT}(?: \([^)]*\))? ?(?:and|(?:up )?to|-|\u2013|through) ?`?(-?\d[\d,]*)(?![\d,])`?"
    r"(?! ?(?:hours|[a-z]+ characters|characters))"
)
STRICT = re.compile(r"[vV]alid|[mM]ust be|[bB]etween|[iI]nteger")
CONDITIONAL = re.compile(
    r"\b(?:if|when|for|depend\w*|unless|whereas|characters|length|per|multiples?|month)\b", re.IGNORECASE
)
WRITABLE = re.compile(r"[\w.:/@*-]+")
CLASS = re.compile(r"'[A-Z]\w*'")
RELATED: Mapping[str, Sequence[str]] = {
    "alb": ("elasticloadbalancingv2",),
    "apigatewayv2": ("apigatewayv2",),
    "cloudwatch": ("cloudwatch", "logs", "events"),
    "elb": ("elasticloadbalancing",),
    "kinesis": ("kinesis", "firehose", "kinesisanalytics", "kinesisfirehose"),
    "lb": ("elasticloadbalancingv2",),
    "opensearch": ("opensearch", "opensearchserverless", "opensearchservice", "osis"),
    "route53": ("route53", "route53resolver", "route53profiles"),
    "sfn": ("stepfunctions",),
}
"""By module of the SDK, the other names of its services in botocore and in CloudFormation."""


EXACT = frozenset(
    {"cloudwatch", "dynamodb", "ecr", "iam", "kinesis", "kms", "lambda", "route53", "s3", "sfn", "sns", "sqs"}
)
"""Modules in which the provider takes a value in one case only; in others some properties take any case."""
EXAMPLE = re.compile(r"""\b(\w+)\s*=\s*\[?\s*(?:"([^"\n]*)"|(-?\d+)\b)""")
"""An argument in an example of the SDK: its name, and its text or its number."""


def passed(text: str) -> Mapping[str, Set]:
    """By argument in Python, the texts and numbers that the examples in a file pass."""
    found: dict[str, set[str]] = defaultdict(set)
    for argument, word, number in EXAMPLE.findall(text[text.find("## Example Usage") :]):
        found[argument].add(word or number)
    return {argument: frozenset(values) for argument, values in found.items()}


@cache
def model(service: str) -> Mapping[str, Mapping[str, Any]]:
    """Botocore's newest model of a service."""
    folder = Path(str(importlib.metadata.distribution("botocore").locate_file("botocore"))) / "data" / service
    versions = sorted(folder.glob("*/service-2.json.gz"))
    empty: Mapping[str, Mapping[str, Any]] = {"shapes": {}, "operations": {}}
    return botocore_data(f"{service}/{versions[-1].parent.name}/service-2.json.gz") if versions else empty


@cache
def schemas() -> Mapping[str, Mapping[str, Any]]:
    """CloudFormation's schemas, by type."""
    root = Path(str(importlib.metadata.distribution("cfn-lint").locate_file("cfnlint/data/schemas")))
    names = json.loads((root / "providers" / "us-east-1.json").read_text(encoding="utf-8"))
    return {
        name: json.loads((root / "resources" / f"{file}.json").read_text(encoding="utf-8"))
        for name, file in sorted(names.items())
    }


@cache
def cloudformation(service: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """By the name of a property in lower case, its schemas in the types of a service."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for name, schema in schemas().items():
        if name.split("::")[1].lower() == service.replace("-", ""):
            for part in (schema, *schema.get("definitions", {}).values()):
                for property_, described in part.get("properties", {}).items():
                    found[property_.lower()].append(resolved(schema, described))
    return found


def resolved(schema: Mapping[str, Any], described: Any) -> Mapping[str, Any]:
    """A property's schema without references, of a list the one of its items."""
    for _ in range(6):
        if not isinstance(described, Mapping):
            return {}
        if "$ref" in described and described["$ref"].startswith("#/definitions/"):
            described = schema["definitions"].get(described["$ref"].removeprefix("#/definitions/"), {})
        elif described.get("type") == "array" and "items" in described:
            described = described["items"]
        else:
            break
    return described


def enumerated(shapes: Iterable[Mapping[str, Any]]) -> Sequence[Set]:
    """The enumerations among shapes or schemas."""
    return [frozenset(map(str, shape["enum"])) for shape in shapes if "enum" in shape]


@cache
def targets(service: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """By the name of a member in lower case, its shapes in the API of a service, of lists the ones of their items."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    shapes = model(service)["shapes"]
    for shape in shapes.values():
        for member, reference in shape.get("members", {}).items():
            target = shapes[reference["shape"]]
            found[member.lower()].append(shapes[target["member"]["shape"]] if target["type"] == "list" else target)
    return found


@cache
def all_enumerations(service: str) -> Sequence[Set]:
    """The enumerations in the API of a service."""
    return enumerated(model(service)["shapes"].values())


def stated(doc: str) -> Set:
    """The values that a description lists as the valid ones."""
    lists = [re.sub(r"\([^)]*\)", "", text) for text in VALUES.findall(doc)]
    tokens = (QUOTED.findall(text) or re.findall(r"[\"']([^\"']*)[\"']", text) for text in lists)
    parts = (part.strip("[]\"' ") for group in tokens for token in group for part in token.split("|"))
    return frozenset(part for part in parts if part)


def defaults(doc: str) -> Set:
    """The values that a description names as defaults."""
    return frozenset((quoted or plain).strip("[]\"' ") for quoted, plain in DEFAULT.findall(doc))


def enumeration(property_: Property, name: str, named: Sequence[Set], others: Sequence[Set], examples: Set) -> Set:
    """The values that a property takes; empty if they are not certain.

    Args:
        property_: the property.
        name: its name.
        named: the enumerations of the API's members with its name.
        others: all enumerations of the API.
        examples: what the SDK's examples pass.
    """
    if OPEN.fullmatch(name):
        return frozenset()
    documented, shown = stated(property_.doc), examples | defaults(property_.doc)
    fitting = [values for values in named if documented <= values]
    if not fitting and len(documented) > 1:
        fitting = [values for values in others if documented <= values]
    union: Set = frozenset().union(*fitting)
    if not union or not (documented or shown) or not shown <= union or not 1 < len(union | documented) <= MOST:
        return documented if documented and documented == union else frozenset()
    return union if all(map(WRITABLE.fullmatch, union)) else frozenset()


def number(text: str) -> int:
    """A number that may be written with commas."""
    return int(text.replace(",", ""))


def documented_range(doc: str) -> tuple[Range | None, bool]:
    """The widest range in a description, and whether it holds by itself."""
    ranges, strict = [], True
    for sentence in re.split(r"(?<=[a-z0-9`)])\.\s", doc):
        for least, greatest in RANGES.findall(sentence):
            ranges.append((number(least), number(greatest)))
            strict &= bool(STRICT.search(sentence)) and not CONDITIONAL.search(sentence)
    ranges = [pair for pair in ranges if pair[0] < pair[1]]
    if not ranges:
        return None, False
    return (min(least for least, _ in ranges), max(greatest for _, greatest in ranges)), strict


def api_range(shapes: Iterable[Mapping[str, Any]]) -> Range | None:
    """The widest range of the numbers among shapes or schemas; None if one of them has no limit."""
    return widest(
        (shape.get("min", shape.get("minimum")), shape.get("max", shape.get("maximum")))
        for shape in shapes
        if shape.get("type") in ("integer", "long", "float", "double", "number")
    )


def widest(pairs: Iterable[tuple[Any, Any]]) -> Range | None:
    """The range around all pairs; None if one lacks a side, or there is none."""
    known = list(pairs)
    if not known or any(least is None or greatest is None for least, greatest in known):
        return None
    return int(min(least for least, _ in known)), int(max(greatest for _, greatest in known))


def numbers(property_: Property, named: Sequence[Mapping[str, Any]], examples: Set) -> str:
    """The numbers that a property takes, as a kind; empty if they are not certain."""
    shown = [int(value) for value in examples | defaults(property_.doc) if re.fullmatch(r"-?\d+", value)]
    if listed := NUMBERS.findall(property_.doc):
        values = (
            sorted(map(int, re.findall(r"\d+", listed[0]))) if len(re.findall("[vV]alid", property_.doc)) < 2 else []
        )
        return f"number-of:{','.join(map(str, values))}" if len(values) > 2 and {*shown} <= {*values, 0} else ""
    own, strict = documented_range(property_.doc)
    api = api_range(named)
    if (own is None and api is None) or (own and not api and not strict):
        return ""
    least, greatest = widest(pair for pair in (own, api) if pair) or (0, 0)
    return (
        f"range:{least}..{greatest}" if all(least <= value <= greatest or value in (0, -1) for value in shown) else ""
    )


def limit(property_: Property, path: str, module: str, service: str, examples: Set) -> str:
    """What the values of a property are limited to, as a kind; empty if that is not certain.

    Args:
        property_: the property.
        path: its path.
        module: the SDK's module of its type.
        service: the name of the module's service.
        examples: what the SDK's examples pass.
    """
    name = path.rpartition(".")[2]
    if "Mapping[" in property_.annotation or property_.nested or path.count(".") >= DEEPEST:
        return ""
    names = tuple(sorted({name.lower(), name.lower().removesuffix("s")}))
    services = sorted({service, *RELATED.get(module, ())})
    models = [known for related in services for known in (targets(related), cloudformation(related))]
    named = [shape for known in models for key in names for shape in known.get(key, ())]
    if "_builtins.str" in property_.annotation or CLASS.search(property_.annotation):
        others = [values for related in services for values in all_enumerations(related)]
        values = enumeration(property_, name, enumerated(named), others, examples)
        kind = "one-of" if module in EXACT else "like-one-of"
        return f"{kind}:{','.join(sorted(values))}" if values else ""
    whole = "_builtins.int" in property_.annotation and "Sequence[" not in property_.annotation
    return numbers(property_, named, examples) if whole else ""
