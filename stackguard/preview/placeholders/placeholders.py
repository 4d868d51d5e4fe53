"""What a preview does not know, and what to write into a mock file to make it known.

A program that calls a function whose result nobody knows offline is given placeholders (`child/placeholders/`, which runs in the
program): texts that are found again in whatever the program makes of them. This is the other side: what each placeholder
stands for, in the words of a report.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policypack.core.policy import UNKNOWN, Unknown
from policypack.evaluation.masking import Mask
from stackguard.notes import Note, NoteKind
from stackguard.preview.child import LETTERS, PREFIX, TOKEN
from stackguard.preview.placeholders.mock import Answer, Mock, camel, readable, unknown_in
from stackguard.preview.placeholders.mock_file import block, flow
from stackguard.preview.placeholders.unseen import Missing, UnseenResources
from stackguard.preview.project.project import Project

PLACEHOLDER = re.compile(f"{PREFIX}[a-z]{{0,{LETTERS}}}", re.IGNORECASE)
CUT = Unknown("needs the result of a function, which only the cloud knows", "Give it with `--mock FILE`.")
FEW = 3
MANY = 12
GIVE = "give it with `--mock FILE`"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


@dataclass(slots=True)
class Called:
    """A call of a function: what is known of its result is in `answer`, and `read` holds what else was asked for."""

    token: str
    args: Mapping[str, Any]
    answer: Answer | None = None
    read: dict[str, Any] = field(default_factory=dict)
    """By path, what stands there in a mock file until a person fills it in."""
    reason: str = "which only the cloud knows"
    asked: set[str] = field(default_factory=set)
    """The paths that a value of the stack was made of."""
    reported: set[str] = field(default_factory=set)
    """The paths that an outcome is about, so that no note has to be."""
    skeleton: Any = "<value>"
    """What its result looks like in a mock file."""
    deferred: bool = False
    """Whether a function given to `apply` could not run to its end without it."""
    section: str = "functions"
    """Where its answer stands in a mock file: `functions` or `calls`."""

    def entry(self, paths: Mapping[str, Any]) -> dict[str, Any]:
        """The entry of a mock file that would answer it, with `paths` in its result."""
        args = readable(self.args)
        result = arranged(paths) if paths else "<value>"
        return {"token": self.token, **({"args": args} if args else {}), "result": result}


@dataclass(slots=True)
class Needed:
    """Why a program cannot go on: one line, and the lines for a mock file."""

    message: str
    detail: str


@dataclass(slots=True)
class Placeholders:
    """What the placeholders in one preview stand for."""

    project: Project
    mock: Mock
    mask: Mask
    """What is secret, and therefore in no line for a mock file."""
    needed: Needed | None = None
    calls: list[Called] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By stack, the outputs that the program asks for and nobody knows, each with its placeholder."""
    reported: set[str] = field(default_factory=set)
    """The stacks that an outcome is about, so that no note has to be."""
    unseen: UnseenResources = field(init=False)
    _placeholders: dict[str, tuple[Called, str]] = field(default_factory=dict)
    _known: dict[str, Unknown] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.unseen = UnseenResources(self.project.root)

    def answer(self, token: str, args: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
        """What the program's side is told; `written` is what it says, `args` are a function's."""
        match token.removeprefix(TOKEN):
            case "ask":
                return self._ask(written, args)
            case "placeholders":
                called = self.calls[written["call"]]
                for each in written["placeholders"]:
                    self._placeholders[each["placeholder"]] = (called, each["path"])
                    called.read.setdefault(each["path"], each["skeleton"])
            case "need":
                self._need(self.calls[written["call"]], written)
            case "unseen":
                self._deferred(self.calls[written["call"]], written)
            case "waiting":
                for each in written["callbacks"]:
                    self.unseen.waits(each, [*self._known_by(each)])
            case "wrong":
                self._wrong(self.calls[written["call"]], written["path"], written["problem"])
            case "stack" if self.stack(written["name"]) is None:
                self.outputs[written["name"]][written["output"]] = "<value>"
        return {}

    def call(self, token: str, args: Mapping[str, Any], reason: str = "") -> Called:
        """The record of a call; the same for the same arguments."""
        for each in self.calls:
            if each.token == token and each.args == args:
                return each
        called = Called(token, args, self.mock.function(token, args))
        called.reason = reason or called.reason
        self.calls.append(called)
        return called

    def method(self, token: str, args: Mapping[str, Any]) -> Answer | None:
        """The result of a method; None where nobody knows it."""
        answer = self.mock.call(token, args)
        if answer is None and not any(each.token == token and each.args == args for each in self.calls):
            self.calls.append(Called(token, args, section="calls"))
        return answer

    def waits(self, token: str, args: Mapping[str, Any]) -> None:
        """The call is not made before a resource is created: Pulumi does not know its result either."""
        self._waiting.add(_key(token, args))

    def _ask(self, written: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, Any]:
        token, output = written["token"], written["output"]
        unknown = unknown_in(args)
        if _key(token, args) in self._waiting or (output and unknown == UNKNOWN):
            return {}
        known = [each for each in self.calls if each.token == token and each.args == args]
        if not known and written["answered"]:
            return {}
        called = self.call(
            token, args, "an argument of which is known only after the update" if unknown == UNKNOWN else ""
        )
        called.skeleton = written["skeleton"]
        number = self.calls.index(called)
        if called.answer is None:
            return {"call": number}
        return {"call": number, "given": called.answer.value, "secret": bool(called.answer.secrets)}

    def find(self, text: str) -> Unknown | None:
        """What a text waits for that holds a placeholder; None where it holds none."""
        found = PLACEHOLDER.search(text)
        if found is None:
            return None
        placeholder = found[0].lower()
        if placeholder not in self._placeholders:
            return CUT
        if placeholder not in self._known:
            called, path = self._placeholders[placeholder]
            called.asked.add(path)
            self._known[placeholder] = Unknown(
                f"needs {_result(called, path)}, {called.reason}", self._fix(called, path)
            )
        return self._known[placeholder]

    def holds(self, value: Any) -> bool:
        """Whether there is a placeholder in a value, or the name that a placeholder is shown by."""
        if isinstance(value, str):
            return PLACEHOLDER.search(value) is not None or any(
                self._label(placeholder) in value for placeholder in self._placeholders
            )
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return any(map(self.holds, inner))

    def shown(self, text: str) -> str:
        """The text with a name for each placeholder, such as `<getVpc.id>`."""
        return PLACEHOLDER.sub(lambda found: self._label(found[0].lower()), text) if PREFIX in text.lower() else text

    def _label(self, placeholder: str) -> str:
        if placeholder not in self._placeholders:
            return "<unknown>"
        called, path = self._placeholders[placeholder]
        alike = [each for each in self.calls if each.token == called.token]
        number = f"#{alike.index(called) + 1}" if alike[0] is not called else ""
        name = called.token.rpartition(":")[2] + number
        return f"<{name}{'' if path.startswith('[') or not path else '.'}{path}>"

    def _fix(self, called: Called, path: str) -> str:
        leaf = arranged({path: called.read[path]})
        if called.answer is not None:
            return f"Add `{flow(leaf)}` to the `result` at {called.answer.where}."
        entry = flow(self._public(called.entry({path: called.read[path]})))
        return f"Give it with `--mock FILE`: `- {entry}` under `{called.section}:`."

    def _public(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The entry without secrets."""
        return {**entry, "args": _without(entry["args"], self.mask)} if "args" in entry else entry

    def _need(self, called: Called, written: Mapping[str, Any]) -> None:
        if written["deferred"]:
            self._deferred(called, written)
            if not _followed(written):
                called.asked.add(written["path"])
                called.read[written["path"]] = plural(written["skeleton"])
            return
        path, operation, line = written["path"], written["operation"], written["line"]
        file = os.path.relpath(written["file"], self.project.root)
        place = f"{file}:{line}"
        message = (
            f"the program in `{self.project.root}` needs {_result(called, path)}, {called.reason}"
            f" ({place} {operation}); give it with `--mock FILE`"
        )
        entry = self._public(called.entry({path: plural(written["skeleton"])}))
        others = sorted(each for each in called.read if each != path and re.fullmatch(r"\w+", each))
        if called.answer is not None:
            lines = f"# add to the `result` at {called.answer.where}\n{block(entry['result'])}"
        else:
            lines = block({called.section: [entry]})
        note = f"# it also has {', '.join(others)}; what is left out stays unknown\n" if others else ""
        detail = f"{place}: {written['source']}\n\n# for the mock file, with what there is in place of <...>\n{lines}\n{note}"
        self.needed = self.needed or Needed(message, detail)

    def _deferred(self, called: Called, written: Mapping[str, Any]) -> None:
        """A function given to `apply` could not run to its end."""
        if not _followed(written):
            called.deferred = True
            return
        self.unseen.needs(written, self._missing(called, written["path"], written["skeleton"]))

    def _missing(self, called: Called, path: str, skeleton: Any) -> Missing:
        """A value of a function's result, in the words of a report."""
        called.read[path] = plural(skeleton) if path else few(called.skeleton)
        called.reported.add(path)
        return Missing(f"{_result(called, path)}, {called.reason}", self._fix(called, path), called.token, called.args)

    def _known_by(self, written: Mapping[str, Any]) -> Iterator[Missing]:
        """What a function waits for that did not run."""
        for each in written["calls"]:
            called = self.calls[each["call"]]
            yield self._missing(called, each["path"], each["skeleton"])
        for name in written["stacks"]:
            if (unknown := self.of_stacks((name,))) is not None:
                self.reported.add(name)
                yield Missing(unknown.why.removeprefix("needs "), unknown.fix)

    def _wrong(self, called: Called, path: str, problem: str) -> None:
        where = called.answer.where if called.answer else ""
        place = f"`{'.'.join(filter(None, ('result', path)))}`".replace(".[", "[")
        self.needed = self.needed or Needed(f"{where}: {place} of `{called.token}` {problem}", "")

    def stack(self, name: str) -> Answer | None:
        """The outputs of a stack that the program refers to; None where nobody knows them."""
        found = self.mock.stack(name, self.project.organization, self.project.name)
        if found is None:
            self.outputs.setdefault(name, {})
        return found

    def of_stacks(self, names: Iterable[str]) -> Unknown | None:
        """What an output of one of these stacks waits for; None where all are known."""
        for name in names:
            if name in self.outputs:
                return Unknown(
                    f"needs an output of the stack `{name}`, which only its state knows",
                    f"Give it with `--mock FILE`: `{flow(self._stack_entry(name))[1:-1]}` under `stacks:`.",
                )
        return None

    def _stack_entry(self, name: str) -> dict[str, Any]:
        return {name: self.outputs[name] or {"<text>": "<value>"}}

    def notes(self) -> Iterator[Note]:
        """What nobody answered, with the line for a mock file, and what of the mock files was not used."""
        for called in self.calls:
            asked = {path: called.read[path] for path in called.read if path in called.asked - called.reported}
            deferred = called.deferred and not called.reported
            if called.answer is not None and (asked or deferred):
                where = f"the `result` at {called.answer.where}"
                if asked:
                    message = f"the program uses more than {where} has; add `{flow(arranged(asked))[1:-1]}` to it"
                else:
                    more = others(called.skeleton, {camel(name): None for name in called.answer.value})
                    message = f"a function given to `apply` fails on {where}, perhaps for what is left out{more}"
                yield Note(NoteKind.UNANSWERED, called.token, message)
            if called.answer is None and (deferred or asked or called.section == "calls"):
                unseen = ", so what the program does with it in an `apply` was not seen" if deferred else ""
                shown = asked or few(called.skeleton)
                entry = flow(self._public(called.entry(shown)))
                more = "" if asked else others(called.skeleton, shown)
                message = (
                    f"only the cloud knows its result{unseen}; {GIVE}: `- {entry}` under `{called.section}:`{more}"
                )
                yield Note(NoteKind.UNANSWERED, called.token, message)
        for name in (each for each in self.outputs if each not in self.reported):
            entry = flow(self._stack_entry(name))[1:-1]
            yield Note(
                NoteKind.UNANSWERED, name, f"only its state knows its outputs; {GIVE}: `{entry}` under `stacks:`"
            )
        for where, problem in self.mock.unused():
            yield Note(NoteKind.UNUSED, where, problem)


def _followed(written: Mapping[str, Any]) -> bool:
    """Whether resources may follow from what a function given to `apply` decides."""
    return bool(written["constructs"] or written.get("keeps"))


def _result(called: Called, path: str) -> str:
    return f"`{path}` of `{called.token}`" if path else f"the result of `{called.token}`"


def _key(token: str, args: Mapping[str, Any]) -> str:
    return json.dumps([token, args], sort_keys=True, default=str)


def _without(value: Any, mask: Mask) -> Any:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value if mask.hide(str(value)) == str(value) else "*"
    if isinstance(value, dict):
        return {key: _without(each, mask) for key, each in value.items()}
    return [_without(each, mask) for each in value] if isinstance(value, list) else value


def plural(skeleton: Any) -> Any:
    """A list is shown with two elements, so that it looks like one."""
    return [*skeleton, *skeleton] if isinstance(skeleton, list) and not isinstance(skeleton[0], dict) else skeleton


def few(skeleton: Any) -> dict[str, Any]:
    """Some fields of a result, for a line that cannot show them all."""
    fields = skeleton if isinstance(skeleton, dict) else {}
    return {"id": fields["id"]} if "id" in fields else dict([*fields.items()][:FEW])


def others(skeleton: Any, shown: Mapping[str, Any]) -> str:
    """The fields of a result that a line does not show, for a program of which nobody knows what it reads."""
    names = sorted(skeleton.keys() - shown.keys()) if isinstance(skeleton, dict) else []
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"; it also has {', '.join(f'`{each}`' for each in names[:MANY])}{more}" if names else ""


def arranged(leaves: Mapping[str, Any]) -> Any:
    """Values by path (`ebs.volumeSize`, `names[0]`) as the structure that they are in."""
    root: Any = None
    for path, leaf in leaves.items():
        root = _put(
            root, [int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(-?\d+)\]", path)], leaf
        )
    return root


def _put(node: Any, steps: list[str | int], leaf: Any) -> Any:
    if not steps:
        return leaf
    step, *more = steps
    if isinstance(step, str):
        known = node if isinstance(node, dict) else {}
        return {**known, step: _put(known.get(step), more, leaf)}
    listed = list(node) if isinstance(node, list) else []
    needed = step + 1 if step >= 0 else -step
    listed += [_put(None, more, leaf) for _ in range(needed - len(listed))]
    listed[step] = _put(listed[step] if listed[step] != leaf else None, more, leaf)
    return listed
