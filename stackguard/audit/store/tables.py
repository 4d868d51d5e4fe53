"""The tables of a store: the columns with their types and descriptions, from which the Parquet schema and the docs derive.

Columns are only added. A column that a former release did not write is null in its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, get_type_hints

import msgspec

Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


def _says(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


Shard = Annotated[str, _says("The batch that judged the stack; with `stack_id`, the key to `stacks`.")]
StackId = Annotated[str, _says("Identifies the stack in every run.")]


LEFT_OUT = "left-out"
"""The state of a stack whose accounts do not fit; the tables of a finished run are without it, as if it were not listed."""


class StackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stack in a run: judged, carried over from an earlier run, or not judged."""

    run: Annotated[str, _says("The run.")]
    stack_id: StackId
    shard: Annotated[str, _says("The batch that judged it, in this run or in an earlier one; empty if none could.")]
    origin: Annotated[str, _says("The backend or the named source.")]
    organization: Annotated[str, _says("Empty if unknown.")]
    project: Annotated[str, _says("Empty if unknown.")]
    stack: Annotated[str, _says("The name without the project; empty if unknown.")]
    location: Annotated[str, _says("Where its content was read.")]
    state: Annotated[str, _says("`judged`, `carried`, `failed`, or `foreign`: a loose file that is no stack.")]
    reason: Annotated[
        str,
        _says(
            "Why it failed: `unreadable`, `malformed`, `program` (it failed), `too-large`, `timeout`, `crashed` or `killed`."
        ),
    ] = ""
    message: Annotated[str, _says("The reason for people: one line.")] = ""
    owner: Annotated[str, _says("By the rules of `--owners`; empty if none applies.")] = ""
    account: Annotated[str, _says("The AWS account of most of its resources; empty if unknown.")] = ""
    accounts: Annotated[list[str], _says("All AWS accounts of its resources.")] = []
    region: Annotated[str, _says("Its `aws:region`; empty if unknown.")] = ""
    tags: Annotated[str, _says("The tags of the stack, as a JSON object.")] = "{}"
    resources: Annotated[int, _says("How many resources it has.")] = 0
    blocking: Annotated[int, _says("Outcomes that close the gate.")] = 0
    without_policy: Annotated[str, _says("Resources by type that no policy is about, as a JSON object.")] = "{}"
    notes: Annotated[list[str], _says("Remarks that are no outcomes.")] = []
    bytes: Annotated[int, _says("The size of its content, as it was read.")] = 0
    seconds: Annotated[float, _says("How long it took to read and judge it.")] = 0.0
    judged_at: Annotated[str, _says("When it was judged, in UTC.")] = ""
    version: Annotated[str, _says("Its ETag or version in the source; empty if unknown.")] = ""
    modified: Annotated[str, _says("The time and size of its file; empty if unknown.")] = ""
    content: Annotated[str, _says("A hash of its content; empty for a program.")] = ""
    key: Annotated[str, _says("A hash of all that its verdicts depend on.")] = ""
    reported: Annotated[list[str], _says("The policies that report something.")] = []
    dated: Annotated[bool, _says("Whether its verdicts depend on the day.")] = False
    waivers_used: Annotated[list[str], _says("The waivers that accept something.")] = []
    waiver_problems: Annotated[str, _says("Waivers that somebody has to edit, as a JSON list.")] = "[]"


class ResourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of a stack."""

    shard: Shard
    stack_id: StackId
    urn: Annotated[str, _says("Its URN.")]
    type: Annotated[str, _says("Its type token.")]
    name: Annotated[str, _says("Its name in the program.")]
    arn: Annotated[str, _says("Its ARN; empty if it has none.")] = ""
    account: Annotated[str, _says("The account in its ARN, or of its stack; empty if unknown.")] = ""
    region: Annotated[str, _says("The region in its ARN, or of its stack; empty if unknown or global.")] = ""
    tags: Annotated[str, _says("Its tags, as a JSON object; those that are secret are left out.")] = "{}"


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome of judging a stack; the columns are those of `check --format json`."""

    shard: Shard
    stack_id: StackId
    id: Annotated[str, _says("Identifies the violation in every run: a hash of `stack_id` and `fingerprint`.")]
    fingerprint: Annotated[str, _says("As of `check`: equal for the same violation of one stack.")]
    outcome: Annotated[str, _says("`violation`, `undecided` or `error`.")]
    policy: Annotated[str, _says("The policy's id.")]
    service: Annotated[str, _says("The AWS service: the first part of the policy's id.")]
    severity: Annotated[str, _says("`critical`, `high`, `medium` or `low`.")]
    rank: Annotated[int, _says("3 for critical to 0 for low.")]
    enforcement: Annotated[str, _says("`mandatory` or `advisory`.")]
    blocks: Annotated[bool, _says("Whether it closes the gate.")]
    urn: Annotated[str, _says("The resource's URN.")]
    type: Annotated[str, _says("The resource's type token.")]
    name: Annotated[str, _says("The resource's name in the program.")]
    path: Annotated[str, _says("The place in the resource; empty for all of it.")]
    message: Annotated[str, _says("What is wrong there: one line.")]
    fix: Annotated[str, _says("How to fix it: one sentence.")]
    url: Annotated[str, _says("Where to read more.")] = ""
    file: Annotated[str, _says("The file that constructs the resource; empty if unknown.")] = ""
    line: Annotated[int, _says("The line in it; 0 if unknown.")] = 0
    subsumed_by: Annotated[
        str, _says("The `fingerprint` of the outcome that this one follows from; empty for none.")
    ] = ""
    exemption: Annotated[str, _says("`waived`, or empty.")] = ""
    exemption_reason: Annotated[str, _says("The waiver's reason.")] = ""
    exemption_owner: Annotated[str, _says("The waiver's owner.")] = ""
    exemption_expires: Annotated[str, _says("The waiver's last day.")] = ""
    exemption_ticket: Annotated[str, _says("The waiver's ticket.")] = ""


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one policy in one stack; `not-applicable` is left out: it is what remains of the resources."""

    shard: Shard
    stack_id: StackId
    policy: Annotated[str, _says("The policy's id.")]
    came: Annotated[str, _says("`pass`, `violation`, `undecided`, `error`, `waived`, `excused` or `disabled`.")]
    count: Annotated[int, _says("How many pairs of a resource and this policy.")]
    by_type: Annotated[
        str,
        _says("The same by resource type, as a JSON object, for policies of which a framework counts some types only."),
    ] = "{}"


class AccessRow(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that outsiders can use, or of which that is undecided."""

    shard: Shard
    stack_id: StackId
    urn: Annotated[str, _says("The resource's URN.")]
    type: Annotated[str, _says("The resource's type token.")]
    name: Annotated[str, _says("The resource's name in the program.")]
    verdict: Annotated[str, _says("`public` or `undecided`.")]
    why: Annotated[str, _says("The reason: one line.")]
    example: Annotated[str, _says("A request that is allowed; empty if undecided.")]
    decided_by: Annotated[str, _says("The URN of the resource that decides it.")]
    path: Annotated[str, _says("The place in that resource.")]


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a stack contributes to the verdicts on others of its accounts."""

    shard: Shard
    stack_id: StackId
    facts: Annotated[str, _says("As JSON; its form is not promised.")]
    links: Annotated[str, _says("The part of it that tells what must be judged together, in the same way.")] = ""


class JoinedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What several stacks say together and one alone does not; the joined stacks that say nothing new have a row as well."""

    run: Annotated[str, _says("The run.")]
    stack_id: StackId
    effect: Annotated[
        str,
        _says(
            "`shown`: only several stacks together show it. `refuted`: a stack alone reports it, and others answer it."
            " `public` or `not-public`: outsiders can use the resource, or cannot, once others are known. `unjoined`: it"
            " could not be joined. `nothing`: the join changes nothing."
        ),
    ]
    stacks: Annotated[list[str], _says("The stacks from which the answer comes, as `PROJECT/STACK`.")] = []
    id: Annotated[str, _says("As of `outcomes`; empty unless `shown`.")] = ""
    fingerprint: Annotated[str, _says("As of `outcomes`; empty unless `shown`.")] = ""
    outcome: Annotated[str, _says("As of `outcomes`.")] = ""
    policy: Annotated[str, _says("The policy's id.")] = ""
    severity: Annotated[str, _says("As of `outcomes`.")] = ""
    rank: Annotated[int, _says("As of `outcomes`.")] = 0
    urn: Annotated[str, _says("The resource's URN.")] = ""
    type: Annotated[str, _says("The resource's type token.")] = ""
    name: Annotated[str, _says("The resource's name in the program.")] = ""
    path: Annotated[str, _says("The place in the resource.")] = ""
    message: Annotated[str, _says("What is wrong, or why it is not: one line.")] = ""
    fix: Annotated[str, _says("How to fix it.")] = ""
    digest: Annotated[str, _says("Of what was judged together.")] = ""


class ViolationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A violation over all runs up to this one."""

    run: Annotated[str, _says("The run.")]
    id: Annotated[str, _says("As of `outcomes`.")]
    stack_id: StackId
    fingerprint: Annotated[str, _says("As of `outcomes`.")]
    policy: Annotated[str, _says("The policy's id.")]
    service: Annotated[str, _says("As of `outcomes`.")]
    severity: Annotated[str, _says("As of `outcomes`.")]
    rank: Annotated[int, _says("As of `outcomes`.")]
    outcome: Annotated[str, _says("As of `outcomes`.")]
    status: Annotated[
        str,
        _says(
            "`open`, `waived`, `fixed`, `refuted`: other stacks of the account answer it (`joined`), or `not-looked-at`: its"
            " stack was not judged in this run."
        ),
    ]
    urn: Annotated[str, _says("The resource's URN.")]
    type: Annotated[str, _says("The resource's type token.")]
    name: Annotated[str, _says("The resource's name in the program.")]
    organization: Annotated[str, _says("As of `stacks`.")]
    project: Annotated[str, _says("As of `stacks`.")]
    stack: Annotated[str, _says("As of `stacks`.")]
    owner: Annotated[str, _says("As of `stacks`.")]
    account: Annotated[str, _says("As of `stacks`.")]
    region: Annotated[str, _says("As of `stacks`.")]
    first_seen: Annotated[str, _says("When the first run that reported it began, in UTC.")]
    last_seen: Annotated[str, _says("When the last run that reported it began, in UTC.")]
    fixed_at: Annotated[str, _says("When the run began that found it fixed; empty if it is not.")]
    reopened: Annotated[int, _says("How many times it was reported again after it was fixed.")]
    known: Annotated[str, _says("The status when its stack was looked at last: `open`, `waived` or `fixed`.")]


TABLES: Mapping[str, type[msgspec.Struct]] = {
    "stacks": StackRow,
    "resources": ResourceRow,
    "outcomes": OutcomeRow,
    "evidence": EvidenceRow,
    "access": AccessRow,
    "facts": FactRow,
    "joined": JoinedRow,
    "violations": ViolationRow,
}
"""By name, the rows of a table."""
FACTS = ("resources", "outcomes", "evidence", "access", "facts")
"""The tables of judged stacks; those of a shard count only if the shard's rows of `stacks` are there."""


@cache
def columns(row: type[msgspec.Struct]) -> tuple[tuple[str, Any, str], ...]:
    """The name, the type and the description of each column."""
    plain, full = get_type_hints(row), get_type_hints(row, include_extras=True)
    return tuple((name, plain[name], _description(full[name])) for name in row.__struct_fields__)


def _description(annotated: Any) -> str:
    metas: Sequence[msgspec.Meta] = getattr(annotated, "__metadata__", ())
    return next((meta.description for meta in metas if meta.description), "")
