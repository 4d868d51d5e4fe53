"""The types of the JSON report, from which its schema is derived; separate from the types of the policies.

Fields may be added within a version; docs/json.md has what is promised. One stack is an `OutcomesReport`, several are a
`StacksReport`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from policypack.core.policy import EnforcementLevel, Kind, Severity
from policypack.evaluation.waivers import ProblemKind
from policypack.frameworks.roll_up import Status
from stackguard.notes import NoteKind

SCHEMA_DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "https://raw.githubusercontent.com/stackguard/stackguard/main/stackguard/reports/outcomes.schema.json"

Count = Annotated[int, msgspec.Meta(ge=0)]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class SourceLine(msgspec.Struct, frozen=True):
    """A line of the program's source."""

    file: Annotated[str, msgspec.Meta(description="Relative to the repository's root, if it is in the repository.")]
    line: Annotated[int, msgspec.Meta(ge=1, description="Counted from 1.")]


class SourcePosition(SourceLine, frozen=True, rename="camel"):
    """Where the program constructs the resource."""

    callers: Annotated[
        tuple[SourceLine, ...],
        msgspec.Meta(description="The calls in the program that lead to the constructor, innermost first."),
    ]
    statement: Annotated[
        SourceLine | None,
        msgspec.Meta(
            description="The line of the statement, or of the property, that `path` leads to; null unless the source"
            " states it in another line than the constructor's, and only one can be meant."
        ),
    ] = None


class ExemptionEntry(msgspec.Struct, frozen=True, rename="camel"):
    """Why an outcome does not close the gate although its policy is mandatory."""

    kind: Annotated[
        Literal["waived", "baselined"],
        msgspec.Meta(description="`waived`: a waiver accepts it. `baselined`: it is in the baseline."),
    ]
    reason: Annotated[str, msgspec.Meta(description="The waiver's reason; empty for the baseline.")] = ""
    owner: Annotated[
        str,
        msgspec.Meta(description="The waiver's owner, or who added the baseline's entry; empty if that is unknown."),
    ] = ""
    expires: Annotated[
        str | None,
        msgspec.Meta(description="The last day of the waiver; null for the baseline.", examples=["2027-01-31"]),
    ] = None
    ticket: Annotated[str, msgspec.Meta(description="The waiver's ticket; empty if it names none.")] = ""
    approver: Annotated[str, msgspec.Meta(description="Who approved the waiver; empty if it names nobody.")] = ""
    source: Annotated[
        str, msgspec.Meta(description="The file and line of the waiver.", examples=["stackguard-waivers.yaml:3"])
    ] = ""


class WitnessEntry(msgspec.Struct, frozen=True):
    """An example of a request that is allowed, as in the JSON of `stackguard access`."""

    principal: Annotated[str, msgspec.Meta(description="Who sends it.", examples=["anyone on the internet"])]
    action: Annotated[str, msgspec.Meta(description="The action.", examples=["s3:GetObject"])]
    resource: Annotated[str, msgspec.Meta(description="The resource, as an ARN where it has one.")]
    context: Annotated[
        dict[str, str],
        msgspec.Meta(
            description="The condition keys that the request must have, with their values.",
            examples=[{"aws:SourceIp": "203.0.113.7"}],
        ),
    ]


class OutcomeEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One outcome; a policy that passes has none."""

    outcome: Annotated[
        Kind,
        msgspec.Meta(
            description="`undecided`: a value that had to be read is unknown. `error`: the policy itself crashed."
        ),
    ]
    policy: Annotated[str, msgspec.Meta(description="The policy's id; see `stackguard explain ID`.")]
    severity: Annotated[Severity, msgspec.Meta(description="How bad a violation is, as the policy defines it.")]
    enforcement: Annotated[EnforcementLevel, msgspec.Meta(description="What a violation does, as the operator chose.")]
    blocks: Annotated[
        bool, msgspec.Meta(description="Whether it closes the gate, by enforcement, exemptions and `--fail-on`.")
    ]
    urn: Annotated[str, msgspec.Meta(description="The resource's URN.")]
    type: Annotated[str, msgspec.Meta(description="The resource's type token.", examples=["aws:s3/bucket:Bucket"])]
    name: Annotated[str, msgspec.Meta(description="The resource's name in the program.")]
    path: Annotated[str, msgspec.Meta(description="The place in the resource; empty for the whole resource.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong there: one line.")]
    fix: Annotated[str, msgspec.Meta(description="How to fix it: one sentence.")]
    url: Annotated[str, msgspec.Meta(description="Where to read more; empty if the policy has no reference.")]
    fingerprint: Annotated[
        Fingerprint,
        msgspec.Meta(
            description="Stays the same when lines move or messages change. No two outcomes of a stack have the same;"
            " the `finding` of a waiver may be one."
        ),
    ]
    waits_for: Annotated[
        tuple[str, ...], msgspec.Meta(description="URNs of the resources whose update makes the value known.")
    ]
    waived: Annotated[bool, msgspec.Meta(description="Whether a waiver accepts it.")]
    subsumed_by: Annotated[
        str | None,
        msgspec.Meta(
            description="The fingerprint of the outcome that this one follows from, as the text report shows it; null"
            " for a cause of its own. Both count, and both close the gate."
        ),
    ] = None
    position: Annotated[
        SourcePosition | None, msgspec.Meta(description="Where the program constructs the resource; null if unknown.")
    ] = None
    project: Annotated[str, msgspec.Meta(description="The project of its stack; empty if unknown.")] = ""
    stack: Annotated[str, msgspec.Meta(description="The name of its stack, without the project; empty if unknown.")] = (
        ""
    )
    exemption: Annotated[
        ExemptionEntry | None, msgspec.Meta(description="The waiver or the baseline that accepts it; null for none.")
    ] = None
    violation_id: Annotated[
        Fingerprint | None,
        msgspec.Meta(
            description="Equal for equal violations, of which one place can have several, and the same in every stack of"
            " a project: the key of the baseline."
        ),
    ] = None
    witness: Annotated[
        WitnessEntry | None,
        msgspec.Meta(description="An example of a request that the resource allows; null for most policies."),
    ] = None
    change: Annotated[
        Literal["new", "unchanged", "fixed"] | None,
        msgspec.Meta(
            description="With `--base`, whether the base has it too; an outcome that is `fixed` is in the stack's `change`"
            " only. Null without a comparison."
        ),
    ] = None


class Remark(msgspec.Struct, frozen=True):
    """A note that is not an outcome; it never closes the gate."""

    note: Annotated[
        NoteKind,
        msgspec.Meta(
            description="`remediated`: a policy changed inputs. `not-applicable`: a policy does not apply to these"
            " resources, or policies do not read their code. `unanswered`: the result of a function, a method or another stack is unknown. `unused`: the"
            " program did not ask for an entry of a mock file. `project`: a part of the project's files was not used."
            " `account`: an account in this report stands in for the program's own, which is unknown."
        ),
    ]
    about: Annotated[
        str, msgspec.Meta(description="The policies, the function, the stack, the file, the project, or the account.")
    ]
    message: Annotated[str, msgspec.Meta(description="One line.")]
    urns: Annotated[tuple[str, ...], msgspec.Meta(description="The resources concerned; empty for the stack.")]


class TypeCount(msgspec.Struct, frozen=True):
    """A resource type, and its number of resources."""

    type: Annotated[str, msgspec.Meta(description="The type token.", examples=["aws:ec2/vpc:Vpc"])]
    resources: Annotated[int, msgspec.Meta(ge=1, description="How many resources of the stack have it.")]


class Severities(msgspec.Struct, frozen=True):
    """Violations by severity."""

    critical: Annotated[Count, msgspec.Meta(description="Violations of this severity.")]
    high: Annotated[Count, msgspec.Meta(description="Violations of this severity.")]
    medium: Annotated[Count, msgspec.Meta(description="Violations of this severity.")]
    low: Annotated[Count, msgspec.Meta(description="Violations of this severity.")]


class Evidence(msgspec.Struct, frozen=True, rename="camel"):
    """What came of each policy and each resource. An undecided outcome that is waived counts as waived."""

    passes: Annotated[Count, msgspec.Meta(description="Policies that read a value of a resource and report nothing.")]
    violations: Annotated[Count, msgspec.Meta(description="Violations that no exemption accepts.")]
    undecided: Annotated[Count, msgspec.Meta(description="Values that are unknown.")]
    errors: Annotated[Count, msgspec.Meta(description="Policies that crashed.")]
    waived: Annotated[Count, msgspec.Meta(description="Outcomes that a waiver accepts.")]
    baselined: Annotated[Count, msgspec.Meta(description="Outcomes that are in the baseline.")]
    excused: Annotated[Count, msgspec.Meta(description="A policy that it requires reports the value.")]
    not_applicable: Annotated[Count, msgspec.Meta(description="The policy reads no value of the resource.")]
    disabled: Annotated[Count, msgspec.Meta(description="Policies that the settings disable.")]
    not_selected: Annotated[Count, msgspec.Meta(description="Policies that the command does not select.")]


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    """The counts, and the exit code of the command that wrote this."""

    resources: Annotated[Count, msgspec.Meta(description="Resources that were judged.")]
    policies: Annotated[Count, msgspec.Meta(description="Policies that judged them.")]
    violations: Annotated[Count, msgspec.Meta(description="All of them, also those that do not close the gate.")]
    undecided: Annotated[Count, msgspec.Meta(description="Undecided outcomes.")]
    errors: Annotated[Count, msgspec.Meta(description="Policies that crashed.")]
    severities: Annotated[Severities, msgspec.Meta(description="The violations by severity.")]
    exit_code: Annotated[Literal[0, 1, 2], msgspec.Meta(description="0 clean, 1 violations, 2 could not judge.")]
    blocking: Annotated[Count, msgspec.Meta(description="Outcomes that close the gate.")] = 0
    waived: Annotated[Count, msgspec.Meta(description="Outcomes that a waiver accepts.")] = 0
    baselined: Annotated[Count, msgspec.Meta(description="Outcomes that are in the baseline.")] = 0
    gone: Annotated[Count, msgspec.Meta(description="Violations in the baseline that are not there any more.")] = 0
    evidence: Annotated[
        Evidence | None, msgspec.Meta(description="What came of policies and resources; null if unknown.")
    ] = None


class ProblemEntry(msgspec.Struct, frozen=True):
    """A waiver that somebody has to edit; it closes the gate unless the settings make it advisory."""

    kind: Annotated[
        ProblemKind,
        msgspec.Meta(
            description="`expired`: its last day is over. `unused`: it accepts nothing. `ambiguous`: it fits several"
            " violations. `refused`: the central settings do not allow it. `unknown`: there is no such policy."
        ),
    ]
    source: Annotated[str, msgspec.Meta(description="The file and line of the waiver.")]
    policy: Annotated[str, msgspec.Meta(description="The policy that it is for.")]
    message: Annotated[str, msgspec.Meta(description="What is wrong, and how to fix it: one line.")]


Version = Annotated[Literal[1], msgspec.Meta(description="Of this format; docs/json.md has what it promises.")]
Commit = Annotated[
    str, msgspec.Meta(description="The commit that is checked out in the working folder; empty for none.")
]
StartedAt = Annotated[str, msgspec.Meta(description="When the run began, in UTC.", examples=["2026-11-29T08:30:00Z"])]
RunSeconds = Annotated[float, msgspec.Meta(ge=0, description="How long the whole run took.")]
Versions = Annotated[
    dict[str, str],
    msgspec.Meta(
        description="By package, the versions of stackguard, which its policies have too, and of the data that it judges by."
    ),
]
SettingsDigest = Annotated[str, msgspec.Meta(description="Equal for equal settings in effect.")]
PolicyIds = Annotated[tuple[str, ...], msgspec.Meta(description="The policies that ran.")]
WaiverProblems = Annotated[tuple[ProblemEntry, ...], msgspec.Meta(description="Waivers that somebody has to edit.")]


class AccessEntry(msgspec.Struct, frozen=True):
    """A class of requests that a stack newly allows, as in the JSON of `stackguard access diff`."""

    verdict: Annotated[
        Literal["new-access", "undecided"],
        msgspec.Meta(description="`undecided`: it may be allowed, because a value is unknown."),
    ]
    holder: Annotated[str, msgspec.Meta(description="The URN of the resource that has the access.")]
    urn: Annotated[str, msgspec.Meta(description="The URN of the resource that gives it.")]
    path: Annotated[str, msgspec.Meta(description="The place in that resource; empty for the whole resource.")]
    why: Annotated[str, msgspec.Meta(description="Why it is new or undecided: a clause.")]
    witness: Annotated[
        WitnessEntry | None, msgspec.Meta(description="An example of such a request; null if there is none.")
    ]


class ChangeEntry(msgspec.Struct, frozen=True):
    """What a stack changes against the base of `--base`. Equal outcomes are paired one by one."""

    base: Annotated[str, msgspec.Meta(description="The file, the folder or the commit, as on the command line.")]
    problem: Annotated[str, msgspec.Meta(description="Why there is no comparison: one line; empty if there is one.")]
    new: Annotated[Count, msgspec.Meta(description="Outcomes that the base does not have.")]
    unchanged: Annotated[Count, msgspec.Meta(description="Outcomes that the base has too.")]
    fixed: Annotated[
        tuple[OutcomeEntry, ...],
        msgspec.Meta(description="The outcomes of the base that are not there any more, without positions."),
    ]
    access: Annotated[tuple[AccessEntry, ...], msgspec.Meta(description="What the stack newly allows.")]


class ControlCounts(msgspec.Struct, frozen=True, rename="camel"):
    """The controls of a framework by status."""

    violated: Annotated[Count, msgspec.Meta(description="A policy that checks them reports a violation.")]
    undecided: Annotated[
        Count, msgspec.Meta(description="A value is unknown, or a policy that reports more than they ask reports it.")
    ]
    accepted: Annotated[Count, msgspec.Meta(description="All that is reported is waived or in the baseline.")]
    partly_satisfied: Annotated[
        Count, msgspec.Meta(description="What was judged passes, and that is not all that they ask.")
    ]
    satisfied: Annotated[Count, msgspec.Meta(description="The policies cover them, read something and report nothing.")]
    not_applicable: Annotated[Count, msgspec.Meta(description="There is nothing that the policies are about.")]
    not_judged: Annotated[Count, msgspec.Meta(description="No policy checks them, or none that does ran.")]
    without_policy: Annotated[Count, msgspec.Meta(description="Of those not judged: no policy checks them.")]


class ControlEntry(msgspec.Struct, frozen=True):
    """A control of a framework, over all stacks."""

    id: Annotated[str, msgspec.Meta(description="Its name in the framework.", examples=["S3.8"])]
    title: Annotated[str, msgspec.Meta(description="What it asks: a short line.")]
    service: Annotated[str, msgspec.Meta(description="The service or the chapter that it belongs to.")]
    url: Annotated[str, msgspec.Meta(description="Where to read more; empty if unknown.")]
    status: Annotated[Status, msgspec.Meta(description="As in the counts.")]
    policies: Annotated[tuple[str, ...], msgspec.Meta(description="The policies that check it.")]
    violations: Annotated[Count, msgspec.Meta(description="The violations that they report and nothing accepts.")]
    undecided: Annotated[Count, msgspec.Meta(description="The outcomes that leave it undecided.")]
    accepted: Annotated[Count, msgspec.Meta(description="The outcomes that are waived or in the baseline.")]
    passes: Annotated[
        Count, msgspec.Meta(description="The passes of these policies, of each policy and each resource one.")
    ]


class FrameworkEntry(msgspec.Struct, frozen=True):
    """A framework that the command names with `--framework`."""

    id: Annotated[str, msgspec.Meta(description="Its short name.", examples=["aws-fsbp"])]
    title: Annotated[str, msgspec.Meta(description="Its name for people.")]
    version: Annotated[str, msgspec.Meta(description="Its version; empty if unknown.")]
    source: Annotated[str, msgspec.Meta(description="Where it is published; empty if unknown.")]
    date: Annotated[str, msgspec.Meta(description="The day of the list of controls; empty if unknown.")]
    summary: Annotated[ControlCounts, msgspec.Meta(description="The controls by status.")]
    controls: Annotated[tuple[ControlEntry, ...], msgspec.Meta(description="Every control, in reading order.")]


Frameworks = Annotated[
    tuple[FrameworkEntry, ...], msgspec.Meta(description="The controls of frameworks, over all stacks.")
]


class StackReport(msgspec.Struct, frozen=True, rename="camel"):
    """One stack that was judged."""

    target: Annotated[str, msgspec.Meta(description="The program's folder, the file, or `standard input`.")]
    summary: Annotated[Summary, msgspec.Meta(description="The counts of this stack.")]
    notes: Annotated[tuple[Remark, ...], msgspec.Meta(description="What is not an outcome.")]
    without_policy: Annotated[
        tuple[TypeCount, ...],
        msgspec.Meta(description="The types that no policy is about, so that their resources were not judged."),
    ]
    organization: Annotated[str, msgspec.Meta(description="The stack's organization; empty if unknown.")]
    project: Annotated[str, msgspec.Meta(description="The stack's project; empty if unknown.")]
    stack: Annotated[str, msgspec.Meta(description="The stack's name; empty if unknown.")]
    accounts: Annotated[
        tuple[str, ...], msgspec.Meta(description="The AWS accounts of its resources, as far as they are known.")
    ]
    region: Annotated[str | None, msgspec.Meta(description="The stack's `aws:region`; null if unknown.")]
    seconds: Annotated[
        float, msgspec.Meta(ge=0, description="How long it took to run or read the target, and to judge it.")
    ]
    change: Annotated[
        ChangeEntry | None, msgspec.Meta(description="The comparison with the base; null without `--base`.")
    ] = None


class FailedStack(msgspec.Struct, frozen=True):
    """A stack that could not be judged."""

    target: Annotated[str, msgspec.Meta(description="The program's folder, or the file.")]
    project: Annotated[str, msgspec.Meta(description="The stack's project; empty if unknown.")]
    stack: Annotated[str, msgspec.Meta(description="The stack's name; empty if unknown.")]
    message: Annotated[str, msgspec.Meta(description="Why: one line.")]


class StackOutcomes(StackReport, frozen=True, rename="camel", kw_only=True):
    """One stack with its outcomes."""

    version: Version
    outcomes: Annotated[tuple[OutcomeEntry, ...], msgspec.Meta(description="All outcomes, in the order of judging.")]


class OutcomesReport(StackOutcomes, frozen=True, rename="camel", kw_only=True):
    """The report of `stackguard check --format json` about one stack."""

    commit: Commit
    started_at: StartedAt
    run_seconds: RunSeconds
    versions: Versions
    settings_digest: SettingsDigest
    policy_ids: PolicyIds
    waiver_problems: WaiverProblems
    frameworks: Frameworks = ()


class StacksReport(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The report of `stackguard check --format json` about several stacks."""

    version: Version
    summary: Annotated[Summary, msgspec.Meta(description="The counts of all stacks, and the exit code of the run.")]
    stacks: Annotated[
        tuple[StackReport, ...], msgspec.Meta(description="The stacks that were judged, as on the command line.")
    ]
    failed: Annotated[tuple[FailedStack, ...], msgspec.Meta(description="The stacks that could not be judged.")]
    commit: Commit
    started_at: StartedAt
    run_seconds: RunSeconds
    versions: Versions
    settings_digest: SettingsDigest
    policy_ids: PolicyIds
    waiver_problems: WaiverProblems
    outcomes: Annotated[
        tuple[OutcomeEntry, ...], msgspec.Meta(description="The outcomes of all stacks, stack by stack.")
    ]
    frameworks: Frameworks = ()
    gone_stacks: Annotated[
        dict[str, int],
        msgspec.Meta(description="By stack that is not there any more, the number of its violations in the baseline."),
    ] = {}


def schema() -> dict[str, Any]:
    """The JSON schema of `OutcomesReport` and `StacksReport`; the second has `stacks`."""
    refs, definitions = msgspec.json.schema_components([OutcomesReport, StacksReport], ref_template="#/$defs/{name}")
    return {
        "$schema": SCHEMA_DRAFT,
        "$id": SCHEMA_ID,
        "title": "Outcomes of stackguard",
        "if": {"required": ["stacks"]},
        "then": refs[1],
        "else": refs[0],
        "$defs": definitions,
    }
