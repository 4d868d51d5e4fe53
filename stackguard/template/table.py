"""How each type is said in CloudFormation: `tables/<service>/<type>.yaml`, read on first use.

A table has `tokens` (the Pulumi type, and its twins), `cloudformation` (the type), `ref` (the outputs that `Ref` gives),
`attributes` (by output, what `Fn::GetAtt` is asked for, or `{sub: ...}` in which `${@}` is the resource), `tags`,
and where each input goes:

- `properties` and `inline`: by input, a path in CloudFormation's properties, or a `Field`. What is inline is also said by
  a resource of its own, and is read back as that;
- `ignored`: by path of an input, why it need not be said;
- `unsayable`: by path of an input, why it cannot be said, or `{why, unless}` where some values need no saying;
- `plural`: by name of a list of one, at any depth, the name that the twin has for what is in it;
- `apart`: inputs that are a resource of their own in CloudFormation;
- `onto`: this resource is part of another one's in CloudFormation.

The tests hold every table to CloudFormation's resource schemas and to the pulumi-aws SDK.
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
"""In C where PyYAML was built with it: there are many tables."""
COMMON = TABLES / "common.yaml"


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The element that has to stand before another in a list: the value of an input, beside constants."""

    input: str
    beside: dict[str, Any]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "is", "inner": "with"}):
    """Where one input goes, and as what.

    `kind` is `same`, `json` (text to a structure), `document` (the same, of a policy document), `text`, `number`,
    `element` (added to a list: itself, or at the key `at` of an object `beside` constants) or `archive` (a function's
    code). Without `to`, what is in an object goes to where the object itself would. `spread` names a list in each element,
    of which CloudFormation takes one value each. `many` puts a single thing into a list. `unless` are values that mean
    what leaving the input out means; `default` is said where the program says nothing. `required` says that CloudFormation makes up no
    name. `weak` says that what is named need not exist yet.
    """

    to: str = ""
    kind: str = "same"
    inner: dict[str, str | Field] = {}
    many: bool = False
    words: dict[str | bool, str] = {}
    entries: tuple[str, str] | None = None
    at: str = ""
    beside: dict[str, Any] = {}
    after: After | None = None
    spread: str = ""
    unless: tuple[Any, ...] = ()
    default: Any = None
    required: bool = False
    weak: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The steps of `to`."""
        return tuple(self.to.split(".")) if self.to else ()

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields in it, by name."""
        return {name: field(each) for name, each in self.inner.items()}


class Unsayable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an input cannot be said, and values of it that need no saying."""

    why: str
    unless: tuple[Any, ...] = ()


class Sub(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An output that is formed from others: the text of a `Fn::Sub` in which `${@}` is the resource."""

    sub: str


class Tags(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "as"}):
    """Where tags go, as a list of keys and values or as a map."""

    to: str
    kind: str = "list"


class Apart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """An input that is a resource of its own: its type, and its input `link`, which is our output `source`."""

    type: str
    link: str
    source: str


class Onto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which resource this one is part of: the one of `type` that `input` names.

    `attribute` is what the input is there (`Ref` where it is empty); `each` is the list that this one is an element of;
    `shared` says that several of these can be on one; `waits` says that what this one depends on must come first.
    """

    input: str
    type: str
    attribute: str = ""
    each: str = ""
    shared: bool = False
    waits: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One type."""

    tokens: tuple[str, ...]
    cloudformation: str
    ref: tuple[str, ...]
    attributes: dict[str, str | Sub]
    properties: dict[str, str | Field] = {}
    inline: dict[str, str | Field] = {}
    ignored: dict[str, str] = {}
    unsayable: dict[str, str | Unsayable] = {}
    plural: dict[str, str] = {}
    apart: dict[str, Apart] = {}
    onto: Onto | None = None
    tags: Tags | None = None
    backward: bool = True
    """Whether what it says is read back as this type."""
    whole: bool = False
    """Whether a part of it would let in more than the whole: it is said whole, or not at all."""
    stateful: bool = False
    """Whether it holds what is lost with it, so that the template says what becomes of that."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Every input that goes somewhere, in the order in which it is written."""
        return {name: field(each) for name, each in (*self.properties.items(), *self.inline.items())}

    @property
    def own(self) -> Mapping[str, Field]:
        """The inputs that are read back as this type's."""
        return {name: field(each) for name, each in self.properties.items()}

    def why_not(self, path: str) -> Unsayable | None:
        """Why the input at a path (without indexes) cannot be said; None where the table does not say so."""
        found = self.unsayable.get(path)
        return Unsayable(found) if isinstance(found, str) else found

    def need_not(self, path: str) -> str | None:
        """Why the input at a path need not be said."""
        return self.ignored.get(path) or common().get(path)


def field(written: str | Field) -> Field:
    """A field as it is, or as the path alone says it."""
    return Field(written) if isinstance(written, str) else written


@cache
def common() -> Mapping[str, str]:
    """Inputs of every type that need not be said."""
    ignored: dict[str, str] = _read(COMMON)["ignored"]
    return ignored


@cache
def tables() -> tuple[Table, ...]:
    """Every table, by file name."""
    return tuple(msgspec.convert(_read(file), Table) for file in sorted(TABLES.glob("*/*.yaml")))


@cache
def _by_token() -> Mapping[str, Table]:
    return {token: table for table in tables() for token in table.tokens}


def table_of(type_token: str) -> Table | None:
    """The table of a type; None for one that is not translated."""
    return _by_token().get(type_token)


def onto(type_token: str) -> Iterator[Table]:
    """The tables of what is part of a type's resources in CloudFormation."""
    return (each for each in tables() if each.onto and each.onto.type == type_token)


def _read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), LOADER)  # noqa: S506 (a safe loader)
