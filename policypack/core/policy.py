"""Types that every room shares: the policy's card, the resource, the stack, the outcome.

It depends on neither Pulumi's SDK nor AWS. Everything else imports this module.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from policypack.core.controls import Control

if TYPE_CHECKING:
    from policypack.core.arguments import Arguments
    from policypack.core.examples import Example
    from policypack.core.witness import Witness
    from policypack.evaluation.settings import Settings

T = TypeVar("T")
ROOT_TYPE = "pulumi:pulumi:Stack"
"""The type of the stack itself, the root of every other resource."""
STACK_REFERENCE = "pulumi:pulumi:StackReference"
"""The type of a reference to another stack's outputs."""
UNKNOWN_VALUE = "pulumi-unknown-value"
"""The policy that reports undecided outcomes about a value: it can be advisory, never disabled."""
LIBRARIES = frozenset({"site-packages", "dist-packages"})
"""Folders of installed Python libraries."""


class Severity(enum.StrEnum):
    """Severity of a policy's violations. Ordered: `LOW < CRITICAL` by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return RANKS[self]


RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class EnforcementLevel(enum.StrEnum):
    """What a violation does, as the operator chooses.

    Source: https://www.pulumi.com/docs/insights/policy/ (enforcement levels; ours has no `remediate`).
    """

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is known only after the update, or is encrypted in the state."""

    why: str = "is known only after the update"
    fix: str = "Build it from names that the program knows before the update, or set `unknown: advisory`."
    """What makes it known: one sentence."""
    origin: str = ""
    """What it derives from beyond what `why` quotes, such as the arguments of a call; never a secret."""


UNKNOWN = Unknown()


class PartialDocument(str):
    """The text of a policy document with one of Pulumi's sentinels for each unknown value.

    The rest can be judged; `unknown` has the reason why the others are unknown.
    """

    __slots__ = ("unknown",)
    unknown: Unknown

    def __new__(cls, text: str, unknown: Unknown = UNKNOWN) -> Self:
        """A text, and the reason why a part of it is unknown."""
        document = str.__new__(cls, text)
        document.unknown = unknown
        return document


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of an archive, or an archive itself: exactly one of the sources is set.

    `path` is as the program wrote it, relative to the program's folder; `members` maps names in the archive to assets.
    """

    path: str | None = None
    text: str | None = None
    uri: str | None = None
    members: Mapping[str, Asset] | None = field(default=None, hash=False)
    archive: bool = False
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource passed as an input property: its URN and, once it exists, its id; a component's id is empty."""

    urn: str
    id: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Position:
    """Where the program constructs a resource. Lines count from 1."""

    file: str
    line: int

    @property
    def installed(self) -> bool:
        """Whether the file is of an installed library, not the program's own."""
        return not LIBRARIES.isdisjoint(self.file.split("/"))


@dataclass(frozen=True, slots=True)
class Options:
    """Resource options, which a program sets besides properties.

    `aliases` are URNs; `timeouts` map `create`, `read`, `update` and `delete` to seconds; `hooks` map a moment
    (`beforeCreate`) to the names of functions.
    Source: https://www.pulumi.com/docs/iac/concepts/resources/options/.
    """

    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    timeouts: Mapping[str, float] = field(default_factory=dict)
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    import_id: str = ""
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def ignores(self, *names: str) -> bool:
        """Whether changes of one of these top-level properties, or of a part of it, are ignored: the cloud may have others."""
        return any(path.partition("[")[0].partition(".")[0] in ("*", *names) for path in self.ignore_changes)


@dataclass(frozen=True, slots=True)
class Resource:
    """One registered resource, with everything a policy may read.

    `inputs` and `outputs` contain plain values (None, bool, float, int, str, list, dict, `Asset`, `Reference`), with
    `Unknown` for values that are not known yet; property names are camelCase, as in the schema. Secrets are
    unwrapped, and `secrets` contains their paths (`environment.variables.TOKEN`). Before an update `outputs` is what
    a provider's preview returns. `dependencies` and `property_dependencies` contain URNs.
    """

    type: str
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    urn: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    position: Position | None = None
    callers: tuple[Position, ...] = ()
    """The calls in the program's own code that lead there, innermost first."""
    custom: bool = True
    external: bool = False
    """Whether the stack only reads it: `Bucket.get`. Other resources refer to it; it is not judged."""
    remote: bool = False
    """Whether a provider plugin constructs it: a component whose resources are missing from an offline preview."""
    invoked: bool = False
    """Whether it is a provider through which the program calls functions; False where only the resources are known."""
    only_boundary: bool = False
    """Whether it is a managed policy that limits others as a permissions boundary and that nothing attaches."""
    in_network: bool = False
    """Whether it is the document of another resource, an OpenSearch domain, that only a VPC reaches."""
    id: str = ""
    options: Options = Options()
    accepts: Arguments | None = None
    """The arguments of the type in the program's own SDK; None unless our table lacks one, or a key in one, that is set."""
    literals: frozenset[str] = field(default=frozenset(), repr=False)
    """The texts in its secrets that the program's source states."""
    memo: dict[Hashable, Any] | None = field(default=None, init=False, repr=False, compare=False)
    """What `core.memo.memoized` keeps; most resources have nothing to keep."""

    def __post_init__(self) -> None:
        if not self.urn:
            object.__setattr__(self, "urn", urn_of(self.type, self.name))

    def __getitem__(self, name: str) -> Any:
        """The property as the program set it, else as the provider reports it, else None."""
        value = self.inputs.get(name)
        return self.outputs.get(name) if value is None else value


