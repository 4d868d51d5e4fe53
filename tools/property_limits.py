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
_LIST = r"((?:(?:either|one of|set to)\s)?(?:`[^`]*`|\"[^\"]*\"|'[\w-]+'|\([^)]*\)|,|\||or\b|and\b|/|\s)+)"
VALUES = re.compile(
    r"(?:[vV]alid|[sS]upported|[aA]llowed|[pP]ossible|[aA]ccepted)(?: [a-z]+)? (?:[vV]alues?|[oO]ptions|[tT]ypes|[mM]odes)"
    r"(?: for this (?:field|parameter|argument))?(?:,|(?: at this time| currently)?(?: are| include| is|:)+):?\s*"
    + _LIST
)
"""A list of the valid values in a description."""
CHOICE = re.compile(
    r"(?:\b[cC]an be(?: one of| either| set to)?|\b[oO]ne of|\b[mM]ust be(?: set to)?(?: one of| either)?|\b[eE]ither"
    r"|\bvalues are|\bvalues:|\b[tT]ype: ):?\s*" + _LIST
)
"""A list of values in other words. It counts only if nothing else follows it."""
END = re.compile(r"\s*(?:$|[.;(>]|[A-Z]|\[\w)")
NOT_ALL = re.compile(r"\binclud|such as|e\.g\.|for example|depend|\bvar(?:y|ies)\b|[iI]f |[wW]hen |plus|or an? |any ")
"""What a description says where its list may have not all values."""
DEFAULT = re.compile(r"[dD]efaults?(?: value)?(?: is| to|:)+ (?:`([^`]+)`|(\d+))")
NUMBERS = re.compile(
    r"[vV]alues?(?: for this (?:field|parameter))?(?: are|:)+:?\s*"
    r"((?:`?\d+`?(?:,? and |,? or | \| |, ?))+`?\d+`?)(?=[.;]| ?$)"
)
MULTIPLES = re.compile(
    r"(?:[vV]alid values are|[mM]ust be) ((?:`?\d+`?(?: \([^)]*\))?(?:,? or |, ))*)(?:an? |any )?multiple of `?(\d+)`?"
)
"""Single numbers, and a number of which each multiple is taken."""
_ALONE = r"(?![\d,.]| ?(?:[KMGT]i?B|KB|hours?|characters|%))"
LEAST = re.compile(
    rf"(?:[mM]ust be (?:at least|greater than or equal to)|[mM]inimum(?: value)?(?: allowed)?(?: is| of|:)) `?(\d[\d,]*)`?{_ALONE}"
)
GREATEST = re.compile(
    rf"(?:[mM]ust be (?:at most|less than or equal to)|[mM]aximum(?: value)?(?: allowed)?(?: of a stream's retention period)?"
    rf"(?: is| of|:)) `?(\d[\d,]*)`?{_ALONE}"
)
"""One side of a range by itself."""
JSON_TEXT = re.compile(
    r"\bJSON[- ](?:[sS]tring|text|object|document|array|encoded|formatted|policy|redrive|representation|settings|payload"
    r"|application|file|configuration)|\b(?:in|as|is) (?:a |an )?(?:valid )?JSON(?: format| form)?\b|-encoded JSON|Raw JSON"
)
NO_JSON = re.compile(r"YAML|base64|\bor well-formed|JSON ?[pP]ath|placeholder")
JSON_NAMES = re.compile(r"eventPattern|dashboardBody|containerDefinitions|containerProperties|rules?Json")
"""Properties with JSON texts whose descriptions do not say so."""
CIDR = re.compile(r"\b(?:in|using)\s(?:[\w-]+\s)?(?:Classless Inter-Domain Routing \()?CIDR\)?\s(?:notation|format)\b")
"""What a description says of a range of addresses."""
NO_CIDR = re.compile(r"\baddress(?:es)?\s(?:or|and)\b|\bANY\b|variable")
"""What it says where the service takes single addresses, words or variables too."""
_UNIT = r"(?: (?:seconds?|bytes|days?|[MG]i?B))?"
RANGES = re.compile(
    r"(?:[bB]etween|[rR]ange (?:is|of)|in the range(?: of)?|[vV]alid values?(?: are)?:?(?: from)?|[vV]alid range(?: is)?:?(?: from)?|[fF]rom)"
    rf" `?(-?\d[\d,]*)`?{_UNIT}(?: \([^)]*\))? ?(?:and|(?:up )?to|-|\u2013|through) ?`?(-?\d[\d,]*)(?![\d,])`?"
    r"(?! ?(?:hours|[a-z]+ characters|characters))"
)
STRICT = re.compile(r"[vV]alid|[mM]ust be|[bB]etween|[iI]nteger|[rR]ange")
CONDITIONAL = re.compile(
    r"\b(?:if|when|for|depend\w*|unless|whereas|characters|length|per|multiples?|month)\b", re.IGNORECASE
)
BEFORE = re.compile(r"(?:If|When|For|Unless|Depending)\b")
CONDITIONAL_END = re.compile(r"\b[iI]f\b|\b[wW]hen\b|\bFor `|\bdepend|\bper\b|\bcharacters\b|\bmonth")
WRITABLE = re.compile(r"[\w.:/@*-]+")
CLASS = re.compile(r"'[A-Z]\w*'")
RELATED: Mapping[str, Sequence[str]] = {
    "acmpca": ("acm-pca", "acmpca"),
    "alb": ("elasticloadbalancingv2",),
    "appautoscaling": ("application-autoscaling", "applicationautoscaling"),
    "autoscalingplans": ("autoscaling-plans",),
    "apigatewayv2": ("apigatewayv2",),
    "cloudwatch": ("cloudwatch", "logs", "events"),
    "codestarconnections": ("codestar-connections",),
    "codestarnotifications": ("codestar-notifications",),
    "computeoptimizer": ("compute-optimizer",),
    "costexplorer": ("ce",),
    "directoryservice": ("ds",),
    "ebs": ("ec2",),
    "ec2clientvpn": ("ec2",),
    "ec2transitgateway": ("ec2",),
    "ecrpublic": ("ecr-public",),
    "elasticsearch": ("es",),
    "elb": ("elasticloadbalancing",),
    "emrcontainers": ("emr-containers",),
    "emrserverless": ("emr-serverless",),
    "kinesis": ("kinesis", "firehose", "kinesisanalytics", "kinesisfirehose"),
    "lb": ("elasticloadbalancingv2",),
    "lex": ("lex-models", "lexv2-models"),
    "licensemanager": ("license-manager",),
    "macie": ("macie2",),
    "mskconnect": ("kafkaconnect",),
    "networkfirewall": ("network-firewall",),
    "opensearch": ("opensearch", "opensearchserverless", "opensearchservice", "osis"),
    "route53": ("route53", "route53resolver", "route53profiles"),
    "redshiftserverless": ("redshift-serverless",),
    "resourceexplorer": ("resource-explorer-2",),
    "resourcegroups": ("resource-groups",),
    "servicequotas": ("service-quotas",),
    "sfn": ("stepfunctions",),
    "ssmcontacts": ("ssm-contacts",),
    "ssmincidents": ("ssm-incidents",),
    "ssoadmin": ("sso-admin",),
    "timestreaminfluxdb": ("timestream-influxdb",),
    "timestreamwrite": ("timestream-write",),
    "verifiedaccess": ("ec2",),
    "vpc": ("ec2",),
    "vpclattice": ("vpc-lattice",),
    "wafregional": ("waf-regional",),
    "workspacesweb": ("workspaces-web",),
}
"""By module of the SDK, the other names of its services in botocore and in CloudFormation."""


