"""Error messages for files that are not stack exports."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from stackguard.sources.input_stream import WRITE_IT

DOCUMENT = "an IAM policy document"
PREVIEW = "write the preview with `pulumi preview --json --show-sames`"
SHAPES: Mapping[str, tuple[frozenset[str], ...]] = {
    "a Terraform state": (frozenset({"terraform_version"}), frozenset({"lineage"})),
    "a Terraform plan": (frozenset({"planned_values"}), frozenset({"format_version"})),
    "a CloudFormation template": (frozenset({"AWSTemplateFormatVersion"}), frozenset({"Resources"})),
    DOCUMENT: (frozenset({"Statement"}),),
    "a report of stackguard": (frozenset({"outcomes", "summary"}),),
    "an update plan of `pulumi preview --save-plan`": (frozenset({"plan", "version"}), frozenset({"resourcePlans"})),
    "the summary that `pulumi up --json` prints": (frozenset({"result", "duration"}),),
    "a stack reference's outputs, as `pulumi stack output --json` writes them": (frozenset({"outputs"}),),
    "a Pulumi project file": (frozenset({"name", "runtime"}),),
    "a package's metadata": (frozenset({"name", "version"}),),
}
EVENT = frozenset({"sequence", "timestamp"})
KINDS = {"[": "a JSON array", '"': "a JSON text", "t": "a JSON boolean", "f": "a JSON boolean", "n": "JSON's `null`"}


def looks_like(names: set[str]) -> str:
    """The message about an object with these fields: "is not a stack export but looks like …"."""
    if names >= EVENT:
        return f"is a log of engine events, which leaves dependencies out; {PREVIEW}, or {WRITE_IT}"
    for kind, shapes in SHAPES.items():
        if any(shape <= names for shape in shapes):
            return f"is not a stack export but looks like {kind}; {WRITE_IT}"
    return f"is JSON but has none of `deployment`, `checkpoint` and `steps`, so it is not a stack export; {WRITE_IT}"


def not_an_object(first: str) -> str:
    """The message about JSON that is not an object, by its first character."""
    return f"is not a stack export but {KINDS.get(first, 'a JSON number')}; {WRITE_IT}"


def schema_message(error: msgspec.ValidationError, where: str) -> str:
    """A schema error without type names: "`resources[0].urn` must be a text"; `where` is the path of the decoded value."""
    message, _, place = str(error).partition(" - at ")
    place = where + re.sub(r"^`\$|`$", "", place)
    expected = re.search(r"Expected `(\w+)", message)
    kinds = {
        "str": "a text",
        "array": "a list",
        "object": "an object",
        "bool": "true or false",
        "int": "a whole number",
        "float": "a number",
    }
    return f"`{place}` must be {kinds.get(expected[1], 'of another kind')}" if expected else f"`{place}` cannot be read"