def urn_of(type_token: str, name: str, stack: str = "stack", project: str = "project") -> str:
    """The URN of a resource without a parent. Source: https://www.pulumi.com/docs/iac/concepts/resources/names/."""
    return f"urn:pulumi:{stack}::{project}::{type_token}::{name}"


@dataclass(frozen=True, slots=True)
class Unseen:
    """Resources that are missing from a preview, because it is unknown whether or how the program constructs them."""

    position: Position | None
    """The place in the program that may construct them."""
    why: str
    """What the stack does there: a clause that follows the stack's name."""
    fix: str
    """How to get them into the preview: one sentence."""
    waits_for: tuple[str, ...] = ()
    """The URNs of the resources whose update makes the value known."""
    function: str = ""
    """The token of the cloud function whose answer is missing; empty for another reason."""
    args: str = ""
    """That function's arguments as JSON."""


@dataclass(frozen=True)
class Stack:
    """All resources of a stack in registration order, the unseen ones, and the operator's settings."""

    resources: tuple[Resource, ...]
    settings: Settings
    unseen: tuple[Unseen, ...] = ()
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    """The day that dates of AWS are compared with: policies read no clock."""
    memo: dict[Hashable, Any] | None = field(default=None, init=False, repr=False, compare=False)
    """What `core.memo.memoized` keeps."""

    @cached_property
    def by_urn(self) -> Mapping[str, Resource]:
        """Resources by URN."""
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def by_type(self) -> Mapping[str, Sequence[Resource]]:
        """Resources by type token."""
        by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            by_type.setdefault(resource.type, []).append(resource)
        return by_type

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of these type tokens, type by type."""
        for type_token in types:
            yield from self.by_type.get(type_token, ())


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach at one place.

    `path` is relative to what the reader yielded (`Statement[0].Action`), or empty for all of it; `message`
    is lower case, has no final full stop, and quotes identifiers only, never a value that could be a secret.
    """

    path: str
    message: str
    excuses: bool = True
    """Whether policies that require this one skip the place: False if the value can still be read."""
    voids: bool = False
    """Whether policies that require this one skip all of the value that the reader yielded, not the place alone."""
    repeats: str = ""
    """The required policy that says the same of the place, so that what accepts its violation accepts this one too."""
    severity: Severity | None = None
    """How bad this violation is, where that is not the card's severity."""
    witness: Witness | None = None
    """An example of a request that is allowed; `message` is then the reason."""
    facts: tuple[str, ...] | None = None
    """What identifies it besides its path and the value there; None for what `message` quotes, up to `;` or an example."""
    parts: tuple[str, ...] | None = None
    """What it is about, if fewer of these are a narrower violation: the actions of a statement; else they are its path.

    Beside a path whose value does not count, they only say how much is there.
    """
    limits: tuple[str, ...] = ()
    """What it leaves out, if more of these are a narrower violation: the actions that are used."""
    value_counts: bool = True
    """Whether the value at the path identifies it: not if it is a credential, or the default, or whatever it is."""
    related: tuple[tuple[str, str], ...] = ()
    """Where the same mistake may be reported: the URN and the path of each value whose correction alone would end it."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A value that had to be read is unknown. `path` is relative to what the reader yielded."""

    path: str
    why: str = UNKNOWN.why
    fix: str = UNKNOWN.fix


def covers(outer: str, path: str) -> bool:
    """Whether a path is another or leads into it: `policy.Statement[0]` covers `policy.Statement[0].Action`."""
    return path.startswith(outer) and (not outer or path[len(outer) :][:1] in {"", ".", "["})


Judgement = Violation | Undecided
Reading = tuple[str, T | Unknown]
Placed = tuple[Resource, str, T | Unknown]


