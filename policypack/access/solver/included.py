"""Whether a statement plainly matches all that another one does, which spares most questions a search.

That is so where it does in each dimension for itself. "No" says "not shown": only a search can tell whether several
statements together match it all.
"""

from __future__ import annotations

from policypack.access.solver.dimensions import ElementMatch, actions, meaning, resources
from policypack.iam.document import Statement
from policypack.iam.globs import by_kind, covers


def includes(wide: Statement, narrow: Statement) -> bool:
    """Whether every request that `narrow` matches is one that `wide` matches, as far as a look at the two shows it."""
    return (
        _said(actions(wide), actions(narrow))
        and _said(resources(wide), resources(narrow))
        and {*map(meaning, wide.conditions)} <= {*map(meaning, narrow.conditions)}
        and _principals(wide, narrow)
    )


def _principals(wide: Statement, narrow: Statement) -> bool:
    if wide.not_principals is not None or narrow.not_principals is not None:
        return wide.not_principals == narrow.not_principals
    return wide.principals is None or (narrow.principals is not None and {*narrow.principals} <= {*wide.principals})


def _said(wide: ElementMatch, narrow: ElementMatch) -> bool:
    if wide.inside is not narrow.inside:
        return not wide.patterns if narrow.inside else "*" in wide.patterns
    return _patterns(wide.patterns, narrow.patterns) if wide.inside else _patterns(narrow.patterns, wide.patterns)


def _patterns(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Whether one of `wide` matches whatever each of `narrow` does; with a variable only what is written alike."""
    if wide == narrow:
        return True
    plain, wild = by_kind(wide)
    return all(each in plain or any(_covers(other, each) for other in wild) for each in narrow)


def _covers(wide: str, narrow: str) -> bool:
    return wide == narrow or ("${" not in wide and "${" not in narrow and covers(wide, narrow))
