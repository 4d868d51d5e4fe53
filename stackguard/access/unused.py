"""What functions need and what their roles allow, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec

from policypack.access.least_privilege.analysis import Privilege, functions, privilege
from policypack.access.least_privilege.comparison import Missing, Over
from policypack.access.least_privilege.readers import grouped
from policypack.core.policy import Asset, Resource, Stack, Unknown, Unseen
from policypack.evaluation.masking import hidden
from policypack.evaluation.redaction import secrets_of
from policypack.evaluation.settings import Settings
from policypack.python.model import AwsCall, Text, UnknownPart
from stackguard.access.target import load
from stackguard.errors import CannotJudge
from stackguard.sources import HowToRun
from stackguard.stand_in import LINE, shown

CLEAN, FOUND = 0, 1
VERSION = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found of one function; `privilege` is None where there is no Python code to read."""

    function: Resource
    privilege: Privilege | Unknown | None
    secrets: tuple[str, ...] = ()
    """The texts in the stack's secrets, longest first."""
    stand_in: bool = False
    """Whether the stack's ARNs may hold the stand-in account."""
    unseen: tuple[Unseen, ...] = ()
    """What the program constructs where the preview cannot follow: a role may be allowed more by it."""

    @property
    def clean(self) -> bool:
        """Whether nothing is missing, nothing over, and nothing undecided."""
        return (
            isinstance(self.privilege, Privilege)
            and not (
                self.privilege.comparison.missing or self.privilege.comparison.over or self.privilege.found.unresolved
            )
            and not self.privilege.role.unread
        )


def ask(target: str, how: HowToRun, code: Path | None, name: str | None) -> list[Answer]:
    """Read a stack and compare its functions' code with their roles.

    Args:
        target: what `stackguard check` takes.
        how: for a program.
        code: the folder of the function's package; None reads what the stack packages.
        name: of one function, as the program or AWS names it; None means all.

    Raises:
        CannotJudge: the target cannot be read, or which function is meant cannot be told.
    """
    loaded = load(target, how)
    stack = Stack(loaded.resources, Settings(stack_region=loaded.region))
    found = functions(stack)
    chosen = [each for each in found if name in (None, each.name, each["name"])]
    if not chosen:
        known = loaded.mask.hide(", ".join(f"`{each.name}`" for each in found))
        raise CannotJudge(
            f"{loaded.target} has no function `{name}`; it has {known}" if known else f"{loaded.target} has no function"
        )
    if code is not None and len(chosen) > 1:
        known = loaded.mask.hide(", ".join(f"`{each.name}`" for each in chosen))
        raise CannotJudge(f"`--code` is of one function, and {loaded.target} has {known}; name it by `--function`")
    with_code = Asset(path=str(code.resolve()), archive=True) if code else None
    secrets = (*secrets_of(stack), *loaded.mask.texts)
    return [Answer(each, privilege(stack, each, with_code), secrets, loaded.stand_in, loaded.unseen) for each in chosen]


def exit_code(answers: list[Answer]) -> int:
    """0 for a clean stack, 1 for anything else that was judged.

    Raises:
        CannotJudge: no function's code could be read.
    """
    judged = [each for each in answers if isinstance(each.privilege, Privilege)]
    if not judged:
        reasons = {each.privilege.why for each in answers if isinstance(each.privilege, Unknown)}
        name = answers[0].function.name
        if not reasons:
            raise CannotJudge(f"`{name}` has no Python code in the stack; give its folder by `--code`")
        raise CannotJudge(f"the code of `{name}` {'; '.join(sorted(reasons))}; give its folder by `--code`")
    if answers[0].unseen:
        return FOUND
    return CLEAN if all(each.clean or each.privilege is None for each in answers) else FOUND


def render(answers: list[Answer], form: str) -> str:
    """The answers in a format, without what a secret holds; what is not seen, and the stand-in account, are noted."""
    notes = [f"undecided: the program {each.why}; {each.fix}" for each in answers[0].unseen]
    if answers[0].stand_in and shown(text(answers) if form == "text" else [_encoded(as_json(answers))]):
        notes.append(LINE)
    if form == "json":
        found = _encoded(as_json(answers) | ({"notes": notes} if notes else {}))
    else:
        found = "\n".join((*text(answers), *(("", *(f"note: {each}" for each in notes)) if notes else ())))
    return hidden(found, answers[0].secrets)