ANY_CASE = frozenset({"alb", "applicationloadbalancing", "batch", "dms", "elb", "elasticloadbalancingv2", "lb", "mq"})
"""Modules in which the provider takes some values in any case (`ValidateIgnoreCase` in its source)."""
ANY_CASE_NAMES = re.compile(r"applyMethod|routingMode|(?:rule)?[aA]ction|\w*[pP]rotocols?|\w*[eE]ngine\w*|cannedAcl\w*")
"""Properties that the provider takes in any case in some modules."""
ANY_CASE_TEXT = re.compile(r"case[- ]insensitive|not case[- ]sensitive")
EXAMPLE = re.compile(r"""\b(\w+)("?)\s*[=:]\s*\[?\s*(?:"([^"\n]*)"|(-?\d+)\b)""")
"""An argument in an example of the SDK: its name, in quotes inside of another one, and its text or its number."""


def passed(text: str) -> Mapping[tuple[str, bool], Set]:
    """By argument in Python and whether it is inside of another one, what the examples in a file pass."""
    found: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for argument, quoted, word, number in EXAMPLE.findall(text[text.find("## Example Usage") :]):
        found[argument, bool(quoted)].add(word or number)
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


def stated(doc: str) -> tuple[Set, bool]:
    """The values that a description lists as the valid ones, and whether these are all."""
    lists = [*VALUES.finditer(doc)]
    chosen = [*CHOICE.finditer(doc)] if not lists else []
    lists += [found for found in chosen if END.match(doc, found.end()) and len(QUOTED.findall(found[1])) > 1]
    texts = [re.sub(r"\([^)]*\)", "", found[1]) for found in lists]
    tokens = (QUOTED.findall(text) or re.findall(r"[\"']([^\"']*)[\"']", text) for text in texts)
    parts = (part.strip("[]\"' ") for group in tokens for token in group for part in token.split("|"))
    closed = len(lists) == 1 and END.match(doc, lists[0].end()) is not None and not NOT_ALL.search(doc)
    return frozenset(part for part in parts if part), closed


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
    (documented, closed), shown = stated(property_.doc), examples | defaults(property_.doc)
    fitting = [values for values in named if documented <= values]
    if not fitting and len(documented) > 1:
        fitting = [values for values in others if documented <= values]
    union: Set = frozenset().union(*fitting)
    alone = closed and len(documented) > 1 and shown <= documented and not any(map(documented.intersection, named))
    if not union and alone and all(map(WRITABLE.fullmatch, documented)):
        return documented
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
        for written in RANGES.finditer(sentence):
            ranges.append((number(written[1]), number(written[2])))
            conditional = BEFORE.match(sentence) or CONDITIONAL.search(sentence, written.end())
            strict &= bool(STRICT.search(sentence)) and not conditional
    ranges = [pair for pair in ranges if pair[0] < pair[1]]
    if not ranges:
        return None, False
    return (min(least for least, _ in ranges), max(greatest for _, greatest in ranges)), strict


