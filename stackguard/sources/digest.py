"""Reads `pulumi preview --json`: the resources as they will be after the update.

A preview leaves out unchanged resources without `--show-sames`, and replaces every secret by a text.
Source: pkg/display/json.go and pkg/backend/display/json.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from policypack.core.policy import Resource, Unknown
from stackguard.errors import CannotJudge
from stackguard.sources import REGION, LoadedStack
from stackguard.sources.shape import PREVIEW
from stackguard.sources.state import Sharing, State, decoded, refuse_duplicates, to_resource

if TYPE_CHECKING:
    from stackguard.sources.export import Cursor

T = TypeVar("T")
SECRET = "[secret]"  # noqa: S105 (the text that replaces a secret)
HIDDEN = Unknown("is a secret, which `pulumi preview` leaves out")
SAME = "same"
UPDATE = "update"
UNCHANGED = frozenset({SAME, "refresh"})
DELETED = frozenset({"delete", "discard"})
"""The operations after which the resource no longer exists."""
EXISTS = frozenset(
    {
        "",
        "create",
        "create-replacement",
        "import",
        "import-replacement",
        "read",
        "read-replacement",
        "replace",
        SAME,
        UPDATE,
    }
)
"""The operations after which the resource exists, so that their steps have a new state."""
NAMES = frozenset({"changeSummary", "diagnostics"})
"""The fields by which a preview is recognized that failed early and so has no steps."""
OTHERS = NAMES | {"config"}
"""The fields that are read in addition to the steps."""


class Step(msgspec.Struct, rename="camel"):
    """The planned operation on one resource; a deletion has no new state."""

    op: str = ""
    urn: str = ""
    old_state: State | None = None
    new_state: State | None = None


class PreviewDiagnostic(msgspec.Struct):
    """A message of the program or the engine."""

    message: str = ""
    severity: str = ""


STEP = msgspec.json.Decoder(Step)
CONFIG = msgspec.json.Decoder(dict[str, str] | None)
DIAGNOSTICS = msgspec.json.Decoder(list[PreviewDiagnostic] | None)
SUMMARY = msgspec.json.Decoder(dict[str, int] | None)


Steps = dict[str, tuple[Resource, str]]
"""By URN, a resource and the last operation on it."""


def steps(cursor: Cursor) -> Steps:
    """Read the steps that come next.

    A resource can have several: it is refreshed and then updated, or created before the one that it replaces is deleted.

    Raises:
        CannotJudge: they are malformed.
    """
    read: Steps = {}
    if cursor.null("steps", "["):
        return read
    sharing: Sharing = {}
    for number in cursor.items():
        text = cursor.value()
        step: Step = decoded(STEP, text, f"steps[{number}]", cursor.source)
        place = f"{cursor.source}, step {number + 1}"
        refuse_duplicates(text, place)
        new = step.new_state
        if new is not None and not new.delete:
            read.pop(new.urn or "", None)
            resource = _resource(_completed(new, step), text, place, sharing)
            read[resource.urn] = resource, step.op
        elif new is None and step.op in DELETED:
            read.pop(step.urn, None)
        elif new is None and step.op in EXISTS:
            raise CannotJudge(f"{place} has no `newState`, so the resource after it is unknown; {PREVIEW}")
    return read


def loaded(read: Steps, others: Mapping[str, bytes], source: str) -> LoadedStack:
    """The resources of a preview.

    Args:
        read: its steps.
        others: the JSON text of the other fields.
        source: its name for errors.

    Raises:
        CannotJudge: the preview failed, or it leaves out resources that do not change, possibly all of them.
    """

    def value(name: str, decoder: msgspec.json.Decoder[T]) -> T:
        return decoded(decoder, others.get(name, b"null"), name, source)

    errors = [error.message for error in value("diagnostics", DIAGNOSTICS) or [] if error.severity == "error"]
    if errors:
        raise CannotJudge(
            f"{source} is of a preview that failed, so it does not contain the whole stack; fix that first",
            "".join(errors),
        )
    unchanged = sum(operation in UNCHANGED for _, operation in read.values())
    counts = value("changeSummary", SUMMARY) or {}
    if not read and not counts:  # an empty program has a step for its stack, a removed one for each deletion
        raise CannotJudge(f"{source} has no steps, so it leaves out the whole stack; {PREVIEW}")
    hidden = counts.get(SAME, 0) - unchanged
    if hidden > 0:
        raise CannotJudge(
            f"{source} leaves out {hidden} unchanged resource{'s' * (hidden > 1)}, which stack policies need; "
            "write it with `pulumi preview --json --show-sames`"
        )
    region = (value("config", CONFIG) or {}).get(REGION)
    return LoadedStack(tuple(resource for resource, _ in read.values()), source, region)


def _completed(new: State, step: Step) -> State:
    """The new state with the id and outputs that stay the same, which only the old state has."""
    old = step.old_state
    if old is None or step.op not in {SAME, UPDATE}:
        return new
    new.id = new.id or old.id
    if step.op == SAME and bytes(new.outputs) == b"null":
        new.outputs = old.outputs
    return new


def _resource(state: State, text: bytes, place: str, sharing: Sharing) -> Resource:
    resource = to_resource(state, text, place, sharing)
    secrets = set(resource.secrets)
    inputs = _hide(resource.inputs, "", secrets)
    outputs = _hide(resource.outputs, "", secrets)
    return replace(resource, inputs=inputs, outputs=outputs, secrets=frozenset(secrets))


def _hide(value: Any, path: str, secrets: set[str]) -> Any:
    """The value with `Unknown` for every secret; its path is added to `secrets`."""
    if value == SECRET:
        secrets.add(path)
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _hide(item, f"{path}.{name}" if path else name, secrets) for name, item in value.items()}
    if isinstance(value, list):
        return [_hide(item, f"{path}[{index}]", secrets) for index, item in enumerate(value)]
    return value
