"""One preview or update: the engine's requests in, diagnostics out.

In a preview a resource with unknown inputs is judged at the end, with the stack: by then the offline run has resolved
what it could, and nothing is created before. In an update everything is judged at once, before the engine creates it.

Whether a managed policy is only a permissions boundary is known once the other resources are (decision 40): a preview
judges it at the end, an update before something attaches it.

The engine sends outputs only with the stack, and inputs only with each resource, so the session keeps the inputs of
every resource until the stack is analyzed. See docs/decisions/0001-entry-point.md.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from policypack.access.usage import as_used, is_document_of_domain
from policypack.core.policy import UNKNOWN, EnforcementLevel, Kind, Outcome, Policy, Resource, Severity, Stack, Unseen
from policypack.core.values import has_unknown
from policypack.core.wire import decode
from policypack.crossguard import program
from policypack.crossguard.offline import OfflineAnswer, OfflineRun
from policypack.crossguard.program_waivers import ProgramWaivers
from policypack.crossguard.resolution import SET_BY_PROVIDER, Resolver
from policypack.crossguard.stack_settings import Levels, StackSettings
from policypack.evaluation.coverage import summary, without_policy
from policypack.evaluation.evaluate import Accepted, concerns, evaluate, judge, requirements
from policypack.evaluation.exempting import settled
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.redaction import Mask
from policypack.evaluation.settings import Settings, SettingsError
from policypack.evaluation.settings.selectors import enforcement, runs
from policypack.lambda_code.unread_code import unread_code
from policypack.policies.pulumi.unknown_value import POLICY as UNKNOWN_VALUE
from policypack.resources.attachments import attached_by, only_boundaries
from policypack.resources.naming import name_prefix, physical_name
from policypack.resources.tokens import MANAGED_POLICY
from stackguard.preview import Preview
from stackguard.preview.provider.resource_rules import rule_of
from stackguard.preview.values import plain
from stackguard.stand_in import LINE, STAND_IN_ACCOUNT, mentioned

REGION = "aws:region"
MOCK = ("with `--mock FILE`", "in a file that the setting `mockFiles` names")
"""Where mock answers come from: for the gate, and for the pack."""
WARM_UP = 200
"""Number of resources that are judged to warm up: enough to load what policies need."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One violation, as reported to the engine; `urn` is empty if it is the stack's."""

    policy: Policy[Any]
    level: EnforcementLevel
    message: str
    urn: str = ""


