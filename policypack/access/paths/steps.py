"""What an identity reaches with one request or one way of escalation, computed only for identities that are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from policypack.access.least_privilege.kms_requirements import Encrypted, encrypted_resources
from policypack.access.paths.fleet import SHARED, UNPLACED, Fleet, Holder, arn_of
from policypack.access.paths.hops import Hold, Hop, Node
from policypack.access.paths.passing import taking_over
from policypack.access.paths.powers import DECRYPT, POWERS, Power
from policypack.access.paths.requests import Allowed, Questions
from policypack.core.policy import Resource
from policypack.iam.actions import concerns
from policypack.iam.condition_keys import ACCOUNT
from policypack.iam.document import Statement
from policypack.iam.globs import has_wildcard, overlaps
from policypack.iam.tables import canonical
from policypack.resources.references import resolve_all
from policypack.resources.tokens import BUCKET_TYPES, KEY

MOST_TARGETS = 2_000
"""Resources of one type that one identity is asked about."""
ENCRYPTED_READS = frozenset(
    {
        "kinesis:GetRecords",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "secretsmanager:GetSecretValue",
        "sqs:ReceiveMessage",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
    }
)
"""Actions that need the key of what they read."""


@dataclass
class Steps:
    """The hops from identities. `left_out` says what was not asked."""

    fleet: Fleet
    questions: Questions
    leads: Callable[[Node], bool]
    """Whether a place is wanted or leads on: others are not asked about."""
    left_out: dict[str, None] = field(default_factory=dict)

    def of(self, node: Node) -> Iterator[Hop]:
        """The hops from the permissions of one identity."""
        holder = self.fleet.holders.get(node.of)
        if holder is None:
            return
        if holder.policies.unseen:
            name = holder.identity.name
            self.left_out[f"`{name}` has a policy that no stack contains or that is unknown, so it may do more"] = None
        takeover = False
        for hop in taking_over(self.fleet, self.questions, holder):
            takeover |= hop.end.hold is Hold.ACCOUNT and hop.certain
            yield hop
        for kind, powers in POWERS.items():
            for power in powers:
                yield from self._by_power(holder, node, kind, power, elsewhere_only=takeover)

    def _by_power(self, holder: Holder, node: Node, kind: str, power: Power, *, elsewhere_only: bool) -> Iterator[Hop]:
        targets = self._targets(holder, kind, power)
        if len(targets) > MOST_TARGETS:
            self.left_out[
                f"`{holder.identity.name}` may `{power.action}` on {len(targets)} resources; {MOST_TARGETS} are asked"
            ] = None
        for arn, resource in targets[:MOST_TARGETS]:
            same_account = self.fleet.account(resource) == holder.account
            if resource.urn == node.of or (elsewhere_only and same_account):
                continue
            allowed = self.questions.allowed(holder, power.action, f"{arn}{power.suffix}", resource)
            if allowed and (key := self._key(holder, power, resource, allowed)):
                allowed = key
                yield Hop(
                    node,
                    Node(power.hold, resource.urn),
                    power.verb,
                    allowed.certain,
                    allowed.by,
                    allowed.path,
                    allowed.why,
                    allowed.example,
                )

    def _targets(self, holder: Holder, kind: str, power: Power) -> list[tuple[str, Resource]]:
        """The resources that the action may be allowed on: those that the identity's documents match, or that name it."""
        targets: dict[str, tuple[str, Resource]] = {}
        allowing = [
            statement
            for attached in holder.policies.carried
            for statement in attached.document.statements
            if (statement.allows and concerns(statement, power.action)) or statement.unknown & {"Action", "NotAction"}
        ]
        if allowing:
            for arn, resource in self._matched(holder, allowing, kind, power.suffix):
                targets[resource.urn] = arn, resource
        for key in (holder.arn, holder.account, SHARED):
            for resource in self.fleet.named.get(key, ()):
                if canonical(resource.type) == kind and (arn := arn_of(resource)):
                    targets[resource.urn] = arn, resource
        return [target for urn, target in targets.items() if self.leads(Node(power.hold, urn))]

    def _matched(
        self, holder: Holder, statements: Sequence[Statement], kind: str, suffix: str
    ) -> Iterator[tuple[str, Resource]]:
        """The resources of the account that statements may match; those of another one must name the identity."""
        candidates = list(self.fleet.by_type.get((kind, holder.account), ()))
        if kind in BUCKET_TYPES and ACCOUNT.fullmatch(holder.account):
            candidates += self.fleet.by_type.get((kind, UNPLACED), ())
        if any(statement.resources is None or "Resource" in statement.unknown for statement in statements):
            yield from candidates
            return
        patterns = {pattern for statement in statements for pattern in statement.resources or ()}
        wide = tuple(pattern for pattern in patterns if "${" in pattern or has_wildcard(_resource_in(pattern)))
        plain = {_resource_in(pattern) for pattern in patterns}
        for arn, resource in candidates:
            if arn in plain or any("${" in pattern or overlaps(pattern, f"{arn}{suffix}") for pattern in wide):
                yield arn, resource

    def _key(self, holder: Holder, power: Power, resource: Resource, allowed: Allowed) -> Allowed | None:
        """The answer, once the key is asked too that the resource is encrypted with; None if it may not be used."""
        if power.action not in ENCRYPTED_READS:
            return allowed
        for encrypted in self._encrypted(resource):
            value = encrypted.key
            if isinstance(value, str) and "alias/aws/" in value:
                continue
            key = resolve_all(self.fleet.stack, encrypted.carrier, encrypted.name, [value], KEY)[0].only
            if key is None or not (arn := arn_of(key)):
                return _doubtful(allowed, f"the key of `{resource.name}` is in none of the stacks")
            service = f"{power.action.partition(':')[0]}.{arn.split(':')[3]}.amazonaws.com"
            context = {"kms_viaservice": service, "aws_viaawsservice": "true"}
            decrypting = self.questions.allowed(holder, DECRYPT, arn, key, **context)
            if decrypting is None:
                return None
            if not decrypting.certain:
                return _doubtful(allowed, f"`{DECRYPT}` with the key of `{resource.name}`: {decrypting.why}")
        return allowed

    def _encrypted(self, resource: Resource) -> list[Encrypted]:
        return [one for one in encrypted_resources(self.fleet.stack) if one.resource.urn == resource.urn]


def _resource_in(pattern: str) -> str:
    """The ARN of the resource in a pattern of an ARN: without the key of an object, or the version of a function."""
    if pattern.startswith("arn:aws") and ":s3:::" in pattern:
        return pattern.partition("/")[0]
    return pattern.removesuffix(":*")


def _doubtful(allowed: Allowed, why: str) -> Allowed:
    return Allowed(allowed.by, allowed.path, allowed.example, certain=False, why=why)
