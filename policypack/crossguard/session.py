"""One preview or update, as the engine tells the pack of it: what is judged when.

In a preview a resource with unknown inputs is judged at the end, with the stack: by then the offline run has told what
it could, and nothing is created before. In an update everything is judged at once, before the engine creates it.

Stack policies are handed outputs only, and resource policies inputs only, so the inputs of every resource are kept
from its own analysis until the stack's. See docs/decisions/0001-entry-point.md.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import msgspec

from policypack.core.policy import UNKNOWN, EnforcementLevel, Kind, Outcome, Policy, Resource, Severity, Stack, Unseen
from policypack.core.values import has_unknown
from policypack.core.wire import decode
from policypack.crossguard import program
from policypack.crossguard.offline import Configured, OfflineAnswer, OfflineRun
from policypack.crossguard.resolution import SET_BY_PROVIDER, Resolver
from policypack.evaluation.evaluate import evaluate, judge, requirements, undecided_level
from policypack.evaluation.masking import Mask
from policypack.evaluation.settings import UNSEEN, Settings, SettingsError, parse
from policypack.evaluation.unknown_values import one_per_value
from policypack.policies.pulumi.unknown_value import POLICY as UNKNOWN_VALUE
from stackguard.preview import Preview
from stackguard.preview.provider.resource_rules import rule_of
from stackguard.preview.values import plain
from stackguard.stand_in import LINE, STAND_IN_ACCOUNT, shown

REGION = "aws:region"
MOCK = ("with `--mock FILE`", "in a file that the setting `mockFiles` names")
"""How an answer is given: to the gate, and to the pack."""
ENOUGH = 200
"""Resources that are judged to warm up: they open what the policies need, and a stack of thousands is not judged twice."""
Levels = Mapping[str, tuple[EnforcementLevel, Mapping[str, Any] | None]]
"""By policy, the enforcement level and the configuration that the engine asks for."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One violation, as the engine is told of it; `urn` is empty where it is the stack's."""

    policy: Policy[Any]
    level: EnforcementLevel
    message: str
    urn: str = ""


class Run(Protocol):
    """An offline run of the program: `OfflineRun`, or one that a test has at hand."""

    def folder(self) -> Path:
        """The folder that relative paths of assets count from."""

    def accepts(self, type_token: str, inputs: Mapping[str, Any]) -> frozenset[str] | None:
        """The arguments of a type in the program's own SDK, where an input is none that our table has."""

    def answer(self) -> OfflineAnswer:
        """What came of it; waits for its end."""


Start = Callable[[Configured, Settings, Path, Callable[[Preview], object]], Run]
"""Starts a run of the program: takes its stack, the settings, the pack's folder, and what to do with time to spare."""


