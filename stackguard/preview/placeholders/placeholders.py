"""The unknown values of a preview, and the lines for a mock file that make them known.

A program that calls a function whose result only the cloud knows receives placeholders (`child/placeholders/`, which
runs in the program): texts that can be found in every value that derives from them. This module maps each placeholder
to its value, and reports it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policypack.core.policy import UNKNOWN, Unknown
from policypack.core.values import nested
from policypack.evaluation.redaction import Mask
from stackguard.errors import CannotJudge
from stackguard.notes import Note, NoteKind
from stackguard.preview.child import LETTERS, PREFIX, TOKEN
from stackguard.preview.placeholders.mock import Answer, Mock, camel, readable, unknown_in
from stackguard.preview.placeholders.mock_file import block, flow
from stackguard.preview.placeholders.unseen import MissingValue, UnseenResources
from stackguard.preview.project.project import Project

PLACEHOLDER = re.compile(f"{PREFIX}[a-z]{{0,{LETTERS}}}", re.IGNORECASE)
CUT = Unknown("needs the result of a function, which only the cloud knows", "Give it with `--mock FILE`.")
FEW = 3
MANY = 12
GIVE = "give it with `--mock FILE`"


@dataclass(slots=True)
class CallRecord:
    """A call of a function: `answer` is the known part of its result, `read` the other values that were read."""

    token: str
    args: Mapping[str, Any]
    answer: Answer | None = None
    read: dict[str, Any] = field(default_factory=dict)
    """By path, the text instead of its value in a mock file."""
    reason: str = "which only the cloud knows"
    asked: set[str] = field(default_factory=set)
    """The paths that a value of the stack derives from."""
    reported: set[str] = field(default_factory=set)
    """The paths that an outcome reports, so that no note does."""
    skeleton: Any = "<value>"
    """The form of its result in a mock file."""
    deferred: bool = False
    """Whether a function given to `apply` could not run to its end without it."""
    section: str = "functions"
    """The section of a mock file for its answer: `functions` or `calls`."""

    @property
    def where(self) -> str:
        """The place of the answer in a mock file; empty if it is from none."""
        return self.answer.where if self.answer else ""

    def result(self, path: str) -> str:
        """A value of its result, for a message, with the reason why it is unknown."""
        return f"`{path}` of `{self.token}`, {self.reason}" if path else f"the result of `{self.token}`, {self.reason}"


@dataclass(slots=True)
class Placeholders:
    """The placeholders in one preview, and their values."""

    project: Project
    mock: Mock
    mask: Mask
    """The secrets, which no line for a mock file contains."""
    needed: CannotJudge | None = None
    """Why the program cannot go on, with the lines for a mock file as its detail."""
    calls: list[CallRecord] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By stack, the unknown outputs that the program reads, each with the text instead of its value."""
    reported: set[str] = field(default_factory=set)
    """The stacks that an outcome reports, so that no note does."""
    unseen: UnseenResources = field(init=False)
    _placeholders: dict[str, tuple[CallRecord, str]] = field(default_factory=dict)
    _known: dict[str, Unknown] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.unseen = UnseenResources(self.project.root)

    def answer(self, token: str, args: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message of the program's side; `args` are a function's arguments."""
        call = self.calls[message["call"]] if "call" in message else None
        match token.removeprefix(TOKEN), call:
            case "ask", _:
                return self._ask(message, args)
            case "placeholders", CallRecord():
                for placeholder in message["placeholders"]:
                    self._placeholders[placeholder["placeholder"]] = (call, placeholder["path"])
                    call.read.setdefault(placeholder["path"], placeholder["skeleton"])
            case "need", CallRecord():
                self._need(call, message)
            case "unseen", CallRecord():
                self._defer(call, message)
            case "waiting", _:
                for callback in message["callbacks"]:
                    self.unseen.waits(callback, [*self._known_by(callback)])
            case "wrong", CallRecord():
                place = f"`{'.'.join(filter(None, ('result', message['path'])))}`".replace(".[", "[")
                self.needed = self.needed or CannotJudge(
                    f"{call.where}: {place} of `{call.token}` {message['problem']}"
                )
            case "stack", _ if self.stack(message["name"]) is None:
                self.outputs[message["name"]][message["output"]] = "<value>"
        return {}

    def call(
        self, token: str, args: Mapping[str, Any], reason: str = "", known: Mapping[str, Any] | None = None
    ) -> CallRecord:
        """The record of a call; the same for the same arguments.

        `reason` is why its result is unknown, and `known` the part that is known without a mock file.
        """
        call = self._find_call(token, args)
        if call is None:
            answer = self.mock.function(token, args) or (Answer(known) if known else None)
            call = CallRecord(token, args, answer)
            call.reason = reason or call.reason
            self.calls.append(call)
        return call

    def _find_call(self, token: str, args: Mapping[str, Any]) -> CallRecord | None:
        return next((call for call in self.calls if call.token == token and call.args == args), None)

    def method(self, token: str, args: Mapping[str, Any]) -> Answer | None:
        """The result of a method; None if it is unknown."""
        answer = self.mock.call(token, args)
        if answer is None and self._find_call(token, args) is None:
            self.calls.append(CallRecord(token, args, section="calls"))
        return answer

    def waits(self, token: str, args: Mapping[str, Any]) -> None:
        """Record a call that waits for a resource to be created: its result is unknown to Pulumi too."""
        self._waiting.add(_key(token, args))

    def _ask(self, message: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, Any]:
        token = message["token"]
        late = unknown_in(args) == UNKNOWN
        if _key(token, args) in self._waiting or (message["output"] and late):
            return {}
        if message["answered"] and self._find_call(token, args) is None:
            return {}
        call = self.call(token, args, "an argument of which is known only after the update" if late else "")
        call.skeleton = message["skeleton"]
        number = self.calls.index(call)
        if call.answer is None:
            return {"call": number}
        return {"call": number, "given": call.answer.value, "secret": bool(call.answer.secrets)}

    def find(self, text: str) -> Unknown | None:
        """The unknown value of a text with a placeholder; None for one without."""
        match = PLACEHOLDER.search(text)
        if match is None:
            return None
        placeholder = match[0].lower()
        if placeholder not in self._placeholders:
            return CUT
        if placeholder not in self._known:
            call, path = self._placeholders[placeholder]
            call.asked.add(path)
            origin = _key(call.token, _masked(readable(call.args), self.mask))
            self._known[placeholder] = Unknown(f"needs {call.result(path)}", self._fix(call, path), origin)
        return self._known[placeholder]

    def contained_in(self, value: Any) -> bool:
        """Whether there is a placeholder in a value, or the label of one."""
        labels = [*map(self._label, self._placeholders)]
        texts = (inner for inner in nested(value) if isinstance(inner, str))
        return any(PLACEHOLDER.search(text) or any(label in text for label in labels) for text in texts)

    def labelled(self, text: str) -> str:
        """The text with a label for each placeholder, such as `<getVpc.id>`."""
        return PLACEHOLDER.sub(lambda match: self._label(match[0].lower()), text) if PREFIX in text.lower() else text

    def _label(self, placeholder: str) -> str:
        if placeholder not in self._placeholders:
            return "<unknown>"
        call, path = self._placeholders[placeholder]
        calls = [other for other in self.calls if other.token == call.token]
        number = f"#{calls.index(call) + 1}" if calls[0] is not call else ""
        return f"<{call.token.rpartition(':')[2]}{number}{'' if path.startswith('[') or not path else '.'}{path}>"

    def _entry(self, call: CallRecord, paths: Mapping[str, Any]) -> dict[str, Any]:
        """The entry of a mock file that would answer a call, with `paths` in its result and without secrets."""
        args = _masked(readable(call.args), self.mask)
        result = arranged(paths) if paths else "<value>"
        return {"token": call.token, **({"args": args} if args else {}), "result": result}

    def _fix(self, call: CallRecord, path: str) -> str:
        leaf = {path: call.read[path]}
        if call.where:
            return f"Add `{flow(arranged(leaf))}` to the `result` at {call.where}."
        return f"Give it with `--mock FILE`: `- {flow(self._entry(call, leaf))}` under `{call.section}:`."

    def _need(self, call: CallRecord, message: Mapping[str, Any]) -> None:
        path, skeleton = message["path"], plural(message["skeleton"])
        if message["deferred"]:
            self._defer(call, message)
            if not _followed(message):
                call.asked.add(path)
                call.read[path] = skeleton
            return
        place = f"{os.path.relpath(message['file'], self.project.root)}:{message['line']}"
        why = (
            f"the program in `{self.project.root}` needs {call.result(path)}"
            f" ({place} {message['operation']}); give it with `--mock FILE`"
        )
        entry = self._entry(call, {path: skeleton})
        if call.where:
            lines = f"# add to the `result` at {call.where}\n{block(entry['result'])}"
        else:
            lines = block({call.section: [entry]})
        more = sorted(other for other in call.read if other != path and re.fullmatch(r"\w+", other))
        note = f"# it also has {', '.join(more)}; what is left out stays unknown\n" if more else ""
        header = "# for the mock file; replace each <...> by its value"
        detail = f"{place}: {message['source']}\n\n{header}\n{lines}\n{note}"
        self.needed = self.needed or CannotJudge(why, detail)

    def _defer(self, call: CallRecord, message: Mapping[str, Any]) -> None:
        """A function given to `apply` could not run to its end."""
        if _followed(message):
            self.unseen.needs(message, self._missing(call, message["path"], message["skeleton"]))
        else:
            call.deferred = True

    def _missing(self, call: CallRecord, path: str, skeleton: Any) -> MissingValue:
        """A value of a function's result, for a report."""
        call.read[path] = plural(skeleton) if path else few(call.skeleton)
        call.reported.add(path)
        return MissingValue(call.result(path), self._fix(call, path), call.token, call.args)

    def _known_by(self, callback: Mapping[str, Any]) -> Iterator[MissingValue]:
        """The values that a function waits for that did not run."""
        for needed in callback["calls"]:
            yield self._missing(self.calls[needed["call"]], needed["path"], needed["skeleton"])
        for name in callback["stacks"]:
            if (unknown := self.of_stacks((name,))) is not None:
                self.reported.add(name)
                yield MissingValue(unknown.why.removeprefix("needs "), unknown.fix)

    def stack(self, name: str) -> Answer | None:
        """The outputs of a stack that the program refers to; None if they are unknown."""
        answer = self.mock.stack(name, self.project.organization, self.project.name)
        if answer is None:
            self.outputs.setdefault(name, {})
        return answer

    def of_stacks(self, names: Iterable[str]) -> Unknown | None:
        """The unknown value of an output of one of these stacks; None if all are known."""
        name = next((name for name in names if name in self.outputs), None)
        if name is None:
            return None
        return Unknown(
            f"needs an output of the stack `{name}`, which only its state knows",
            f"Give it with `--mock FILE`: `{self._stack_entry(name)}` under `stacks:`.",
        )

    def _stack_entry(self, name: str) -> str:
        return flow({name: self.outputs[name] or {"<text>": "<value>"}})[1:-1]

    def notes(self) -> Iterator[Note]:
        """The calls without an answer, with the line for a mock file, and the entries of mock files without a use."""
        for call in self.calls:
            if (message := self._note(call)) is not None:
                yield Note(NoteKind.UNANSWERED, call.token, message)
        for name in (name for name in self.outputs if name not in self.reported):
            message = f"its outputs are known only from its state; {GIVE}: `{self._stack_entry(name)}` under `stacks:`"
            yield Note(NoteKind.UNANSWERED, name, message)
        for where, problem in self.mock.unused():
            yield Note(NoteKind.UNUSED, where, problem)

    def _note(self, call: CallRecord) -> str | None:
        asked = {path: read for path, read in call.read.items() if path in call.asked - call.reported}
        deferred = call.deferred and not call.reported
        if call.answer is not None and call.where:
            where = f"the `result` at {call.where}"
            if asked:
                return f"the program uses more than {where} has; add `{flow(arranged(asked))[1:-1]}` to it"
            more = others(call.skeleton, {camel(name) for name in call.answer.value}) if deferred else ""
            return (
                f"a function given to `apply` fails on {where}, perhaps for what is left out{more}"
                if deferred
                else None
            )
        if not (deferred or asked or call.section == "calls"):
            return None
        unseen = ", so what the program does with it in an `apply` was not seen" if deferred else ""
        named = asked or few(call.skeleton)
        more = "" if asked else others(call.skeleton, named.keys())
        entry = flow(self._entry(call, named))
        return f"only the cloud knows its result{unseen}; {GIVE}: `- {entry}` under `{call.section}:`{more}"


def _followed(message: Mapping[str, Any]) -> bool:
    """Whether resources may follow from the decision of a function given to `apply`."""
    return bool(message["constructs"] or message.get("keeps"))


def _key(token: str, args: Mapping[str, Any]) -> str:
    return json.dumps([token, args], sort_keys=True, default=str)


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value if mask.hide(str(value)) == str(value) else "*"
    if isinstance(value, dict):
        return {key: _masked(inner, mask) for key, inner in value.items()}
    return [_masked(inner, mask) for inner in value] if isinstance(value, list) else value


def plural(skeleton: Any) -> Any:
    """A skeleton, with two elements in a list."""
    return [*skeleton, *skeleton] if isinstance(skeleton, list) and not isinstance(skeleton[0], dict) else skeleton


def few(skeleton: Any) -> dict[str, Any]:
    """Some fields of a result, for a line that has no room for all."""
    fields = skeleton if isinstance(skeleton, dict) else {}
    return {"id": fields["id"]} if "id" in fields else dict([*fields.items()][:FEW])


def others(skeleton: Any, named: Collection[str]) -> str:
    """The fields of a result that a line does not name, if it is unknown what the program reads."""
    names = sorted(skeleton.keys() - named) if isinstance(skeleton, dict) else []
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"; it also has {', '.join(f'`{name}`' for name in names[:MANY])}{more}" if names else ""


def arranged(leaves: Mapping[str, Any]) -> Any:
    """Values by path (`ebs.volumeSize`, `names[0]`) as the structure that they are in."""
    root: Any = None
    for path, leaf in leaves.items():
        steps = [int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(-?\d+)\]", path)]
        root = _put(root, steps, leaf)
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