class Composed:
    """A value that a reader composes from places other than the one to blame."""

    @property
    def read_from(self) -> Sequence[tuple[Resource, str]]:
        """The places that it is read from, each a resource and a path: `requires` applies to them too."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class OverStack(Generic[T]):
    """A reader over the whole stack; use it as a decorator. Yields the resource to blame, a path in it, a value."""

    read: Callable[[Stack], Iterable[tuple[Resource, str, T | Unknown]]]


over_stack = OverStack


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Generic[T]):
    """The card: the only place for facts about a policy.

    `docs/policies/`, `stackguard explain`, SARIF rules and CrossGuard's metadata are derived from it.
    """

    id: str
    """Name of the problem in kebab case, service first. Also the file's name, the docs anchor and the test id."""
    title: str
    """The problem: one line, no full stop."""
    why: str | None
    """The risk, from the module's docstring: what an attacker gains, or what breaks."""
    severity: Severity
    enforcement: EnforcementLevel = EnforcementLevel.MANDATORY
    """The level until the operator sets one: advisory for what sound stacks often leave out on purpose."""
    generic: bool = False
    """Whether it judges resources of every type alike, as by region: it does not count as a policy about a type."""
    language: str = ""
    """The language of the code that it reads: `Python`. Empty if it reads none."""
    tags: Sequence[str] = ()
    """Its groups: its service first. Ours are of `Tag`; policies from outside may have tags of their own."""
    controls: Sequence[Control] = ()
    """The requirements of published frameworks that it checks; others follow from these (`frameworks.catalog`)."""
    fix: str
    """What to write instead: one sentence."""
    references: Sequence[str]
    bad: Sequence[Example]
    """Small stacks that must be reported, the simplest first: they are tests, and the docs print them."""
    good: Sequence[Example]
    """Small stacks that must pass: the first bad one corrected, then similar ones."""
    requires: Sequence[str] = ()
    """Ids of policies that judge first: this one skips a value, or a part of it, that one of them reports.

    It skips nothing if that policy does not block in this run. Each is at least as severe, so that at any `--fail-on`
    one of the two closes the gate. One that reads the stack takes away the whole resource, from others that do so.
    """
    subsumes: Sequence[str] = ()
    """Ids of policies whose reports, in the same statement or resource or of a `related` value, follow from this one's.

    They are shown below it if it blocks in this run.
    """
    reads: Callable[[Resource], Iterable[tuple[str, T | Unknown]]] | OverStack[T]
    """The reader: yields a path and a typed value, or `Unknown`."""
    check: Callable[[T], Iterable[Judgement]]
    """Decides about one known value. Pure: no I/O, no settings, no catching."""

    @property
    def over_stack(self) -> bool:
        """Whether the policy reads the stack as a whole rather than one resource."""
        return isinstance(self.reads, OverStack)


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a violation or an undecided outcome does not block although its policy is mandatory."""

    kind: Literal["waived", "baselined"]
    reason: str = ""
    owner: str = ""
    """Of a waiver, or who added the entry of a baseline."""
    expires: date | None = None
    """The last day of a waiver."""
    ticket: str = ""
    approver: str = ""
    source: str = ""
    """The file and the line of the waiver."""


class Kind(enum.StrEnum):
    """The result of running a policy. There is no kind for "passed": no outcome is a pass."""

    VIOLATION = "violation"
    UNDECIDED = "undecided"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one policy at one place in one resource."""

    kind: Kind
    policy: Policy[Any]
    resource: Resource
    path: str
    message: str
    fix: str
    """How to fix it: one sentence."""
    enforcement: EnforcementLevel = EnforcementLevel.MANDATORY
    waits_for: tuple[str, ...] = ()
    why: str = ""
    """Why it is undecided, as a clause about the path, or why the request of `witness` is allowed. Else empty."""
    facts: tuple[str, ...] | None = None
    """As of its violation."""
    parts: tuple[str, ...] | None = None
    """As of its violation."""
    limits: tuple[str, ...] = ()
    """As of its violation."""
    value_counts: bool = True
    """As of its violation."""
    related: tuple[tuple[str, str], ...] = ()
    """As of its violation."""
    severity: Severity | None = None
    """As of its violation: how bad it is, where that is not the card's severity."""
    place: str = ""
    """What identifies the resource and the place in it across edits and stacks: see `evaluation.places`."""
    former_places: tuple[str, ...] = ()
    """The places that it had under the aliases of its resource."""
    exemption: Exemption | None = None
    witness: Witness | None = None
    """An example of a request that is allowed; `message` begins with it."""

    @property
    def blocks(self) -> bool:
        """Whether it fails the run."""
        return self.enforcement is EnforcementLevel.MANDATORY and self.exemption is None

    def at(self, enforcement: EnforcementLevel) -> Outcome:
        """The same outcome under another enforcement level."""
        return replace(self, enforcement=enforcement)
