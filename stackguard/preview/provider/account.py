"""The account of each provider: stated, or found in the program's own ARNs, else the stand-in.

What states an account is known before the program runs. An ARN that a program writes by hand is known only at its end,
so until then each account that nothing states has a placeholder: twelve digits that no program writes by hand, the same
in every run. At the end each placeholder becomes the account that was found, or the stand-in. A placeholder stands for
one provider's account, so what is derived from it is told apart from a text of the program's own, and from what is
derived from another provider.
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
from policypack.resources.providers import CREDENTIALS
from stackguard.preview.placeholders.mock import Mock, camel, unknown_in
from stackguard.preview.provider.autonaming import draw
from stackguard.preview.provider.substitution import Substitution
from stackguard.stand_in import CONFIG_KEY, STAND_IN_ACCOUNT

CALLER_IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"
OWN_ARNS = ("arn", "arnWithoutRevision")
"""The outputs that hold a resource's own ARN; others, such as `functionArn`, may be another resource's."""
OF_OTHERS = frozenset({"principal", "principals", "notprincipal", "condition", "conditions", "sourcearn"})
"""Properties and elements, in lower case, in which a document names whom it lets in."""
SEPARATORS: Mapping[str, str] = {"iam": "", "logs": ":"}
"""By service, what stands between a resource and what lies below it: a role below a path is another role."""
DIGITS = "123456789"  # no zero: as a number it stays the same

Key = tuple[str, str, str, str]
"""An ARN without its account."""


@dataclass(slots=True)
class Accounts:
    """The accounts of the providers in one preview."""

    config: Mapping[str, str]
    mock: Mock
    setting: str | None = None
    """The operator's, which goes before everything else."""
    found: Mapping[str, str] = field(default_factory=dict)
    """By placeholder, the account that the program's own ARNs name; known once it has ended."""
    _placeholders: dict[str, str] = field(default_factory=dict)
    _shown: Substitution = field(default_factory=Substitution)

    def of(self, provider: Resource) -> str:
        """The account of a provider, or the placeholder for it: one for all providers with the same credentials."""
        stated = self.setting or self.config.get(CONFIG_KEY) or stated_by(provider.inputs) or _mocked(self.mock)
        if stated:
            return stated
        credentials = _credentials(provider)
        if credentials not in self._placeholders:
            self._placeholders[credentials] = draw(f"account {credentials}", DIGITS, 12)
            self._shown = Substitution(dict.fromkeys(self._placeholders.values(), STAND_IN_ACCOUNT))
        return self._placeholders[credentials]

    @property
    def stand_in(self) -> bool:
        """Whether the stand-in is used for some provider."""
        return any(each not in self.found for each in self._placeholders.values())

    @property
    def shown(self) -> Substitution:
        """What the program's values look like while it runs: with the stand-in in place of every placeholder."""
        return self._shown

    @property
    def settled(self) -> Substitution:
        """What they look like once accounts are found."""
        return Substitution({**self._shown.texts, **self.found}) if self.found else self._shown

    def find(self, resources: Iterable[Resource]) -> None:
        """Look for the accounts in the ARNs of all resources."""
        self.found = found_in(resources, frozenset(self._placeholders.values())) if self._placeholders else {}


def stated_by(provider: Mapping[str, Any]) -> str | None:
    """The account that a provider's inputs state: the only one it allows, else that of the role it assumes."""
    allowed = _structure(provider.get("allowedAccountIds"))
    if isinstance(allowed, list) and len(allowed) == 1:
        return str(allowed[0])
    roles = _structure(provider.get("assumeRoles"))
    if not isinstance(roles, list) or not roles or not isinstance(roles[-1], dict):
        return None
    match = re.match(r"arn:[\w-]+:iam::(\d{12}):", str(roles[-1].get("roleArn")))
    return match[1] if match else None


def _structure(value: Any) -> Any:
    """A provider's structured input: the SDK and the config both hand it on as JSON text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _mocked(mock: Mock) -> str | None:
    """The account of the caller's identity in a mock file, unless it is secret there."""
    answer = mock.function(CALLER_IDENTITY, {})
    if answer is None or answer.secrets or not isinstance(answer.value, Mapping):
        return None
    given = {camel(str(name)): value for name, value in answer.value.items()}
    account = str(given.get("accountId"))
    return account if re.fullmatch(r"\d{12}", account) else None


def _credentials(provider: Resource) -> str:
    """What decides a provider's account; where that is unknown, the provider itself."""
    given = {name: value for name in CREDENTIALS if (value := provider.inputs.get(name)) not in (None, "", [], {})}
    if unknown_in(given) is not None:
        return provider.urn
    return json.dumps(given, sort_keys=True, default=str)


def found_in(resources: Iterable[Resource], placeholders: frozenset[str]) -> dict[str, str]:
    """By placeholder, the one account that ARNs written by hand name for resources of the stack itself.

    Args:
        resources: all of a stack, with placeholders in their ARNs.
        placeholders: those for accounts that nothing states.
    """
    resources = tuple(resources)
    declared: dict[Key, set[str]] = {}
    for resource in resources:
        for arn in _given(resource) if resource.external else _own(resource):
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


def _given(resource: Resource) -> Iterator[Arn]:
    """The ARNs that another stack, or a resource that is only read, brings along: nobody writes these by hand."""
    yield from _arns({**resource.inputs, **resource.outputs})


def _written(resource: Resource) -> Iterator[Arn]:
    """The ARNs in a resource's inputs, but for those in secrets and those that may be of somebody else."""
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
        case list() | tuple():
            for each in value:
                yield from _arns(each)
        case Mapping():
            for each in _own_parts(value):
                yield from _arns(each)


def _own_parts(value: Mapping[str, Any]) -> Iterator[Any]:
    """What a mapping says of the stack itself: of a policy document, the resources of its statements."""
    if "Statement" not in value:
        yield from (each for name, each in value.items() if str(name).lower() not in OF_OTHERS)
        return
    statements = value["Statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        if isinstance(each, Mapping):
            yield from (each.get("Resource"), each.get("NotResource"))


def _upwards(arn: Arn) -> Iterator[Key]:
    """The key of an ARN, then those of what it may lie below: a function for its alias, a table for its indexes."""
    yield _key(arn)
    separators = SEPARATORS.get(arn.service, ":/")
    for end in range(len(arn.resource) - 1, 0, -1):
        if arn.resource[end] in separators:
            yield arn.partition, arn.service, arn.region, arn.resource[:end]
