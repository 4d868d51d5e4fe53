"""What one stack contributes to the answers about others, or needs from them: plain values without secrets, kept per stack.

Only resources that settle something about what another stack may have: buckets and what configures them, identities, their
policies and attachments, settings of the account. Tags and descriptions are left out, and every text of a secret is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from policypack.core.policy import Kind, Outcome, PartialDocument, Position, Resource, Stack, Unknown
from policypack.core.stack_name import StackName
from policypack.core.values import rebuilt
from policypack.core.wire import decode, encode
from policypack.evaluation.redaction import hidden, is_secret, secrets_of
from policypack.resources.joining.merging import Located
from policypack.resources.joining.physical import SETTINGS, Scope, joins, links_of, scope_of
from policypack.resources.naming import IDENTIFIERS
from policypack.resources.tokens import MANAGED_POLICY

LEFT_OUT = frozenset({"description", "forceDestroy", "tags", "tagsAll", "tagsV2"})
"""Inputs that settle nothing about another resource."""
REPORTED = frozenset({*IDENTIFIERS, "region"})
"""Outputs that are kept: those that identify a resource."""
BLOCKED_BY_ACCOUNT = frozenset({"s3-missing-access-block", "s3-open-access-block"})
"""Policies about what the access block of an account settles as well."""
OPEN = frozenset({"iam-privilege-escalation", "iam-public-policy", "s3-public-acl"})
"""Policies whose outcomes a boundary or an access block of another stack may change."""
SWITCHES = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
SECRET = Unknown("is a secret")
T = TypeVar("T")


class FactResource(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One resource. `body` is its inputs and outputs as Pulumi's engine encodes them."""

    type: str
    name: str
    urn: str
    body: msgspec.Raw
    partition: str = "aws"
    account: str = ""
    region: str = ""
    about: tuple[str, ...] = ()
    """The keys of what it is or belongs to."""
    attaches: tuple[str, ...] = ()
    """The keys of managed policies of its account that it attaches."""
    bounds: tuple[str, ...] = ()
    """Those that bound it."""
    origins: Mapping[str, tuple[str, ...]] = {}
    """By property that is not known, the URNs of the resources that it is computed from."""
    id: str = ""
    external: bool = False
    open: bool = False
    """Whether an outcome about it may change by a boundary or an access block of another stack."""
    file: str = ""
    line: int = 0

    def located(self) -> Located:
        """The resource as policies read it."""
        inputs, outputs = (decode(properties)[0] for properties in msgspec.json.decode(self.body))
        resource = Resource(
            self.type,
            self.name,
            inputs,
            self.urn,
            outputs,
            property_dependencies=self.origins,
            position=Position(self.file, self.line) if self.file else None,
            external=self.external,
            id=self.id,
        )
        return Located(resource, Scope(self.partition, self.account, self.region), self.about)


