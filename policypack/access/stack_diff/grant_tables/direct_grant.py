"""The form of a grant that is properties of a resource instead of a policy document.

A pattern such as `cluster/{clusterName}` stands for the texts with each value at that property path; `{path|text}` has
the text if there is no value, `{path/other}` the values at another path, and a pattern without the value and without such
a text stands for none. `{resource}` is the resource's own name. Names of actions that AWS does not publish are those of
the service's own permissions (`lakeformation:SELECT`).
"""

from __future__ import annotations

import msgspec


class DirectGrant(msgspec.Struct, frozen=True):
    """Who may do what by the properties of a resource."""

    grantees: tuple[str, ...]
    """Patterns of the grantees: `*` is everyone."""
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    conditions: tuple[tuple[str, str, str], ...] = ()
    """Patterns of operator, key and value; a condition without a value is left out."""
    entries: str = ""
    """The path of a list, if each of its items is a grant; other paths are then relative to an item, or to the resource."""
    when: tuple[str, tuple[str, ...]] = ("", ())
    """A property and its values in lower case, empty if absent, with which alone this is granted."""
    unless: tuple[str, tuple[str, ...]] = ("", ())
    """A property and its values in lower case with which this is not granted."""
    changes_only: bool = False
    """Whether it counts only if the resource exists in the old stack: the setting of a new one is no access yet."""
    everyone: str = "*"
    """The grantee that means everyone, in lower case."""
    anonymous: bool = False
    """Whether that grantee includes callers without an AWS account, as `*` in `grantees` does."""
    service: str = ""
    """The service in the ARNs of what is granted, where `resources` has only what follows the account."""
    kind: str = ""
    """The type whose grants these are compared with, and whose resource has the paths that this one lacks; empty for its own."""


def columns(named: str, excluded: str) -> tuple[tuple[str, str, str], ...]:
    """The conditions of a grant on a table for the columns at one path, or for all but those at another.

    The columns are no part of the resource, so that a list of columns is compared with all but some of them.
    Source: https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_TableWithColumnsResource.html.
    """
    return (
        ("StringEqualsIgnoreCase", "lakeformation:column", f"{{{named}[*]}}"),
        ("StringNotEqualsIgnoreCase", "lakeformation:column", f"{{{excluded}[*]}}"),
    )