class Session:
    """What the pack knows of one preview or update."""

    def __init__(
        self, policies: Sequence[Policy[Any]], settings: Settings, folder: Path, start: Start | None = OfflineRun
    ) -> None:
        """Begin.

        Args:
            policies: the cards to judge by.
            settings: the operator's.
            folder: the pack's own.
            start: starts the offline run of a preview's program; None leaves unknown what a preview does not know.
        """
        self._policies = policies
        self._settings = settings
        self._pack = folder
        self._start = start
        self._preview = False
        self._region = json.loads(os.environ.get("PULUMI_CONFIG") or "{}").get(REGION)
        self._offline: Run | None = None
        self._lock = threading.Lock()
        self._resources: dict[str, Resource] = {}
        self._waiting: set[str] = set()
        self._undecided: list[Outcome] = []
        self._parsed: dict[str, Settings] = {}
        self._mask = Mask()

    def configure(self, request: Any) -> None:
        """Take the engine's `AnalyzerStackConfigureRequest`: what stack it is, and whether this is a preview."""
        self._preview = request.dry_run
        self._region = request.config.get(REGION, self._region)
        self._mask = Mask(frozenset({request.project, request.stack, request.organization}))
        self._mask.add(request.config[key] for key in request.config_secret_keys if key in request.config)
        if not request.dry_run:
            self._offline = None
        elif self._start and self._offline is None:
            self._offline = self._start(
                Configured(
                    request.project,
                    request.stack,
                    request.organization,
                    dict(request.config),
                    frozenset(request.config_secret_keys),
                ),
                self._settings,
                self._pack,
                self._warm_up,
            )

    def analyze(self, request: Any, levels: Levels) -> list[Diagnostic]:
        """What the policies say of one resource, by its inputs: an `AnalyzeRequest`."""
        inputs, secrets = decode(plain(request.properties), self._folder)
        provider = request.provider.urn if request.HasField("provider") else ""
        accepts = self._offline.accepts(request.type, inputs) if self._offline else None
        resource = Resource(
            request.type, request.name, inputs, request.urn, provider=provider, secrets=secrets, accepts=accepts
        )
        wait = self._preview and has_unknown(inputs)
        with self._lock:
            self._resources[resource.urn] = resource
            if wait:
                self._waiting.add(resource.urn)
        if wait:
            return []
        problems: list[Diagnostic] = []
        outcomes = self._judged(resource, levels, problems)
        if self._preview:
            undecided = [each for each in outcomes if each.kind is Kind.UNDECIDED]
            with self._lock:
                self._undecided += undecided
            outcomes = [each for each in outcomes if each.kind is not Kind.UNDECIDED]
        return self._shown([*problems, *_reports(outcomes)])

    def analyze_stack(self, request: Any, levels: Levels) -> list[Diagnostic]:
        """What the policies say of the stack, and of the resources that waited for it: an `AnalyzeStackRequest`."""
        resources = self._whole(request.resources)
        answer = self._offline.answer() if self._offline else OfflineAnswer(None)
        unseen: tuple[Unseen, ...] = ()
        if answer.preview is not None:
            resources, unseen = _resolved(resources, answer.preview)
            self._mask.texts |= answer.preview.mask.texts
        problems: list[Diagnostic] = []
        outcomes = list(self._undecided)
        seen = {each.urn for each in resources}
        for each in (*resources, *(self._resources[urn] for urn in sorted(self._waiting - seen))):
            if each.urn in self._waiting:
                outcomes += self._judged(each, levels, problems)
        self._resources, self._waiting, self._undecided = {}, set(), []  # this is the last of a preview's requests
        outcomes += self._judged_together(tuple(resources), unseen, levels, problems)
        reports = [*problems, *_reports(outcomes)]
        if answer.reason:
            message = (
                f"the offline run gave no values, so what the preview does not know stays unknown: {answer.reason}"
            )
            reports.append(_note(message))
        if answer.preview is not None and answer.preview.stand_in and shown(each.message for each in reports):
            reports.append(_note(LINE))
        return self._shown(reports)

    def _warm_up(self, preview: Preview) -> None:
        """Load what judging at the end needs, by judging what the offline run made; what comes of it is dropped."""
        evaluate(self._policies, Stack(preview.resources[:ENOUGH], self._settings_for(None)))

    def _shown(self, reports: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The reports in the pack's words, without what is known to be secret of the stack's config and of the program."""
        return [replace(each, message=self._mask.hide(each.message.replace(*MOCK))) for each in reports]

    @cached_property
    def _folder(self) -> Path:
        return self._offline.folder() if self._offline else program.working_folder()

    def _whole(self, given: Iterable[Any]) -> list[Resource]:
        """The resources as the engine hands them over, in the order in which they were analysed."""
        order = {urn: index for index, urn in enumerate(self._resources)}
        found = [self._completed(each) for each in given]
        return sorted(found, key=lambda each: order.get(each.urn, len(order)))

    def _completed(self, given: Any) -> Resource:
        """A resource with the outputs that the engine hands over, and the inputs kept from its own analysis."""
        outputs, secrets = decode(plain(given.properties), self._folder)
        analysed = self._resources.get(given.urn)
        return Resource(
            given.type,
            given.name,
            outputs if analysed is None else analysed.inputs,
            given.urn,
            outputs=outputs,
            parent=given.parent,
            provider=given.provider.urn if given.HasField("provider") else "",
            dependencies=tuple(given.dependencies),
            property_dependencies={name: tuple(each.urns) for name, each in given.propertyDependencies.items()},
            secrets=secrets if analysed is None else secrets | analysed.secrets,
            external=analysed is None,  # the engine analyses what it manages, and not what it only reads
        )

    def _judged(self, resource: Resource, levels: Levels, problems: list[Diagnostic]) -> list[Outcome]:
        """What policies that read one resource say; a configuration that does not fit is added to `problems`."""
        found: list[Outcome] = []
        for policy, settings, level, required in self._active(levels, problems, resource.urn, over_stack=False):
            found += _at(judge(policy, resource, settings, required), level, settings, levels)
        return found

    def _judged_together(
        self, resources: tuple[Resource, ...], unseen: tuple[Unseen, ...], levels: Levels, problems: list[Diagnostic]
    ) -> list[Outcome]:
        """What policies that read the whole stack say."""
        stacks: list[Stack] = []
        found: list[Outcome] = []
        for policy, settings, level, required in self._active(levels, problems, "", over_stack=True):
            stack = next((each for each in stacks if each.settings is settings), None)
            if stack is None:
                stack = Stack(resources, settings, unseen)
                stacks.append(stack)
            found += _at(judge(policy, stack, settings, required), level, settings, levels)
        return found

    def _active(
        self, levels: Levels, problems: list[Diagnostic], urn: str, *, over_stack: bool
    ) -> Iterator[tuple[Policy[Any], Settings, EnforcementLevel, tuple[Policy[Any], ...]]]:
        """The policies of a kind that are not disabled, each with its settings, its level and what excuses it."""
        for policy in self._policies:
            level, config = levels[policy.id]
            if policy.over_stack is over_stack and level is not EnforcementLevel.DISABLED:
                try:
                    settings = self._settings_for(config)
                except SettingsError as error:
                    problems.append(Diagnostic(policy, EnforcementLevel.MANDATORY, str(error), urn))
                    continue
                required = requirements(policy, self._policies, lambda each: levels[each.id][0])
                yield policy, settings, level, required

    def _settings_for(self, config: Mapping[str, Any] | None) -> Settings:
        """The file's settings, under what CrossGuard's configuration says for one policy; one object for one content.

        Raises:
            SettingsError: the configuration does not fit the schema.
        """
        key = repr((config, self._region))  # most policies have the same, and are asked for every resource
        if key not in self._parsed:
            given = {**msgspec.to_builtins(self._settings), **(config or {})}
            del given["stackRegion"]
            self._parsed[key] = parse(given, "policy configuration", self._region)
        return self._parsed[key]


def _note(text: str) -> Diagnostic:
    """What is to be known of the offline run: CrossGuard shows a pack's notes as advisory violations only."""
    return Diagnostic(replace(UNKNOWN_VALUE, severity=Severity.LOW), EnforcementLevel.ADVISORY, text)


def _resolved(resources: Iterable[Resource], offline: Preview) -> tuple[list[Resource], tuple[Unseen, ...]]:
    """The engine's resources with what the offline run knows of them, and what neither of the two saw."""
    resolver = Resolver(offline.resources, offline.made_up | ({STAND_IN_ACCOUNT} if offline.stand_in else set()))
    resources = list(resources)
    managed = [each for each in resources if not each.external]
    for each in managed:
        resolver.learn(each, _by_provider(each, resolver.offline(each.urn)))
    existing = {each.urn for each in resources if _exists(each)}
    late = {
        text
        for each in managed
        if each.urn not in existing and (known := resolver.offline(each.urn))
        for text in _computed(known, each)
    }
    unseen = tuple(each for each in offline.unseen if not _known(each, existing, late))
    here = {each.urn for each in resources}
    read = (each for each in offline.resources if each.external and each.urn not in here)  # the engine leaves them out
    found = [each if each.external else resolver.resolved(each) for each in resources]
    return [*found, *map(resolver.renamed, read)], unseen


def _by_provider(engine: Resource, offline: Resource | None) -> set[str]:
    """The inputs that the provider's Check may have added on one side only: its version decides about names and defaults.

    What only the engine has is a default where it is plain; of a type without a rule we know none of its defaults.
    """
    rule = rule_of(engine.type)
    only_engine = engine.inputs.keys() - offline.inputs.keys() if offline else set()
    if rule is None:
        return only_engine
    plain_ones = {name for name in only_engine if isinstance(engine.inputs[name], str | int | float)}
    return plain_ones | rule.defaults.keys() | ({rule.naming.property} if rule.naming else set())


def _exists(resource: Resource) -> bool:
    """Whether an older state has it, and nothing of it changes: the engine knows more of it than the program writes."""
    more = resource.outputs.keys() - resource.inputs.keys() - SET_BY_PROVIDER
    return bool(more) and not has_unknown(resource.outputs)


def _computed(offline: Resource, engine: Resource) -> Iterator[str]:
    """The texts that the offline run computed for a resource, and the engine does not know."""
    yield offline.id
    for name, value in offline.outputs.items():
        if isinstance(value, str) and has_unknown(engine.outputs.get(name, engine.inputs.get(name, UNKNOWN))):
            yield value


def _known(unseen: Unseen, existing: set[str], late: set[str]) -> bool:
    """Whether the engine has the value that a function waited for offline, so that its own program ran it.

    `late` are the texts that the engine does not know.
    """
    if unseen.function:
        return not any(text and text in unseen.args for text in late)
    return bool(unseen.waits_for) and existing.issuperset(unseen.waits_for)


def _at(outcomes: Iterable[Outcome], level: EnforcementLevel, settings: Settings, levels: Levels) -> list[Outcome]:
    """The outcomes at the level that the engine asks for; a crash blocks whatever it asks."""
    own, _ = levels.get(UNKNOWN_VALUE.id, (EnforcementLevel.MANDATORY, None))
    found = []
    for each in outcomes:
        unsure = undecided_level(each.policy.id, level, settings)
        if each.policy.id not in UNSEEN and own is not EnforcementLevel.MANDATORY:  # disabled counts as advisory
            unsure = EnforcementLevel.ADVISORY
        chosen = {Kind.VIOLATION: level, Kind.UNDECIDED: unsure, Kind.ERROR: EnforcementLevel.MANDATORY}
        found.append(each.at(chosen[each.kind]))
    return found


def _reports(outcomes: Iterable[Outcome]) -> list[Diagnostic]:
    return [
        Diagnostic(each.policy, each.enforcement, message(each), each.resource.urn) for each in one_per_value(outcomes)
    ]


def message(outcome: Outcome) -> str:
    """What the preview prints for an outcome, below the policy's title."""
    about = outcome.path if outcome.kind is Kind.VIOLATION else str(outcome.kind)  # the title alone claims a breach
    waits_for = ", ".join(f"`{urn.rpartition('::')[2]}`" for urn in outcome.waits_for)
    text = f"{outcome.message}{waits_for and f'; waits for {waits_for}'}. Fix: {outcome.fix}"
    return f"{about}: {text}" if about else text
