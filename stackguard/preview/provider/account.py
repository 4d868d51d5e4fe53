"""The account of each provider: stated, or read from the program's own ARNs, else the stand-in.

A stated account is known before the program runs. A hand-written ARN is known only at the program's end. Until then an
account that nothing states has a placeholder: twelve digits that no program writes by hand, the same in every run. At
the end the account in those ARNs, or the stand-in, replaces it. Each placeholder belongs to one provider's credentials,
so values that derive from it differ from the program's own texts, and from values that derive from another provider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from policypack.core.policy import Resource
from policypack.iam.arn import Arn
from policypack.resources.providers import CREDENTIALS, stated_accounts
from stackguard.preview.placeholders.mock import Mock, camel, unknown_in
from stackguard.preview.provider.autonaming import draw
from stackguard.preview.provider.substitution import Substitution
from stackguard.stand_in import CONFIG_KEY, STAND_IN_ACCOUNT

CALLER_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
OWN_ARNS = ("arn", "arnWithoutRevision")
"""The outputs that are a resource's own ARN; others, such as `functionArn`, may be that of another resource."""
OF_OTHERS = frozenset({"principal", "principals", "notprincipal", "condition", "conditions", "sourcearn"})
"""Properties and elements, in lower case, in which a document names the principals that it allows."""
SEPARATORS: Mapping[str, str] = {"iam": "", "logs": ":"}
"""By service, the characters that separate a resource from its children: a role below a path is another role."""
DIGITS = "123456789"  # no zero: as a number it stays the same

Key = tuple[str, str, str, str]
"""An ARN without its account."""


@dataclass(slots=True)
class Accounts:
    """The accounts of the providers in one preview."""

    config: Mapping[str, str]
    mock: Mock
    setting: str | None = None
    """The operator's, which takes precedence."""
    known: Mapping[str, str] = field(default_factory=dict)
    """By placeholder, the account that the program's own ARNs name; known after its end."""
    with_stand_in: Substitution = field(default_factory=Substitution)
    """Replaces each placeholder by the stand-in, as values are shown while the program runs."""
    _placeholders: dict[str, str] = field(default_factory=dict)

    def of(self, provider: Resource) -> str:
        """The account of a provider, or its placeholder: one for all providers with the same credentials."""
        accounts = stated_accounts(provider.inputs)
        only = next(iter(accounts)) if len(accounts) == 1 else None
        stated = self.setting or self.config.get(CONFIG_KEY) or only or _mocked(self.mock)
        if stated:
            return stated
        credentials = _credentials(provider)
        if credentials not in self._placeholders:
            self._placeholders[credentials] = draw(f"account {credentials}", DIGITS, 12)
            self.with_stand_in = Substitution(dict.fromkeys(self._placeholders.values(), STAND_IN_ACCOUNT))
        return self._placeholders[credentials]

    @property
    def stand_in(self) -> bool:
        """Whether the stand-in is used for a provider."""
        return any(placeholder not in self.known for placeholder in self._placeholders.values())

    @property
    def final(self) -> Substitution:
        """Replaces each placeholder by its account, once `find` has run."""
        return Substitution({**self.with_stand_in.texts, **self.known}) if self.known else self.with_stand_in

    def find(self, resources: Iterable[Resource]) -> None:
        """Find the accounts in the ARNs of all resources."""
        self.known = accounts_in(resources, frozenset(self._placeholders.values())) if self._placeholders else {}


def _mocked(mock: Mock) -> str | None:
    """The account of the caller's identity in a mock file, unless it is secret there."""
    answer = mock.function(CALLER_IDENTITY, {})
    if answer is None or answer.secrets or not isinstance(answer.value, Mapping):
        return None
    account = str({camel(str(name)): value for name, value in answer.value.items()}.get("accountId"))
    return account if re.fullmatch(r"\d{12}", account) else None


def _credentials(provider: Resource) -> str:
    """The inputs that determine a provider's account; its URN if they are unknown."""
    inputs = {name: value for name in CREDENTIALS if (value := provider.inputs.get(name)) not in (None, "", [], {})}
    if unknown_in(inputs) is not None:
        return provider.urn
    return json.dumps(inputs, sort_keys=True, default=str)


def accounts_in(resources: Iterable[Resource], placeholders: frozenset[str]) -> dict[str, str]:
    """By placeholder, the one account that hand-written ARNs name for resources of the stack itself.

    Args:
        resources: all of a stack, with placeholders in their ARNs.
        placeholders: those for accounts that nothing states.
    """
    resources = tuple(resources)
    declared: dict[Key, set[str]] = {}
    for resource in resources:
        # Another stack's ARNs, and those of a resource that is only read, are not written by hand.
        read = _arns({**resource.inputs, **resource.outputs}) if resource.external else _own(resource)
        for arn in read:
            if not resource.external or arn.account not in placeholders:
                declared.setdefault(_key(arn), set()).add(arn.account)
    candidates: dict[str, set[str]] = {}
    for resource in resources:
        for arn in () if resource.external else _written(resource):
            accounts = next((declared[key] for key in _upwards(arn) if key in declared), set())
            owners = accounts & placeholders
            if len(owners) == 1 and arn.account not in accounts and re.fullmatch(r"\d{12}", arn.account):
                candidates.setdefault(min(owners), set()).add(arn.account)
    return {placeholder: min(accounts) for placeholder, accounts in candidates.items() if len(accounts) == 1}


def _key(arn: Arn) -> Key:
    return arn.partition, arn.service, arn.region, arn.resource


def _own(resource: Resource) -> Iterator[Arn]:
    """The ARNs of a resource that the stack declares, as AWS forms them."""
    for name in OWN_ARNS:
        arn = Arn.parse(str(resource.outputs.get(name))) if name not in resource.inputs else None
        if arn is not None:
            yield arn


def _written(resource: Resource) -> Iterator[Arn]:
    """The ARNs in a resource's inputs, except those in secrets and those that may belong to another owner."""
    secret = {re.split(r"[.\[]", path)[0] for path in resource.secrets}
    yield from _arns({name: value for name, value in resource.inputs.items() if name not in secret})


def _arns(value: Any) -> Iterator[Arn]:
    match value:
        case str():
            if value.startswith("arn:") and (arn := Arn.parse(value)) is not None:
                yield arn
            elif "arn:" in value and value.lstrip().startswith(("{", "[")):
                with suppress(ValueError, RecursionError):
                    yield from _arns(json.loads(value))
        case Mapping():
            for inner in _own_parts(value):
                yield from _arns(inner)
        case list() | tuple():
            for inner in value:
                yield from _arns(inner)


def _own_parts(value: Mapping[str, Any]) -> Iterator[Any]:
    """The values of a mapping that are about the stack itself: in a policy document, the resources of its statements."""
    if "Statement" not in value:
        yield from (inner for name, inner in value.items() if str(name).lower() not in OF_OTHERS)
        return
    statements = value["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping):
            yield from (statement.get("Resource"), statement.get("NotResource"))


def _upwards(arn: Arn) -> Iterator[Key]:
    """The key of an ARN, then those of its possible parents: a function for its alias, a table for its indexes."""
    yield _key(arn)
    separators = SEPARATORS.get(arn.service, ":/")
    for end in range(len(arn.resource) - 1, 0, -1):
        if arn.resource[end] in separators:
            yield arn.partition, arn.service, arn.region, arn.resource[:end]
