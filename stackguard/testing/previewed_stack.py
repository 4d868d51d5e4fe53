"""A stack that a test reads and judges: a program, previewed offline, or an export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from policypack.core.policy import Kind, Outcome, Policy, Resource, Severity
from policypack.evaluation.settings import Settings, SettingsError
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, of_settings
from stackguard.gate.request import run as judge
from stackguard.reports import Run, Screen, render
from stackguard.sources import LoadedStack, load
from stackguard.sources.settings import settings_for
from stackguard.testing.policy_assertions import expectation, fits


def preview(request: CheckRequest) -> PreviewedStack:
    """Read the target of a request: run the program, once.

    Raises:
        CannotJudge: it cannot be read or run.
        SettingsError: the settings are malformed.
    """
    return PreviewedStack(request, load(request.target, request.options.under(_settings(request))))


def _settings(request: CheckRequest) -> Settings:
    return settings_for(request.target, request.options.stack, request.settings, request.central)


@dataclass(frozen=True, repr=False)
class PreviewedStack:
    """The resources of a stack, and assertions about them."""

    request: CheckRequest
    loaded: LoadedStack
    _runs: dict[object, Run] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<PreviewedStack {self.loaded.name.project}/{self.loaded.name.stack}: {len(self.loaded.resources)} resources>"

    def __getitem__(self, key: tuple[Any, str] | str) -> Resource:
        """The resource of a type and a name, or of a name that only one resource has.

        Raises:
            LookupError: there is none, or there are several.
        """
        token, name = (None, key) if isinstance(key, str) else key
        fitting = [resource for resource in self._judged if resource.name == name]
        fitting = [resource for resource in fitting if token is None or is_of(resource, token)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            types = ", ".join(f"`{resource.type}`" for resource in fitting)
            raise LookupError(
                f"{len(fitting)} resources have the name `{name}`, of the types {types}; give the type too"
            )
        raise LookupError(f"there is no resource `{name}`{f' of {_token(token)}' if token else ''}; {self._near(name)}")

    def resources(self, token: Any = None) -> list[Resource]:
        """The resources of a type, in the order of the program; all, without one.

        Args:
            token: `aws:s3/bucket:Bucket`, `aws:s3:Bucket` or a class of the SDK, `aws.s3.Bucket`.
        """
        return [resource for resource in self._judged if token is None or is_of(resource, token)]

    @property
    def _judged(self) -> Iterator[Resource]:
        return (resource for resource in self.loaded.resources if not resource.external)

    def _near(self, name: str) -> str:
        names = sorted({resource.name for resource in self._judged})
        near = get_close_matches(name, names, n=3, cutoff=0.5) or names[:10]
        return f"the program has {', '.join(f'`{other}`' for other in near)}" if near else "the program has none"

    def run(self, policies: Sequence[str | Policy[Any]] | None = None, fail_on: Severity | str = Severity.LOW) -> Run:
        """Judge the stack as `stackguard check` does, with its settings, waivers and baseline.

        Args:
            policies: ids of policies, and cards; by default every policy that `stackguard check` would run.
            fail_on: the lowest severity that blocks.

        Raises:
            AssertionError: it cannot be judged, as if no policy has such an id.
        """
        __tracebackhide__ = True
        chosen = policies or ()
        key = (tuple(policy if isinstance(policy, str) else id(policy) for policy in chosen), Severity(fail_on))
        if key not in self._runs:
            cards = [policy for policy in chosen if isinstance(policy, Policy)]
            request = replace(self.request, policies=tuple(map(_id, chosen)), fail_on=key[1])
            try:
                known = (*of_settings(self.request), *cards)
                self._runs[key] = judge(request, tuple({policy.id: policy for policy in known}.values()), self._loading)
            except (CannotJudge, SettingsError) as error:
                raise AssertionError(f"cannot judge: {error}") from None
        return self._runs[key]

    def _loading(self, *_arguments: object) -> LoadedStack:
        return self.loaded

    def assert_clean(
        self, policies: Sequence[str | Policy[Any]] | None = None, fail_on: Severity | str = Severity.LOW
    ) -> None:
        """Assert that `stackguard check` would exit with 0; the arguments are those of `run`."""
        __tracebackhide__ = True
        run = self.run(policies, fail_on)
        if run.exit_code:
            raise AssertionError(f"the stack must be clean:\n\n{render(run, 'text', Screen())}")

    def assert_violation(
        self, policy: str | Policy[Any], on: str = "", path: str | None = None, message: str = ""
    ) -> list[Outcome]:
        """Assert that a policy reports a violation; returns those that fit, also if they are advisory or waived.

        Args:
            policy: the id of a policy, or a card.
            on: the name or the URN of the resource.
            path: the property path.
            message: a part of the message.
        """
        __tracebackhide__ = True
        if on and not any(on in {resource.name, resource.urn} for resource in self._judged):
            raise AssertionError(f"there is no resource `{on}`; {self._near(on)}")
        run = self.run((policy,))
        outcomes = [outcome for report in run.reports for outcome in report.outcomes]
        fitting = [
            outcome
            for outcome in outcomes
            if (outcome.kind, outcome.policy.id) == (Kind.VIOLATION, _id(policy)) and fits(outcome, message, on, path)
        ]
        if not fitting:
            expected = expectation(Kind.VIOLATION, message, on, path)
            raise AssertionError(f"`{_id(policy)}` must report{expected}:\n\n{render(run, 'text', Screen())}")
        return fitting


def _id(policy: str | Policy[Any]) -> str:
    return policy if isinstance(policy, str) else policy.id


def is_of(resource: Resource, token: Any) -> bool:
    """Whether a resource is of a type, as `PreviewedStack.resources` takes it."""
    return _short(resource.type) == _short(_token(token))


def _token(token: Any) -> str:
    return str(getattr(token, "pulumi_type", token))


def _short(token: str) -> str:
    """The token without the part of the module that repeats the type: `aws:s3:Bucket` for `aws:s3/bucket:Bucket`."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return f"{package}:{module.partition('/')[0]}:{name}" if name and module else token
