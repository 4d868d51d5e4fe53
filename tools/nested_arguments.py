"""The table of the keys of objects in arguments: which keys an object takes, by type, at any depth.

Most of the SDK's input classes repeat others under another name, so those with the same keys, at every depth, are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sdk_source import Property, ResourceType, nested_classes

Class = tuple[str, str]
"""A module and the name of an input class in it."""

OPEN = {
    (
        "wafv2",
        "notStatement",
    ): "`statements` until 7.20, `statement` since, which took all kinds of statements for a while",
}
"""Keys that take any key, by module: what earlier versions of the same major have there, and later ones do not."""
FORMER = {
    ("bedrock", "AgentcoreBrowserNetworkConfigurationArgs"): "networkModeConfig",
    ("lakeformation", "OptInResourceDataLfTagArgs"): "value",
}
"""Keys that earlier versions of the same major have, and that states written by them contain, by class."""


def nested_arguments(resources: Sequence[ResourceType]) -> Mapping[str, Mapping[str, str]]:
    """The rows `classes` and `arguments` of the table.

    A row has keys, with the number of the class of the objects in them: `expiration=12`, or `permissions=*12` for a
    mapping with free keys to such objects. Raises `ValueError` for a fact by hand that fits nothing.
    """
    classes = dict(_classes(resources))
    if unused := FORMER.keys() - classes.keys():
        raise ValueError(f"fits nothing in this SDK: {', '.join(map(str, sorted(unused)))}")
    numbers = _numbered(classes)
    rows = {str(numbers[cls]): _row(cls[0], properties, numbers, cls) for cls, properties in classes.items()}
    arguments = {
        resource.token: _row(resource.module.name, [each for each in resource.properties if _inner(each)], numbers)
        for resource in resources
    }
    return {"classes": rows, "arguments": {token: row for token, row in arguments.items() if "=" in row}}


def _inner(each: Property) -> str:
    """The class of the objects in a property; empty for another value, one of several, and a policy document."""
    return each.nested[0] if len(each.nested) == 1 and "Union[" not in each.annotation else ""


def _classes(resources: Iterable[ResourceType]) -> Iterable[tuple[Class, Sequence[Property]]]:
    """The input classes that the resources nest, with their properties."""
    seen: set[Class] = set()
    for resource in resources:
        classes, waiting = nested_classes(resource.module), [resource.properties]
        while waiting:
            for name in filter(None, map(_inner, waiting.pop())):
                cls = (resource.module.name, name)
                if name in classes and cls not in seen:
                    seen.add(cls)
                    waiting.append(classes[name])
                    yield cls, classes[name]


def _row(module: str, properties: Iterable[Property], numbers: Mapping[Class, int], cls: Class = ("", "")) -> str:
    entries = [FORMER[cls]] if cls in FORMER else []
    for each in properties:
        number = None if (module, each.name) in OPEN else numbers.get((module, _inner(each)))
        values = "*" if "Mapping[" in each.annotation else ""
        entries.append(each.name if number is None else f"{each.name}={values}{number}")
    return " ".join(sorted(entries))


def _numbered(classes: Mapping[Class, Sequence[Property]]) -> Mapping[Class, int]:
    """A number for each class, the same for those that no key at any depth tells apart.

    Classes are told apart by their own rows at first, and then by those of the classes in them, until none differs.
    """
    numbers, count = dict.fromkeys(classes, 0), 0
    while True:
        rows = {cls: _row(cls[0], properties, numbers, cls) for cls, properties in classes.items()}
        order = {row: number for number, row in enumerate(dict.fromkeys(rows.values()))}
        numbers = {cls: order[row] for cls, row in rows.items()}
        if len(order) == count:
            return numbers
        count = len(order)
