"""Values of one object that exclude one another: a minimum above its maximum, and properties of which one is taken.

`generate_property_kinds.py` writes the tables. A minimum and its maximum are numbers of one object whose names differ by
that word only. What conflicts is what the SDK's description says ("Conflicts with `name`"), as the provider checks it.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from sdk_source import Property, ResourceType, python_name, walk

LEAST = re.compile(r"\b(?P<first>m)in(?P<word>imum)?(?=[A-Z]|\b|s\b)|(?P<inner>M)in(?P<inner_word>imum)?(?=[A-Z]|\b)")
"""The word for a minimum in a property's name: at its start, or inside."""
ORDER = re.compile(
    r"(?:[mM]ust|[sS]hould) be (?:an? )?(?:integer )?(?:(?P<days>\d+) days )?(?P<side>greater|higher|later|less|lower) than"
    r"(?: or equal to)? (?:the )?(?:value of )?(?:the )?`(?P<other>\w+)`"
)
"""The order of two numbers in a description. Equal ones are never certain: some services take them."""
CONFLICTS = re.compile(r"Conflicts with ((?:`\w+`(?:,? and |,? or |, )?)+)(?=\.|\)|$)")
_GREATEST = {"m": "max", "M": "Max"}


def objects(resource: ResourceType) -> Mapping[str, Mapping[str, Property]]:
    """By path of an object, empty for the resource itself, its properties by name."""
    found: dict[str, dict[str, Property]] = defaultdict(dict)
    for path, property_ in walk(resource):
        parent, _, name = path.rpartition(".")
        found[parent][name] = property_
    return found


def greatest_name(name: str) -> str:
    """The name of the maximum beside a minimum: `maxSize` for `minSize`; empty for another name."""
    found = LEAST.search(name)
    if not found:
        return ""
    initial = found["first"] or found["inner"]
    word = found["word"] or found["inner_word"] or ""
    return f"{name[: found.start()]}{_GREATEST[initial]}{word}{name[found.end() :]}"


def ordered(resource: ResourceType) -> Sequence[str]:
    """The minima and maxima of a type, as `scalingConfig.minSize|maxSize`."""
    return [
        f"{parent}{'.' if parent else ''}{name}|{greatest}"
        for parent, properties in objects(resource).items()
        for name, property_ in properties.items()
        if (greatest := greatest_name(name)) in properties and is_number(property_) and is_number(properties[greatest])
    ]


def described(resource: ResourceType) -> Sequence[str]:
    """The numbers of a type that a description puts in order, with their distance: `coldStorageAfter|deleteAfter|90`."""
    found: dict[str, None] = {}
    for parent, properties in objects(resource).items():
        by_python = {python_name(name): name for name, property_ in properties.items() if is_number(property_)}
        for name, property_ in properties.items():
            stated = ORDER.search(property_.doc) if name in by_python.values() else None
            if stated and (other := by_python.get(stated["other"], name)) != name:
                pair = (name, other) if stated["side"] in ("less", "lower") else (other, name)
                names = "|".join((*pair, *([stated["days"]] if stated["days"] else [])))
                found[f"{parent}{'.' if parent else ''}{names}"] = None
    return list(found)


def is_number(property_: Property) -> bool:
    """Whether a property takes one number."""
    return (
        bool(re.search(r"_builtins\.(?:int|float)", property_.annotation)) and "Sequence[" not in property_.annotation
    )


def conflicting(resource: ResourceType) -> Sequence[str]:
    """The pairs of properties of a type that the provider does not take together, as `name|namePrefix`."""
    pairs: dict[str, None] = {}
    for parent, properties in objects(resource).items():
        by_python = {python_name(name): name for name in properties}
        for name, property_ in properties.items():
            listed = (word for found in CONFLICTS.findall(property_.doc) for word in re.findall(r"\w+", found))
            others = (by_python[word] for word in listed if by_python.get(word, name) != name)
            pairs.update(dict.fromkeys(f"{parent}{'.' if parent else ''}{'|'.join(sorted((name, x)))}" for x in others))
    return list(pairs)


def pairs_table(
    resources: Sequence[ResourceType], same: Mapping[str, str], stated: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    """By `ordered` and `conflicts`, the pairs of each type, with those stated by hand.

    Raises `ValueError` for a stated pair that fits nothing.
    """
    tables: dict[str, dict[str, str]] = {}
    readings = (("ordered", (ordered, described)), ("conflicts", (conflicting,)))
    for table, derived in readings:
        left, rows = dict(stated[table]), dict[str, str]()
        for resource in resources:
            by_hand = left.pop(resource.token, "").split()
            known = objects(resource) if by_hand else {}
            for pair in by_hand:
                parent, _, names = pair.rpartition(".")
                if not set(names.split("|")[:2]) <= known.get(parent, {}).keys():
                    raise ValueError(f"fits nothing in this SDK: {resource.token} {pair}")
            if row := " ".join(sorted({*by_hand, *(pair for read in derived for pair in read(resource))})):
                rows[resource.token] = row
        if left:
            raise ValueError(f"fits nothing in this SDK: {', '.join(sorted(left))}")
        tables[table] = {**{alias: rows[token] for alias, token in same.items() if token in rows}, **rows}
    return tables


def reserved_variables() -> Sequence[str]:
    """The names of environment variables that Lambda reserves, as cfn-lint has them from Lambda's guide."""
    file = importlib.metadata.distribution("cfn-lint").locate_file(
        "cfnlint/data/schemas/extensions/aws_lambda_function/environment_variable_keys.json"
    )
    return sorted(
        re.findall(r'"(_?[A-Z][A-Z_]+)"', json.dumps(json.loads(Path(str(file)).read_text(encoding="utf-8"))))
    )
