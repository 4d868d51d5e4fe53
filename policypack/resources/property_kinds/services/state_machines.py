"""The states in a definition of Step Functions that it refuses: a JSON text in, clauses out.

The states in a `Map` or a `Parallel` state are a state machine of their own, whose states name one another only.

Sources: https://states-language.net/spec.html (Step Functions answers `SCHEMA_VALIDATION_FAILED`, or
`MISSING_TRANSITION_TARGET` for a state that there is not) and
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html (the fields of each query language).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.core.spelling import similar
from policypack.iam.arn import Arn
from policypack.resources.property_kinds.arn_forms import INVOCATION, is_invocation
from policypack.resources.property_kinds.json_texts import decoded, items
from policypack.resources.property_kinds.services.integrations import integration_problems

_SHOWN = re.compile(r"[\w.$ -]{1,80}")
_STEPS = ("Map", "Parallel", "Pass", "Task", "Wait")
"""The types of states that another state follows, or that are the last one."""
_LAST = ("Fail", "Succeed")
_TYPES = ("Choice", *_LAST, *_STEPS)
_TARGETS = ("Next", "Default")
_MACHINES = ("Iterator", "ItemProcessor")
"""The elements of a Map state that are state machines; those of a Parallel state are in `Branches`."""
_FIELDS: Mapping[str, Sequence[str]] = {
    "JSONata": ("InputPath", "ItemsPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector"),
    "JSONPath": ("Arguments", "Output"),
}
"""By query language, the fields of a state that only the other one has."""
_NO_ARN = re.compile(r"(?!arn:)[\w.:/ -]*")
"""A plain text that is no ARN; a placeholder in another text is reported as one."""


def state_machine_problems(text: str) -> Iterator[str]:
    """The states of a definition that name no state, end nowhere, or have a type or a resource that there is not."""
    yield from _machine(decoded(text), "JSONPath")


def _machine(machine: Any, language: str) -> Iterator[str]:
    states = machine.get("States") if isinstance(machine, Mapping) else None
    if not isinstance(states, Mapping) or not states:
        return
    language = machine.get("QueryLanguage") or language
    if machine.get("StartAt") is None:
        yield "has `States` without `StartAt`, the name of the first one"
    names = [*states]
    yield from _missing("StartAt", machine.get("StartAt"), names)
    for name, state in states.items():
        if isinstance(state, Mapping):
            own = state.get("QueryLanguage") or language
            shown = f"the state `{name}`" if _SHOWN.fullmatch(name) else "a state"
            yield from _targets(state, names)
            yield from (f"has {shown} {clause}" for clause in _state(state, own))
            for inner in (*(state.get(part) for part in _MACHINES), *items(state.get("Branches"))):
                yield from _machine(inner, own)


def _targets(state: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """The states that a state names, and that are not beside it."""
    for target in _TARGETS:
        yield from _missing(target, state.get(target), names)
    for part in ("Choices", "Catch"):
        for element in items(state.get(part)):
            yield from _missing("Next", element.get("Next"), names)


def _state(state: Mapping[str, Any], language: Any) -> Iterator[str]:
    kind = state.get("Type")
    if not isinstance(kind, str):
        yield "without a `Type`"
    elif kind not in _TYPES:
        close = [known for known in _TYPES if known.lower() == kind.lower()] or similar(kind, _TYPES)
        yield f"of a `Type` that there is not{f'; did you mean `{close[0]}`?' if close else ''}"
    else:
        yield from _transition(kind, state)
        yield from _task(state) if kind == "Task" else ()
        if wrong := [field for field in _FIELDS.get(str(language), ()) if field in state]:
            yield f"with `{wrong[0]}`, which its `QueryLanguage`, `{language}`, does not have"


def _transition(kind: str, state: Mapping[str, Any]) -> Iterator[str]:
    following, last = state.get("Next"), state.get("End")
    if kind in _STEPS:
        if following is None and last is not True:
            yield "with neither `Next` nor `End`"
        elif following is not None and last is True:
            yield "with both `Next` and `End`"
    elif following is not None or last is True:
        yield f"of type `{kind}`, which takes no `{'Next' if following is not None else 'End'}`"
    if kind == "Choice" and any(choice.get("Next") is None for choice in items(state.get("Choices"))):
        yield "with a choice that has no `Next`"


def _task(state: Mapping[str, Any]) -> Iterator[str]:
    resource = state.get("Resource")
    if resource is None:
        yield "of type `Task` without a `Resource`"
    elif isinstance(resource, str) and _NO_ARN.fullmatch(resource):
        yield "with a `Resource` that is no ARN"
    elif isinstance(resource, str) and is_invocation(Arn.parse(resource)):
        yield f"with a `Resource` that {INVOCATION}"
    elif isinstance(resource, str):
        yield from integration_problems(resource)
    for part in ("Parameters", "Arguments"):
        passed = state.get(part)
        function = passed.get("FunctionName") if isinstance(passed, Mapping) else None
        if isinstance(function, str) and is_invocation(Arn.parse(function)):
            yield f"with a `FunctionName` that {INVOCATION}"


def _missing(element: str, name: Any, names: Sequence[str]) -> Iterator[str]:
    """A state that is not among those beside the element that names it."""
    if isinstance(name, str) and name not in names:
        close = similar(name, names)
        shown = f" `{name}`" if _SHOWN.fullmatch(name) else ""
        hint = f"; did you mean `{close[0]}`?" if close else ""
        yield f"has the state{shown} in `{element}`, which `States` beside it does not define{hint}"
