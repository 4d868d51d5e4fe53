"""The place of a property: its path with the identity of each item in place of its index, and the value at the end.

No setting of a program counts, such as an environment variable or a script: it may be a credential, and who reads a digest
of a weak one can guess it. So a place in settings is made of names alone. What the same policy reports of an item by
itself does not count in the item's content: one more such key is another violation beside the first.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource
from policypack.evaluation.placing.forms import is_off, plain, scalar, unordered
from policypack.evaluation.placing.shared_names import Names
from policypack.iam.document_readers import documents_of, values_at
from policypack.iam.tables import settings_properties

NAMES = ("name", "Name", "sid", "Sid", "id", "key")
"""Keys that identify an item of a list, if its value is no other item's."""
UNJUDGED = frozenset({"description", "tags", "tagsAll"})
"""Keys of an item of a list that no policy judges."""
STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
DIGITS = 16
"""Hexadecimal digits of a content's hash."""


def property_place(outcome: Outcome, names: Names, siblings: Collection[Outcome] = ()) -> str:
    """The place of the property that an outcome's path leads to.

    The value there counts if it is one plain value, no default, no setting and no policy document.

    Args:
        outcome: of a path in no statement.
        names: of the stack.
        siblings: all violations of the same policy in the same resource.
    """
    resource, path = outcome.resource, outcome.path
    shown = _without_settings(resource)
    judged = names.once(
        resource, ("judged", outcome.policy.id), lambda: _without_reported(shown, siblings or (outcome,))
    )
    walked, value = _walked(shown, judged, path, names, value_counts=outcome.value_counts)
    if (
        not outcome.value_counts
        or is_off(value)
        or not isinstance(value, str | bool | int | float)
        or path in {prefix for prefix, _ in documents_of(resource)}
    ):
        return walked
    return f"{walked}={names.same_everywhere(scalar(value))}"


def document_place(resource: Resource, path: str, names: Names) -> str:
    """The place of a policy document."""
    shown = _without_settings(resource)
    return _walked(shown, shown, path, names)[0]


def content(value: Any, names: Names) -> str:
    """A hash of a value: equal for equal content, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, default=plain)
    return names.digest(text)[:DIGITS]


@memoized
def _without_settings(resource: Resource) -> Mapping[str, Any]:
    """The inputs of a resource, with no texts in the settings of a program but their names."""
    inputs = resource.inputs
    for pattern in settings_properties().get(resource.type, ()):
        for path, value in values_at(inputs, pattern):
            inputs = _changed(inputs, steps_of(path), _names_in(value))
    return inputs


def _names_in(value: Any) -> Any:
    """A setting without its texts; an object in a list keeps its name."""
    if isinstance(value, Mapping):
        return {key: item if key in NAMES and isinstance(item, str) else _names_in(item) for key, item in value.items()}
    return [_names_in(item) for item in value] if isinstance(value, list) else None


def _without_reported(inputs: Mapping[str, Any], reported: Iterable[Outcome]) -> Mapping[str, Any]:
    """The inputs without the keys of items that are reported by themselves, unless one holds more than a plain value."""
    for outcome in reported:
        steps = steps_of(outcome.path)
        if any(isinstance(step, int) for step in steps[:-1]):
            inputs = _changed(inputs, steps, None, only_plain=outcome.value_counts)
    return inputs


def _changed(value: Any, steps: list[str | int], new: Any, *, only_plain: bool = False) -> Any:
    """The value with another one at the end of some steps, in a copy; as it is where they lead nowhere."""
    if not steps:
        return value if only_plain and isinstance(value, Mapping | list) else new
    first, *rest = steps
    if isinstance(first, int):
        if not isinstance(value, list) or first >= len(value):
            return value
        changed_item = _changed(value[first], rest, new, only_plain=only_plain)
        return [*value[:first], changed_item, *value[first + 1 :]]
    if not isinstance(value, Mapping) or first not in value:
        return value
    changed = {**value, first: _changed(value[first], rest, new, only_plain=only_plain)}
    return {key: item for key, item in changed.items() if key != first or rest or item is not None}


def steps_of(path: str) -> list[str | int]:
    """The names and the indexes in a path."""
    return [name or int(index) for name, index in STEP.findall(path)]


def _walked(value: Any, judged: Any, path: str, names: Names, *, value_counts: bool = True) -> tuple[str, Any]:
    """The path with the identity of each item in place of its index, and the value that it leads to.

    Args:
        value: of which the steps lead to the end.
        judged: the same, with what counts of its items.
        path: the steps.
        names: of the stack.
        value_counts: whether a plain item that is reported itself counts.
    """
    steps: list[str] = []
    for step in steps_of(path):
        if isinstance(step, int):
            items, judged_items = value, judged
            value, judged = (
                items[step] if isinstance(items, list) and step < len(items) else None for items in (value, judged)
            )
            counts = value if judged is None and value_counts else judged
            steps.append(f"[{_item(counts, judged_items if counts is judged else items, names)}]")
        else:
            value, judged = (items.get(step) if isinstance(items, Mapping) else None for items in (value, judged))
            steps.append(f".{step}")
    return "".join(steps).removeprefix("."), value


def _item(item: Any, siblings: Any, names: Names) -> str:
    """The identity of an item of a list: its name, or its content."""
    if isinstance(item, Mapping) and isinstance(siblings, list):
        for key in NAMES:
            if not isinstance(item.get(key), str):
                continue
            same = names.once(siblings, key, partial(_counted, siblings, key))
            if same[item[key]] == 1:
                return names.same_everywhere(item[key])
    if isinstance(item, Mapping):
        item = {key: value for key, value in item.items() if key not in UNJUDGED and not is_off(value)}
    return content(unordered(item), names)


def _counted(items: Iterable[Any], key: str) -> Counter[str]:
    """How many items of a list have each value of a key."""
    return Counter(str(item.get(key)) for item in items if isinstance(item, Mapping))
