"""Mutations of JSON that stay JSON; random bytes rarely do."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

Mutate = Callable[[bytes, int], bytes]
LEAVES = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    1.5,
    "",
    "*",
    "x",
    "${a}",
    "\x1b[2J",
    "2012-10-17",
    [],
    {},
    [[]],
    [None],
    {"": ""},
)


def mutated(data: bytes, most: int, seed: int, of_bytes: Mutate) -> bytes:
    """One of the lines with one value or name changed; else the bytes as `of_bytes` changes them.

    Args:
        data: an input.
        most: the bytes of the result at most.
        seed: of the choice.
        of_bytes: libFuzzer's own mutations.
    """
    choice = random.Random(seed)
    lines = data.split(b"\n")
    place = choice.randrange(len(lines))
    try:
        value = {"": json.loads(lines[place])}
    except (ValueError, RecursionError):
        return of_bytes(data, most)
    if choice.random() < 0.2:
        return of_bytes(data, most)
    _change(list(_slots(value)), choice, of_bytes)
    lines[place] = json.dumps(value[""], separators=(",", ":")).encode()
    result = b"\n".join(lines)
    return result if len(result) <= most else of_bytes(data, most)


def _slots(container: Any) -> Iterator[tuple[Any, Any]]:
    """Each value, as its container and its key or index."""
    for key, value in container.items() if isinstance(container, dict) else enumerate(container):
        yield container, key
        if isinstance(value, dict | list):
            yield from _slots(value)


def _change(slots: list[tuple[Any, Any]], choice: random.Random, of_bytes: Mutate) -> None:
    container, key = choice.choice(slots)
    from_container, from_key = choice.choice(slots)
    value = container[key]
    match choice.randrange(6):
        case 0:
            container[key] = copy.deepcopy(choice.choice(LEAVES))
        case 1 | 2:
            container[key] = copy.deepcopy(from_container[from_key])
        case 3:
            container[key] = [value, copy.deepcopy(from_container[from_key])]
        case 4 if isinstance(container, dict) and key:
            names = [name for _, name in slots if isinstance(name, str) and name]
            container[choice.choice(names)] = container.pop(key)
        case _ if isinstance(value, str):
            container[key] = of_bytes(value.encode("utf-8", "replace"), len(value) + 16).decode("utf-8", "replace")
        case _ if key:
            del container[key]
