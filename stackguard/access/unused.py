"""What functions call and what their roles allow, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from policypack.access.least_privilege.analysis import Privilege, functions, privilege
from policypack.access.least_privilege.comparison import ExcessPermission, MissingPermission
from policypack.access.least_privilege.readers import grouped
from policypack.core.policy import Asset, Resource, Unknown, Unseen
from policypack.evaluation.redaction import hidden
from policypack.python.model import AwsCall, Text, UnknownPart
from stackguard.access.target import load
from stackguard.errors import CannotJudge
from stackguard.reports.formatting import indented_json
from stackguard.sources import RunOptions
from stackguard.stand_in import LINE, mentioned

T = TypeVar("T")
VERSION = 1
SHOWN_ARGUMENTS = frozenset(
    (
        "Bucket",
        "Key",
        "Prefix",
        "QueueUrl",
        "TopicArn",
        "TableName",
        "IndexName",
        "SecretId",
        "KeyId",
        "FunctionName",
        "Name",
        "Path",
        "stateMachineArn",
        "EventBusName",
        "StreamName",
        "modelId",
        "RequestItems{}",
    )
)
"""The arguments of a call that identify its resource."""


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """The answer about one function; `privilege` is None if it has no Python code."""

    function: Resource
    privilege: Privilege | Unknown | None

    @property
    def clean(self) -> bool:
        """Whether no permission is missing, unused or undecided."""
        privilege = self.privilege
        if not isinstance(privilege, Privilege):
            return False
        undecided = privilege.code.unresolved or privilege.role.unread
        return not (privilege.comparison.missing or privilege.comparison.excess or undecided)


@dataclass(frozen=True, slots=True)
class UnusedReport:
    """The answers about the functions of one stack."""

    answers: Sequence[FunctionAnswer]
    secrets: tuple[str, ...] = ()
    """The texts that the report may not show."""
    stand_in: bool = False
    """Whether ARNs of the stack can contain the stand-in account."""
    unseen: tuple[Unseen, ...] = ()
    """Resources that the preview cannot see: they can allow a role more."""


def ask(
    target: str, options: RunOptions, code: Path | None, name: str | None, central: Path | None = None
) -> UnusedReport:
    """Compare the code of a stack's functions with their roles.

    Args:
        target: as of `stackguard check`.
        options: how to run a program.
        code: the folder of the function's package; None is the package in the stack.
        name: of one function, as the program or AWS names it; None means all.
        central: the central settings file.

    Raises:
        CannotJudge: the target cannot be read, or it is ambiguous which function is meant.
    """
    loaded = load(target, options, central)
    stack = loaded.stack
    every = functions(stack)
    chosen = [function for function in every if name in (None, function.name, function["name"])]
    if not chosen:
        known = loaded.mask.hide(", ".join(f"`{function.name}`" for function in every))
        raise CannotJudge(
            f"{loaded.target} has no function `{name}`; it has {known}" if known else f"{loaded.target} has no function"
        )
    if code is not None and len(chosen) > 1:
        known = loaded.mask.hide(", ".join(f"`{function.name}`" for function in chosen))
        raise CannotJudge(
            f"`--code` is the code of one function, and {loaded.target} has {known}; choose one with `--function`"
        )
    package = Asset(path=str(code.resolve()), archive=True) if code else None
    answers = [FunctionAnswer(function, privilege(stack, function, package)) for function in chosen]
    return UnusedReport(answers, loaded.secrets, loaded.stand_in, loaded.unseen)


def exit_code(report: UnusedReport) -> int:
    """0 for a clean stack, 1 for anything else that was judged.

    Raises:
        CannotJudge: no function's code could be read.
    """
    answers = report.answers
    if not any(isinstance(answer.privilege, Privilege) for answer in answers):
        reasons = {answer.privilege.why for answer in answers if isinstance(answer.privilege, Unknown)}
        name = answers[0].function.name
        if not reasons:
            raise CannotJudge(f"`{name}` has no Python code in the stack; give its folder with `--code`")
        raise CannotJudge(f"the code of `{name}` {'; '.join(sorted(reasons))}; give its folder with `--code`")
    return int(bool(report.unseen) or not all(answer.clean or answer.privilege is None for answer in answers))


def render(report: UnusedReport, form: str) -> str:
    """The report as `text` or `json`, without secrets, with notes about unseen resources and the stand-in account."""
    document = {"version": VERSION, "functions": [_json(answer) for answer in report.answers]}
    lines = [*_text(report.answers), ""] if form == "text" else [indented_json(document)]
    notes = [f"undecided: the program {unseen.why}; {unseen.fix}" for unseen in report.unseen]
    if report.stand_in and mentioned(lines):
        notes.append(LINE)
    if notes and form == "json":
        lines = [indented_json(document | {"notes": notes})]
    elif notes:
        lines += [*(f"note: {note}" for note in notes), ""]
    return hidden("\n".join(lines), report.secrets)


def _sections(
    compared: Privilege,
    missing: Callable[[MissingPermission], T],
    over: Callable[[ExcessPermission], T],
    unread: Callable[[str], T],
) -> dict[str, list[T]]:
    """The missing, unused and undecided permissions, each as the functions render it."""
    gaps, excess = grouped(compared), compared.comparison.excess
    return {
        "missing": [missing(gap) for gap in gaps if gap.sure],
        "over": [over(statement) for statement in excess if statement.sure],
        "undecided": [
            *(missing(gap) for gap in gaps if not gap.sure),
            *(over(statement) for statement in excess if not statement.sure),
            *(unread(f"the function {clause}") for clause in compared.role.unread),
        ],
    }


def _text(answers: Sequence[FunctionAnswer]) -> Iterator[str]:
    for index, answer in enumerate(answers):
        if index:
            yield ""
        yield f"function {answer.function.name}"
        if answer.privilege is None:
            yield "  not applicable: no Python code that can be read"
        elif isinstance(answer.privilege, Unknown):
            yield f"  undecided: its code {answer.privilege.why}"
        else:
            for title, lines in _text_sections(answer.privilege).items():
                if lines:
                    yield f"  {'unused' if title == 'over' else title}"
                    yield from (f"    {line}" for line in lines)
            if answer.clean:
                yield "  clean: no permission is missing or unused"


def _text_sections(compared: Privilege) -> dict[str, list[str]]:
    platform = (f"{need.action}  {need.why}" for need in compared.needs if need.place is None and not need.may)
    return {
        "calls": [f"{name}  {', '.join(places)}" for name, places in _calls(compared.code.calls).items()],
        "also needed": list(dict.fromkeys(platform)),
        **_sections(compared, _missing_line, _over_line, str),
        "could not be resolved": [f"{part.place}  {part.why}" for part in compared.code.unresolved],
        "conditions that are assumed to be met": list(compared.comparison.conditions),
    }


def _calls(calls: Sequence[AwsCall]) -> dict[str, dict[str, None]]:
    """By service, operation and resource: the places, in order."""
    places: dict[str, dict[str, None]] = {}
    for call in calls:
        arguments = [f"{name}={_known_part(values)}" for name, values in call.arguments if name in SHOWN_ARGUMENTS]
        name = " ".join([f"{call.service}:{call.operation}", *arguments])
        places.setdefault(name, {})[str(call.place)] = None
    return places


def _known_part(values: Sequence[Text]) -> str:
    """The texts up to and including their first unknown part."""
    heads = []
    for text in values:
        known = list(takewhile(lambda part: not isinstance(part, UnknownPart), text.parts))
        heads.append(str(Text((*known, *text.parts[len(known) : len(known) + 1]))))
    return "|".join(dict.fromkeys(heads))


def _missing_line(gap: MissingPermission) -> str:
    place = f"{gap.need.place} " if gap.need.place else ""
    why = f": {gap.why}" if gap.why else ""
    part = "all of " if gap.partly else ""
    return f"{gap.need.action} on {part}{gap.resource}  {place}{gap.need.why}{why}"


def _over_line(excess: ExcessPermission) -> str:
    sid = f" ({excess.sid})" if excess.sid else ""
    position = excess.resource.position
    line = f"  {position.file}:{position.line}" if position else ""
    return f"{excess.resource.name} {excess.path}{sid} {excess.message}{line}"


def _json(answer: FunctionAnswer) -> dict[str, Any]:
    compared = answer.privilege
    function: dict[str, Any] = {"function": answer.function.name, "urn": answer.function.urn}
    if compared is None:
        return {**function, "verdict": "not-applicable", "why": "no Python code that can be read"}
    if isinstance(compared, Unknown):
        return {**function, "verdict": "undecided", "why": f"its code {compared.why}"}
    sections = _sections(compared, _missing_json, _over_json, lambda why: {"why": why})
    unclean = "unclean" if sections["missing"] or sections["over"] else "undecided"
    return {
        **function,
        "verdict": "clean" if answer.clean else unclean,
        "calls": [
            {
                "file": call.place.file,
                "line": call.place.line,
                "service": call.service,
                "operation": call.operation,
                "arguments": {
                    name: list(map(str, values)) for name, values in call.arguments if name in SHOWN_ARGUMENTS
                },
            }
            for call in compared.code.calls
        ],
        **sections,
        "unresolved": [
            {"file": part.place.file, "line": part.place.line, "why": part.why} for part in compared.code.unresolved
        ],
        "conditions": list(compared.comparison.conditions),
    }


def _missing_json(gap: MissingPermission) -> dict[str, Any]:
    place = gap.need.place
    return {
        "action": gap.need.action,
        "resource": gap.resource,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "why": f"{gap.need.why}: {gap.why}" if gap.why else gap.need.why,
    }


def _over_json(excess: ExcessPermission) -> dict[str, Any]:
    return {"urn": excess.resource.urn, "path": excess.path, "sid": excess.sid, "why": excess.message}
