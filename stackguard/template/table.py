"""How each resource type is written in CloudFormation: `tables/<service>/<type>.yaml`, read on first use.

A table has `tokens` (the Pulumi type, and its twins), `cloudformation` (the type), `ref` (the outputs that `Ref` returns),
`attributes` (by output, the attribute of `Fn::GetAtt`, or `{sub: ...}` in which `${@}` is the resource and `${@.A}` an attribute of it), `tags`, and
where each input goes:

An output inside of others has their names before its own (`masterUserSecrets.secretArn`), the first of a list.

- `properties` and `inline`: by input, a path in CloudFormation's properties, or a `Field`. An inline input also has a
  resource type of its own, and is read back as that;
- `ignored`: by path of an input, why the template does not need it;
- `unsupported`: by path of an input, why CloudFormation has no place for it, or `{why, unless}` if some values need none;
- `plural`: by name of a list of one, at any depth, the twin's name for its element;
- `separate`: inputs that are a resource of their own in CloudFormation;
- `onto`: the resource of which this one is a part in CloudFormation.

The tests check every table against CloudFormation's resource schemas and the pulumi-aws SDK.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

TABLES = Path(__file__).parent / "tables"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C if PyYAML was built with it: there are many tables."""


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The element that has to precede another in a list: the value of an input, with constants."""

    input: str
    constants: dict[str, Any]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "is", "fields": "with"}):
    """Where one input goes, and as what.

    `kind` is `same`, `json` (text to a structure), `document` (the same, of a policy document), `text`, `number`,
    `element` (added to a list: itself, or at the path `at` of an object with the constants `constants`) or `archive` (a
    function's code). `fields` are those of an object; without `to`, they go to where the object itself would. `spread`
    names lists in each element, of which CloudFormation takes one value of one list each. `many` puts a single value
    into a list. `words` and `entries` translate values and maps; `keyed` makes a map of a list, by the names of an
    element's key and value. `unless` are values that mean the same as no value; `default` is written if the program has
    no value, and none for the inputs `instead` beside it; `silent` marks one that stands for no value, and is read back
    as none. `required` marks a name that CloudFormation does not generate.
    `weak` marks a value that may refer to a resource which does not exist yet.
    """

    to: str = ""
    kind: str = "same"
    fields: dict[str, Field] = {}
    many: bool = False
    words: dict[str | bool, str] = {}
    entries: tuple[str, str] | None = None
    keyed: tuple[str, str] | None = None
    at: str = ""
    constants: dict[str, Any] = {}
    after: After | None = None
    spread: tuple[str, ...] = ()
    unless: tuple[Any, ...] = ()
    default: Any = None
    instead: tuple[str, ...] = ()
    silent: bool = False
    required: bool = False
    weak: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The steps of `to`."""
        return tuple(self.to.split(".")) if self.to else ()


class Unsupported(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why CloudFormation cannot express an input, and the values of it that need no place."""

    why: str
    unless: tuple[Any, ...] = ()


class Sub(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An output that is made from others: the text of a `Fn::Sub` in which `${@}` is the resource.

    `own` is what stands for it inside of the resource itself, which cannot refer to itself.
    """

    sub: str
    own: str = ""


class Tags(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "as"}):
    """Where tags go, as a list of keys and values or as a map."""

    to: str
    kind: str = "list"


class Separate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """An input that is a resource of its own: its type, and its input `link`, which is our output `source`.

    With `names`, each element of the input is one, whose inputs have other names there. `first` marks a part that must
    exist before what depends on the resource.
    """

    type: str
    link: str
    source: str
    names: dict[str, str] | None = None
    first: bool = False


class Onto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The resource of which this one is a part: the one of `type` that `input` names.

    `attribute` is the value of the input (`Ref` if it is empty); `same` are the inputs whose values identify a resource
    that no output does; `element_of` is the list of which this one is an element; `shared` allows several parts on one
    resource; `waits` marks that the part's dependencies must exist first.
    """

    input: str
    type: str
    attribute: str = ""
    same: tuple[str, ...] = ()
    element_of: str = ""
    shared: bool = False
    waits: bool = False

    @property
    def elements(self) -> tuple[str, ...]:
        """The steps of `element_of`."""
        return tuple(self.element_of.split(".")) if self.element_of else ()


class TypeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One type."""

    tokens: tuple[str, ...]
    cloudformation: str
    ref: tuple[str, ...]
    attributes: dict[str, str | Sub]
    properties: dict[str, Field] = {}
    """The inputs that are read back as this type's."""
    inline: dict[str, Field] = {}
    ignored: dict[str, str] = {}
    unsupported: dict[str, Unsupported] = {}
    plural: dict[str, str] = {}
    separate: dict[str, Separate] = {}
    onto: Onto | None = None
    tags: Tags | None = None
    backward: bool = True
    """Whether it is read back as this type."""
    atomic: bool = False
    """Whether a part of it could allow more than all of it: it is written in full, or not at all."""
    stateful: bool = False
    """Whether it contains data, so that the template states what happens to the data when it is deleted."""
    snapshot_unless: str = ""
    """The input that, if it is true, leaves out the snapshot of the data before they are deleted."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Every input that goes somewhere, in the order in which it is written."""
        return {**self.properties, **self.inline}


@cache
def common() -> Mapping[str, str]:
    """The inputs that no template needs, of any type, with the reasons."""
    ignored: dict[str, str] = _read(TABLES / "common.yaml")["ignored"]
    return ignored


@cache
def tables() -> tuple[TypeTable, ...]:
    """Every table, by file name."""
    return tuple(msgspec.convert(_expanded(_read(file)), TypeTable) for file in sorted(TABLES.glob("*/*.yaml")))


@cache
def _by_token() -> Mapping[str, TypeTable]:
    return {token: table for table in tables() for token in table.tokens}


def table_of(type_token: str) -> TypeTable | None:
    """The table of a type; None for one that is not translated."""
    return _by_token().get(type_token)


def onto(type_token: str) -> Iterator[TypeTable]:
    """The tables of the types that are parts of a type's resources in CloudFormation."""
    return (table for table in tables() if table.onto and table.onto.type == type_token)


def _read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), LOADER)  # noqa: S506 (a safe loader)


def _expanded(raw: dict[str, Any]) -> dict[str, Any]:
    """A table without its short forms: a path alone for a field, a reason alone for an unsupported input."""
    unsupported = raw.get("unsupported", {})
    return {
        **raw,
        "properties": _fields(raw.get("properties", {})),
        "inline": _fields(raw.get("inline", {})),
        "ignored": {**common(), **raw.get("ignored", {})},
        "unsupported": {path: {"why": why} if isinstance(why, str) else why for path, why in unsupported.items()},
    }


def _fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"to": field} if isinstance(field, str) else {**field, "with": _fields(field.get("with", {}))}
        for name, field in raw.items()
    }
