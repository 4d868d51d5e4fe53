"""What functions of Python's own and of libraries make of a placeholder that they would look into: the child's side.

They build one text of others, or take one apart. What they build is as unknown as what they are given; into how many
parts they take it nobody knows.
"""

from __future__ import annotations

from typing import Any

JOINING = {
    "posixpath": {"join"},
    "shlex": {"quote", "join"},
    "textwrap": {"indent"},
    "urllib.parse": {"urljoin", "urlunsplit", "urlunparse"},
}
"""By module, the functions that build one text, and look at its parts to do so."""
DUMPING = {"dump", "safe_dump", "dump_all", "safe_dump_all"}
"""Functions of PyYAML, which represents values by their exact types."""
READING = frozenset({"json", "json.decoder", "ast", "pickle", "_pickle", "tomllib", "plistlib"})
"""Modules whose functions read what was written as a list as one of as many elements."""
DEPTH = 20


class Building:
    """What is built of placeholders in one program."""

    def __init__(self, operations: Any, modules: Any) -> None:
        self.operations, self.placeholders, self.several = operations, modules.placeholders, modules.several

    def joined(self, function: Any, found: Any) -> Any:
        """What a function builds of texts of which one is a placeholder; None where it builds none."""
        name = getattr(function, "__name__", "")
        if name not in JOINING.get(str(getattr(function, "__module__", "")), ()):
            return None
        return self.placeholders.made(self.placeholders.Text, str.__str__(found), found._origin)  # noqa: SLF001 (the same side)

    def plain(self, function: Any, value: Any) -> Any:
        """What a function is given: of YAML's, texts of which it does not see that they are placeholders."""
        dumping = str(getattr(function, "__module__", "")) == "yaml" and function.__name__ in DUMPING
        return self.as_texts(value) if dumping else value

    def as_texts(self, value: Any, depth: int = DEPTH) -> Any:
        """A value with the letters of each placeholder in its place."""
        if isinstance(value, self.placeholders.Placeholder):
            return str.__str__(value)
        if depth == 0:
            return value
        if type(value) is dict:
            return {self.as_texts(key, depth - 1): self.as_texts(each, depth - 1) for key, each in value.items()}
        if type(value) in {list, tuple} or isinstance(value, self.several.Listed):
            kind = tuple if type(value) is tuple else list
            return kind(self.as_texts(each, depth - 1) for each in value)
        return value

    def parts(self, function: Any, args: Any, result: Any) -> Any:
        """What a function takes a text apart into, nobody knows into how many, or how often; None where it does not."""
        found = next(
            (each for each in map(self.operations.keep, args) if isinstance(each, self.placeholders.Placeholder)), None
        )
        if found is None or self.operations.first(result) is None:
            return None
        if type(result) is tuple and getattr(function, "__name__", "") == "subn":
            times = self.placeholders.made(self.placeholders.Number, str.__str__(found), found._origin)  # noqa: SLF001 (the same side)
            return result[0], times
        texts = type(result) is list and all(isinstance(each, str) for each in result)
        return self.several.of(found, result) if texts and function.__module__ not in READING else None