class AccountSetting(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A setting for a whole account, or for a region of it. A value that is unknown is None."""

    type: str
    urn: str
    account: str
    values: Mapping[str, Any]
    partition: str = "aws"
    region: str = ""


class AccountNeed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A violation that the access block of the account refutes if these switches of it are on."""

    policy: str
    urn: str
    path: str
    switches: tuple[str, ...]
    account: str = ""
    partition: str = "aws"


class JoinLinks(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the first pass of the join reads of a stack: the keys of its resources, without these."""

    stack: str
    settings: tuple[AccountSetting, ...] = ()
    needs: tuple[AccountNeed, ...] = ()
    unplaced: int = 0
    own: tuple[str, ...] = ()
    """The keys of the managed policies that it manages."""
    about: tuple[tuple[str, ...], ...] = ()
    """The keys of resources that belong together."""
    attaches: tuple[str, ...] = ()
    """The keys of managed policies of other stacks that it attaches."""
    bounds: tuple[str, ...] = ()
    """Those that bound identities of it."""
    open: bool = False
    """Whether an outcome about a resource of it may change."""
    buckets: tuple[tuple[str, str], ...] = ()
    """The partitions and accounts of the buckets that an access block may close."""


class JoinFacts(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one stack contributes and needs; `msgspec.json` encodes and decodes it."""

    stack: str
    """The full name of the stack, or another text that tells it from all others."""
    resources: tuple[FactResource, ...] = ()
    settings: tuple[AccountSetting, ...] = ()
    needs: tuple[AccountNeed, ...] = ()
    unplaced: int = 0
    """Resources of which the account is unknown, so that nothing of another stack is joined with them by it."""

    @property
    def own(self) -> Mapping[str, FactResource]:
        """The managed policies that the stack manages, by key."""
        managed = (resource for resource in self.resources if resource.type == MANAGED_POLICY and not resource.external)
        return {key: resource for resource in managed for key in resource.about}

    @property
    def links(self) -> JoinLinks:
        """What the first pass of the join reads."""
        own = self.own
        return JoinLinks(
            self.stack,
            self.settings,
            self.needs,
            self.unplaced,
            tuple(own),
            _each(resource.about for resource in self.resources if resource.about),
            _each(key for resource in self.resources for key in resource.attaches if key not in own),
            _each(key for resource in self.resources for key in resource.bounds if key not in own),
            any(resource.open for resource in self.resources),
            _each(
                (resource.partition, resource.account)
                for resource in self.resources
                if resource.open and resource.account and resource.type.startswith("aws:s3/")
            ),
        )


def _each(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def facts(
    stack: Stack, name: StackName | str, accounts: Collection[str] = (), outcomes: Iterable[Outcome] = ()
) -> JoinFacts:
    """What a stack contributes and needs.

    Args:
        stack: as it was judged.
        name: of the stack; no two stacks of an audit have the same.
        accounts: those that its resources are known to be in, as `LoadedStack.accounts`; none for a stand-in account.
        outcomes: of the stack, which say what it needs.
    """
    secrets = secrets_of(stack)

    @lru_cache(1024)
    def masked(text: str) -> str:
        return hidden(text, secrets) if secrets else text

    changeable: dict[str, set[str]] = {}
    needed: list[Outcome] = []
    for outcome in outcomes:
        if outcome.policy.id in OPEN:
            changeable.setdefault(outcome.resource.urn, set()).add(outcome.policy.id)
        elif outcome.policy.id in BLOCKED_BY_ACCOUNT and outcome.kind is Kind.VIOLATION:
            needed.append(outcome)
    kept: list[FactResource] = []
    settings: list[AccountSetting] = []
    unplaced = 0
    for resource in stack.resources:
        if not joins(resource.type):
            continue
        scope = scope_of(stack, resource, accounts)
        unplaced += not scope.account and not resource.external
        links = links_of(stack, resource, scope)
        if not (links.about or links.attaches or links.bounds):
            continue
        inputs = _plain(resource, resource.inputs, masked)
        everything = resource.outputs if resource.external else {}
        outputs = {key: value for key, value in resource.outputs.items() if key in REPORTED} | dict(everything)
        kept.append(
            FactResource(
                resource.type,
                resource.name,
                resource.urn,
                msgspec.Raw(msgspec.json.encode([inputs, _plain(resource, outputs, masked)])),
                scope.partition,
                scope.account,
                scope.region,
                links.about,
                links.attaches,
                links.bounds,
                {
                    key: urns
                    for key, urns in resource.property_dependencies.items()
                    if urns and isinstance(resource.inputs.get(key), Unknown)
                },
                resource.id,
                resource.external,
                resource.urn in changeable,
                resource.position.file if resource.position else "",
                resource.position.line if resource.position else 0,
            )
        )
        if resource.type in SETTINGS and not resource.external:
            settings.append(_setting(resource, scope, masked))
    needs = tuple(_needs(stack, needed, accounts))
    return JoinFacts(str(name), tuple(kept), tuple(settings), needs, unplaced)


def _plain(resource: Resource, properties: Mapping[str, Any], masked: Callable[[str], str]) -> Any:
    """Properties without secrets, tags and descriptions, as Pulumi's engine encodes them."""

    def leaf(value: Any) -> Any:
        if isinstance(value, PartialDocument):
            return masked(str(value))
        return masked(value) if isinstance(value, str) else value

    kept = {
        name: SECRET if _holds_secret(resource, name) else rebuilt(value, leaf)
        for name, value in properties.items()
        if name not in LEFT_OUT
    }
    return encode(kept)


def _holds_secret(resource: Resource, name: str) -> bool:
    return is_secret(resource, name) or any(path.startswith((f"{name}.", f"{name}[")) for path in resource.secrets)


def _setting(resource: Resource, scope: Scope, masked: Callable[[str], str]) -> AccountSetting:
    values = {
        name: None if isinstance(value, Unknown) else masked(value) if isinstance(value, str) else value
        for name, value in resource.inputs.items()
        if isinstance(value, str | bool | int | float | Unknown) and name != "region"
    }
    return AccountSetting(resource.type, resource.urn, scope.account, values, scope.partition, scope.region)


def _needs(stack: Stack, outcomes: Iterable[Outcome], accounts: Collection[str]) -> Iterator[AccountNeed]:
    for outcome in outcomes:
        if outcome.resource.type in SETTINGS:
            continue  # the account's own access block cannot excuse itself
        resource = stack.by_urn.get(outcome.resource.urn, outcome.resource)
        scope = scope_of(stack, resource, accounts)
        switch = outcome.path.rpartition(".")[2]
        switches = (switch,) if switch in SWITCHES else SWITCHES
        yield AccountNeed(outcome.policy.id, resource.urn, outcome.path, switches, scope.account, scope.partition)
