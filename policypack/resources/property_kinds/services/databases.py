"""The master users of databases: the inputs of an RDS instance or a cluster in, places and clauses out.

The name may be secret, so that no clause quotes it. MySQL takes names that other engines reserve.

Sources: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html and
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html (RDS answers `MasterUsername admin cannot be
used as it is a reserved word used by the engine`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_USER = re.compile(r"[A-Za-z][^\s/@\"'`]*")
_RESERVED = frozenset({"rdsadmin"})
_RESERVED_BY_POSTGRES = frozenset({"admin", "user"})
_MOST = 63
_MOST_OF_SQL_SERVER = 128


def user_problems(name: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A name of a user, in the property `name`, that the engine reserves or that has another form."""
    user, engine = inputs.get(name), inputs.get("engine")
    if not isinstance(user, str) or not user:
        return
    known = engine.lower() if isinstance(engine, str) else ""
    most = _MOST if known and not known.startswith("sqlserver") else _MOST_OF_SQL_SERVER
    reserved = _RESERVED | (_RESERVED_BY_POSTGRES if known in ("postgres", "aurora-postgresql") else frozenset())
    if user.lower() in reserved:
        yield name, "is a word that the engine reserves"
    elif not _USER.fullmatch(user) or len(user) > most:
        yield name, f"takes up to {most} characters without spaces, quotes, `/` and `@` that begin with a letter"
