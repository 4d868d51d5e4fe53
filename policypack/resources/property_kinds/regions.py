"""Names of regions that are misspelt, and of time zones. `tools/generate_property_kinds.py` writes the tables.

AWS opens regions that the table lacks, so a name of the usual form is no mistake: `eu-central-3`, `nz-north-1`.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from policypack.core.spelling import similar
from policypack.resources.property_kinds.table import TABLES

_FORM = re.compile(
    r"(?P<area>[a-z]{2,4})(?:-(?:gov|iso[a-z]?))?-(?:north|south|east|west|central|(?:north|south)(?:east|west))-\d"
)


@cache
def _known() -> frozenset[str]:
    return frozenset(msgspec.json.decode((TABLES / "regions.json").read_bytes())["regions"])


@cache
def _areas() -> frozenset[str]:
    return frozenset(region.partition("-")[0] for region in _known())


def misspelt_region(region: str) -> str:
    """The region that a name in an ARN probably stands for, if it is none; empty for every other name."""
    if "-" not in region or region in _known() or re.search(r"[*?]", region):
        return ""
    form = _FORM.fullmatch(region)
    if form and (form["area"] in _areas() or form["area"][::-1] not in _areas()):
        return ""
    longer = sorted(known for known in _known() if known.startswith(f"{region}-"))
    close = longer or similar(region, sorted(_known()), cutoff=0.85)
    return close[0] if close else ""


def is_region(text: str) -> bool:
    """Whether a text is a region that AWS has, or may have opened since."""
    return text in _known() or (_FORM.fullmatch(text) is not None and not misspelt_region(text))


@cache
def time_zones() -> frozenset[str]:
    """The names of time zones, in lower case."""
    names = msgspec.json.decode((TABLES / "time_zones.json").read_bytes())["time_zones"]
    return frozenset(map(str.lower, names))