class Session:
    """The state of one preview or update."""

    def __init__(
        self,
        policies: Sequence[Policy[Any]],
        settings: StackSettings,
        folder: Path,
        start: Callable[..., OfflineRun] | None = OfflineRun,
        *,
        summarize: bool = True,
    ) -> None:
        """Begin.

        Args:
            policies: the cards to judge by.
            settings: the operator's.
            folder: the pack's own.
            start: starts the offline run of a preview's program; without one, unknown values stay unknown.
            summarize: whether a preview ends with a note on the resources that no policy is about.
        """
        self._policies = policies
        self._by_id = {policy.id: policy for policy in policies}
        self._configured = settings
        self._pack = folder
        self._start = start
        self._summarize = summarize
        self._preview = False
        self._region = json.loads(os.environ.get("PULUMI_CONFIG") or "{}").get(REGION)
        self._offline: OfflineRun | None = None
        self._lock = threading.Lock()
        self._resources: dict[str, Resource] = {}
        self._waiting: set[str] = set()
        self._undecided: list[Outcome] = []
        self._held: dict[str, tuple[Resource, list[Outcome]]] = {}
        """By URN, a managed policy that nothing attaches so far, and its outcomes if something does."""
        self._mask = Mask()
        self._waivers = ProgramWaivers()

    def configure(self, request: Any) -> None:
        """Take the engine's `AnalyzerStackConfigureRequest`: the stack, and whether this is a preview."""
        self._preview = request.dry_run
        self._region = request.config.get(REGION, self._region)
        self._configured.configure(request, self._region)
        self._waivers = self._configured.waivers
        self._mask = Mask(frozenset({request.project, request.stack, request.organization}))
        self._mask.add(request.config[key] for key in request.config_secret_keys if key in request.config)
        if not request.dry_run:
            self._offline = None
        elif self._start and self._offline is None:
            self._offline = self._start(request, self._settings, self._pack, self._warm_up)

    @property
    def _settings(self) -> Settings:
        """The settings of the stack, without a policy's own configuration."""
        return self._configured.settings

    def analyze(self, request: Any, levels: Levels) -> list[Diagnostic]:
        """The diagnostics of one resource, by its inputs: an `AnalyzeRequest`."""
        self._configured.choose(levels)
        inputs, secrets = decode(plain(request.properties), self._folder)
        provider = request.provider.urn if request.HasField("provider") else ""
        accepts = self._offline.accepts(request.type, inputs) if self._offline else None
        resource = Resource(
            request.type, request.name, inputs, request.urn, provider=provider, secrets=secrets, accepts=accepts
        )
        by_use = resource.type == MANAGED_POLICY or is_document_of_domain(resource)
        wait = self._preview and (has_unknown(inputs) or by_use)
        with self._lock:
            self._resources[resource.urn] = resource
            if wait:
                self._waiting.add(resource.urn)
        problems = [Diagnostic(UNKNOWN_VALUE, EnforcementLevel.MANDATORY, text, request.urn) for text in self._misfits]
        if wait:
            return self._masked(problems)
        outcomes = self._released(resource) + self._judged(self._used(resource), levels, problems)
        if self._preview:
            undecided = [outcome for outcome in outcomes if outcome.kind is Kind.UNDECIDED]
            with self._lock:
                self._undecided += undecided
            outcomes = [outcome for outcome in outcomes if outcome.kind is not Kind.UNDECIDED]
        elif outcomes and resource.type == MANAGED_POLICY and (physical_name(resource) or name_prefix(resource)):
            outcomes = self._held_back(resource, outcomes, levels)
        return self._masked([*problems, *_reports(outcomes)])

    def _used(self, resource: Resource) -> Resource:
        """The resource by those registered so far, of which the domain is one that a document refers to."""
        if not is_document_of_domain(resource):
            return resource
        with self._lock:
            return as_used(Stack(tuple(self._resources.values()), self._settings), resource)

    def _held_back(self, policy: Resource, outcomes: list[Outcome], levels: Levels) -> list[Outcome]:
        """The outcomes of a managed policy that it has as a boundary too; the others wait until it is attached."""
        anyway = {_key(outcome) for outcome in self._judged(replace(policy, only_boundary=True), levels, [])}
        with self._lock:
            others = [resource for urn, resource in self._resources.items() if urn != policy.urn]
            seen = Stack((policy, *others), self._settings)
            if any(policy.urn in attached_by(seen, other) for other in others):
                return outcomes
            self._held[policy.urn] = policy, [outcome for outcome in outcomes if _key(outcome) not in anyway]
        return [outcome for outcome in outcomes if _key(outcome) in anyway]

    def _released(self, resource: Resource) -> list[Outcome]:
        """The outcomes that were held back of the policies that this resource attaches or may attach."""
        with self._lock:
            policies = tuple(policy for policy, _ in self._held.values())
            urns = attached_by(Stack((*policies, resource), self._settings), resource) if policies else ()
            return [outcome for urn in urns for outcome in self._held.pop(urn)[1]]

    def analyze_stack(self, request: Any, levels: Levels) -> list[Diagnostic]:
        """The diagnostics of the stack, and of the resources with unknown values: an `AnalyzeStackRequest`."""
        self._configured.choose(levels)
        resources = self._in_order(request.resources)
        answer = self._offline.answer() if self._offline else OfflineAnswer(None)
        unseen: tuple[Unseen, ...] = ()
        if answer.preview is not None:
            resources, unseen = _resolved(resources, answer.preview)
            self._mask.texts |= answer.preview.mask.texts
        problems = [Diagnostic(UNKNOWN_VALUE, EnforcementLevel.MANDATORY, text) for text in self._misfits]
        outcomes = list(self._undecided)
        stack = Stack(tuple(resources), self._settings, unseen)
        for urn, (_, held) in self._held.items():
            outcomes += held if urn not in only_boundaries(stack) else ()
        seen = {resource.urn for resource in resources}
        for resource in (*resources, *(self._resources[urn] for urn in sorted(self._waiting - seen))):
            if resource.urn in self._waiting:
                outcomes += self._judged(as_used(stack, resource), levels, problems)
        self._resources, self._waiting, self._undecided = {}, set(), []  # this is the last of a preview's requests
        self._held = {}
        outcomes += self._judged(stack, levels, problems)
        reports = [*problems, *_reports(outcomes), *self._waiver_problems()]
        active = [policy for policy in self._policies if runs(policy, self._settings)]
        if self._preview and self._summarize and (unjudged := without_policy(active, resources)):
            reports.append(_note(summary(unjudged), "Resources that no policy is about"))
        if self._preview:
            reports += [_note(text, "Settings that do not count") for text in self._configured.notes(active)]
        if self._preview and self._summarize:
            reports += [
                _note(unread.summary, f"{unread.part.title()} that no policy reads")
                for unread in unread_code(active, stack)
            ]
        if answer.reason:
            without = "the offline run gave no values, so what the preview does not know stays unknown"
            reports.append(_note(f"{without}: {answer.reason}"))
        if answer.preview is not None and answer.preview.stand_in and mentioned(report.message for report in reports):
            reports.append(_note(LINE))
        return self._masked(reports)

    def _warm_up(self, preview: Preview) -> None:
        """Load what judging at the end needs, by judging resources of the offline run; the outcomes are dropped."""
        evaluate(self._policies, Stack(preview.resources[:WARM_UP], self._settings))

    def _masked(self, reports: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The diagnostics with the pack's settings named, without secrets of the stack's config and of the program."""
        return [replace(report, message=self._mask.hide(report.message.replace(*MOCK))) for report in reports]

    @cached_property
    def _folder(self) -> Path:
        return self._offline.folder() if self._offline else program.working_folder()

    def _in_order(self, sent: Iterable[Any]) -> list[Resource]:
        """The resources of an `AnalyzeStackRequest`, in the order in which they were analyzed."""
        order = {urn: index for index, urn in enumerate(self._resources)}
        return sorted(map(self._completed, sent), key=lambda resource: order.get(resource.urn, len(order)))

    def _completed(self, sent: Any) -> Resource:
        """A resource with the outputs that the engine sends, and the inputs kept from its own analysis."""
        outputs, secrets = decode(plain(sent.properties), self._folder)
        analyzed = self._resources.get(sent.urn)
        return Resource(
            sent.type,
            sent.name,
            outputs if analyzed is None else analyzed.inputs,
            sent.urn,
            outputs=outputs,
            parent=sent.parent,
            provider=sent.provider.urn if sent.HasField("provider") else "",
            dependencies=tuple(sent.dependencies),
            property_dependencies={name: tuple(urns.urns) for name, urns in sent.propertyDependencies.items()},
            secrets=secrets if analyzed is None else secrets | analyzed.secrets,
            custom=sent.HasField("provider") or sent.type.startswith(("aws:", "pulumi:")),  # a component has none
            external=analyzed is None,  # the engine does not analyze resources that it only reads
        )

    def _judged(self, subject: Resource | Stack, levels: Levels, problems: list[Diagnostic]) -> list[Outcome]:
        """The outcomes for a resource, or for a stack; a configuration that does not fit is added to `problems`."""
        first = self._without_waivers(subject, levels, problems, {})
        if not self._waivers:
            return first
        whole = isinstance(subject, Stack)
        ran = {policy.id for policy in self._policies if policy.over_stack == whole}
        resources = subject.resources if isinstance(subject, Stack) else (subject,)

        def judged(accepted: Accepted) -> list[Outcome]:
            return self._without_waivers(subject, levels, [], accepted) if accepted else first

        def exempt(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
            with self._lock:
                known = (*self._resources.values(), *resources) if outcomes else ()
            return self._waivers.exempt(outcomes, ran, resources, known, self._settings)

        return [*settled(self._policies, judged, exempt)]

    def _waiver_problems(self) -> list[Diagnostic]:
        """The waivers that somebody has to edit."""
        mandatory = self._settings.waiver_problems == "mandatory"
        level = EnforcementLevel.MANDATORY if mandatory else EnforcementLevel.ADVISORY
        return [
            replace(_note(f"{problem.source}: {problem.message}", "Waivers to edit"), level=level)
            for problem in self._waivers.problems()
        ]

    def _without_waivers(
        self, subject: Resource | Stack, levels: Levels, problems: list[Diagnostic], accepted: Accepted
    ) -> list[Outcome]:
        urn = subject.urn if isinstance(subject, Resource) else ""
        stacks: list[Stack] = []
        outcomes: list[Outcome] = []
        for policy in self._policies:
            try:
                settings = self._configured.of(levels[policy.id][1])
            except SettingsError as error:
                problems.append(Diagnostic(policy, EnforcementLevel.MANDATORY, str(error), urn))
                continue
            if not concerns(policy, subject) or not runs(policy, settings):
                continue
            if isinstance(subject, Stack) and subject.settings is not settings:
                subject = next((stack for stack in stacks if stack.settings is settings), None) or replace(
                    subject, settings=settings
                )
                stacks.append(subject)
            required = requirements(policy, self._by_id, partial(enforcement, settings=settings))
            outcomes += judge(policy, subject, settings, required, accepted)
        return outcomes

    @property
    def _misfits(self) -> tuple[str, ...]:
        """What is wrong with the settings and the waivers beside the program: it blocks everything."""
        return (*self._configured.problems, *filter(None, [self._waivers.misfit]))


def _key(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.policy.id, outcome.path, outcome.message


def _note(text: str, title: str = UNKNOWN_VALUE.title) -> Diagnostic:
    """A note about what was not judged: CrossGuard shows a pack's notes as advisory violations only."""
    return Diagnostic(replace(UNKNOWN_VALUE, severity=Severity.LOW, title=title), EnforcementLevel.ADVISORY, text)


def _resolved(resources: Sequence[Resource], offline: Preview) -> tuple[list[Resource], tuple[Unseen, ...]]:
    """The engine's resources with the values of the offline run, and the resources that neither run saw."""
    resolver = Resolver(offline.resources, offline.made_up | ({STAND_IN_ACCOUNT} if offline.stand_in else set()))
    managed = [resource for resource in resources if not resource.external]
    for resource in managed:
        resolver.learn(resource, _by_provider(resource, resolver.offline(resource.urn)))
    existing = {resource.urn for resource in resources if _exists(resource)}
    late = {
        text
        for resource in managed
        if resource.urn not in existing and (known := resolver.offline(resource.urn))
        for text in _computed(known, resource)
    }
    unseen = tuple(entry for entry in offline.unseen if not _known(entry, existing, late))
    urns = {resource.urn for resource in resources}
    read = (resource for resource in offline.resources if resource.external and resource.urn not in urns)  # never sent
    resolved = (resource if resource.external else resolver.resolved(resource) for resource in resources)
    return [*resolved, *map(resolver.renamed, read)], unseen


def _by_provider(engine: Resource, offline: Resource | None) -> set[str]:
    """The inputs that the provider's Check may add on one side only, as its version decides on names and defaults.

    An input that only the engine has is a default if it is a plain value, or if its type has no rule.
    """
    rule = rule_of(engine.type)
    only_engine = engine.inputs.keys() - offline.inputs.keys() if offline else set()
    if rule is None:
        return only_engine
    defaults = {name for name in only_engine if isinstance(engine.inputs[name], str | int | float)}
    return defaults | rule.defaults.keys() | ({rule.naming.property} if rule.naming else set())


def _exists(resource: Resource) -> bool:
    """Whether the engine has the resource's outputs from an older state, because it does not change."""
    more = resource.outputs.keys() - resource.inputs.keys() - SET_BY_PROVIDER
    return bool(more) and not has_unknown(resource.outputs)


def _computed(offline: Resource, engine: Resource) -> Iterator[str]:
    """The texts that the offline run computed for a resource and that are unknown to the engine."""
    yield offline.id
    for name, value in offline.outputs.items():
        if isinstance(value, str) and has_unknown(engine.outputs.get(name, engine.inputs.get(name, UNKNOWN))):
            yield value


def _known(unseen: Unseen, existing: set[str], late: set[str]) -> bool:
    """Whether the engine has the value that a function lacked offline, so that its own program ran the function.

    `late` are the texts that are unknown to the engine.
    """
    if unseen.function:
        return not any(text and text in unseen.args for text in late)
    return bool(unseen.waits_for) and existing.issuperset(unseen.waits_for)


def _reports(outcomes: Iterable[Outcome]) -> list[Diagnostic]:
    merged = one_per_value(outcomes)
    return [Diagnostic(item.policy, _level(item), message(item), item.resource.urn) for item in merged]


def _level(outcome: Outcome) -> EnforcementLevel:
    return EnforcementLevel.ADVISORY if outcome.exemption else outcome.enforcement


def message(outcome: Outcome) -> str:
    """The text that the preview prints for an outcome, below the policy's title."""
    head = outcome.path if outcome.kind is Kind.VIOLATION else str(outcome.kind)  # the title alone claims a breach
    waits_for = ", ".join(f"`{urn.rpartition('::')[2]}`" for urn in outcome.waits_for)
    text = f"{outcome.message}{waits_for and f'; waits for {waits_for}'}. Fix: {outcome.fix}"
    if outcome.exemption:
        text += f" Waived until {outcome.exemption.expires}: {outcome.exemption.reason}"
    return f"{head}: {text}" if head else text