def documented_ends(doc: str) -> str:
    """The least and the greatest number that a description names by themselves, `24..8760` or `24..`; empty for none."""
    ends = [{number(written[1]) for written in pattern.finditer(doc)} for pattern in (LEAST, GREATEST)]
    if not any(ends) or any(len(end) > 1 for end in ends) or CONDITIONAL_END.search(doc):
        return ""
    least, greatest = (str(*end) for end in ends)
    return f"{least or 0}..{greatest}" if not greatest or int(least or 0) < int(greatest) else ""


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


def fits(values: Iterable[str], value: int) -> bool:
    """Whether a number is 0, one of the values, or a multiple of the one with an `n`."""
    return value == 0 or any(not value % int(x[:-1]) if x.endswith("n") else value == int(x) for x in values)


def numbers(property_: Property, named: Sequence[Mapping[str, Any]], examples: Set) -> str:
    """The numbers that a property takes, as a kind; empty if they are not certain."""
    shown = [int(value) for value in examples | defaults(property_.doc) if re.fullmatch(r"-?\d+", value)]
    if listed := NUMBERS.findall(property_.doc):
        values = (
            sorted(map(int, re.findall(r"\d+", listed[0]))) if len(re.findall("[vV]alid", property_.doc)) < 2 else []
        )
        return f"number-of:{','.join(map(str, values))}" if len(values) > 1 and {*shown} <= {*values, 0} else ""
    own, strict = documented_range(property_.doc)
    api = api_range(named)
    if own is None and api is None and (written := MULTIPLES.search(property_.doc)):
        values = [*re.findall(r"\d+", re.sub(r"\([^)]*\)", "", written[1])), f"{written[2]}n"]
        return f"number-of:{','.join(values)}" if all(fits(values, value) for value in shown) else ""
    if own is None and api is None and (ends := documented_ends(property_.doc)):
        least_text, _, greatest_text = ends.partition("..")
        inside = all(int(least_text) <= value <= int(greatest_text or value) or value in (0, -1) for value in shown)
        return f"range:{ends}" if inside else ""
    if (own is None and api is None) or (own and not api and not strict):
        return ""
    least, greatest = widest(pair for pair in (own, api) if pair) or (0, 0)
    return (
        f"range:{least}..{greatest}" if all(least <= value <= greatest or value in (0, -1) for value in shown) else ""
    )


def is_json(property_: Property) -> bool:
    """Whether a property takes a JSON text."""
    if JSON_NAMES.fullmatch(property_.name):
        return True
    described = JSON_TEXT.search(property_.doc) and not NO_JSON.search(property_.doc)
    named = re.search(r"[kK]ey$|[fF]ormats?$|[tT]ype$|Hash$|[tT]emplate$|Ur[il]$", property_.name)
    return bool(described) and not named and not VALUES.search(property_.doc)


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
    if "_builtins.str" in property_.annotation and is_json(property_):
        return "json-text"
    if "_builtins.str" in property_.annotation and CIDR.search(property_.doc) and not NO_CIDR.search(property_.doc):
        ranges = examples and all("/" in text for text in examples)
        return "cidr:46" if ranges or not examples else ""
    if "_builtins.str" in property_.annotation or CLASS.search(property_.annotation):
        others = [values for related in services for values in all_enumerations(related)]
        values = enumeration(property_, name, enumerated(named), others, examples)
        loose = module in ANY_CASE or ANY_CASE_NAMES.fullmatch(name) or ANY_CASE_TEXT.search(property_.doc)
        kind = "like-one-of" if loose else "one-of"
        return f"{kind}:{','.join(sorted(values))}" if values else ""
    whole = "_builtins.int" in property_.annotation and "Sequence[" not in property_.annotation
    return numbers(property_, named, examples) if whole else ""