def _encoded(document: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def text(answers: list[Answer]) -> Iterator[str]:
    """Lines for people."""
    for index, answer in enumerate(answers):
        if index:
            yield ""
        yield f"function {answer.function.name}"
        if answer.privilege is None:
            yield "  not applicable: no Python code that can be read"
        elif isinstance(answer.privilege, Unknown):
            yield f"  undecided: its code {answer.privilege.why}"
        else:
            yield from _told(answer.privilege)


def _told(found: Privilege) -> Iterator[str]:
    if found.found.calls:
        yield "  calls"
        for name, places in _grouped(found.found.calls).items():
            yield f"    {name}  {', '.join(places)}"
    platform = list(
        dict.fromkeys((each.action, each.why) for each in found.needs if each.place is None and not each.may)
    )
    if platform:
        yield "  needs besides"
        for action, why in platform:
            yield f"    {action}  {why}"
    missing, over = grouped(found), found.comparison.over
    for title, lines in (
        ("missing", [_missing(each) for each in missing if each.sure]),
        ("over", [_over(each) for each in over if each.sure]),
        (
            "undecided",
            [
                *(_missing(each) for each in missing if not each.sure),
                *(_over(each) for each in over if not each.sure),
                *(f"the function {each}" for each in found.role.unread),
            ],
        ),
        ("could not be resolved", [f"{each.place}  {each.why}" for each in found.found.unresolved]),
        ("conditions that are taken to hold", list(found.comparison.conditions)),
    ):
        if lines:
            yield f"  {title}"
            yield from (f"    {each}" for each in lines)
    if not (missing or over or found.role.unread or found.found.unresolved):
        yield "  clean: nothing is missing, nothing is over"


def _grouped(calls: tuple[AwsCall, ...]) -> dict[str, list[str]]:
    """By service, operation and resource: the lines."""
    found: dict[str, list[str]] = {}
    for each in calls:
        named = [f"{name}={_short(given)}" for name, given in each.arguments if name in SHOWN]
        places = found.setdefault(" ".join([f"{each.service}:{each.operation}", *named]), [])
        if str(each.place) not in places:
            places.append(str(each.place))
    return found


def _short(given: tuple[Text, ...]) -> str:
    """Texts up to where they are not known."""
    known = [list(takewhile(lambda part: not isinstance(part, UnknownPart), each.parts)) for each in given]
    heads = [Text((*head, *each.parts[len(head) : len(head) + 1])) for head, each in zip(known, given, strict=True)]
    return "|".join(dict.fromkeys(map(str, heads)))


SHOWN = frozenset(
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
"""The arguments that a person is shown: those that name what a call is about."""


def _missing(each: Missing) -> str:
    place = f"{each.need.place} " if each.need.place else ""
    why = f": {each.why}" if each.why else ""
    part = "all of " if each.partly else ""
    return f"{each.need.action} on {part}{each.resource}  {place}{each.need.why}{why}"


def _over(each: Over) -> str:
    sid = f" ({each.sid})" if each.sid else ""
    position = each.resource.position
    line = f"  {position.file}:{position.line}" if position else ""
    return f"{each.resource.name} {each.path}{sid} {each.message}{line}"


def as_json(answers: list[Answer]) -> dict[str, Any]:
    """The same as JSON."""
    return {"version": VERSION, "functions": [_json(each) for each in answers]}


def _json(answer: Answer) -> dict[str, Any]:
    found = answer.privilege
    about: dict[str, Any] = {"function": answer.function.name, "urn": answer.function.urn}
    if found is None:
        return {**about, "verdict": "not-applicable", "why": "no Python code that can be read"}
    if isinstance(found, Unknown):
        return {**about, "verdict": "undecided", "why": f"its code {found.why}"}
    missing, over = grouped(found), found.comparison.over
    unread = [{"why": f"the function {each}"} for each in found.role.unread]
    return {
        **about,
        "verdict": "clean"
        if answer.clean
        else "unclean"
        if any(each.sure for each in missing) or any(each.sure for each in over)
        else "undecided",
        "calls": [
            {
                "file": each.place.file,
                "line": each.place.line,
                "service": each.service,
                "operation": each.operation,
                "arguments": {name: list(map(str, given)) for name, given in each.arguments if name in SHOWN},
            }
            for each in found.found.calls
        ],
        "missing": [_json_missing(each) for each in missing if each.sure],
        "over": [_json_over(each) for each in over if each.sure],
        "undecided": [
            *(_json_missing(each) for each in missing if not each.sure),
            *(_json_over(each) for each in over if not each.sure),
            *unread,
        ],
        "unresolved": [
            {"file": each.place.file, "line": each.place.line, "why": each.why} for each in found.found.unresolved
        ],
        "conditions": list(found.comparison.conditions),
    }


def _json_missing(each: Missing) -> dict[str, Any]:
    place = each.need.place
    return {
        "action": each.need.action,
        "resource": each.resource,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "why": f"{each.need.why}: {each.why}" if each.why else each.need.why,
    }


def _json_over(each: Over) -> dict[str, Any]:
    return {"urn": each.resource.urn, "path": each.path, "sid": each.sid, "why": each.message}
