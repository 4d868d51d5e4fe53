"""Which things of a stack are open to outsiders, told to people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.text import Text

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.exposure.exposure import Exposure
from policypack.access.solver.verdict import Answer, Verdict, Witness
from policypack.core.policy import Resource, Stack, Unseen
from policypack.evaluation.masking import PUBLIC, REDACTED, hidden
from policypack.evaluation.redaction import QUOTED, is_secret, secrets_of
from policypack.evaluation.settings import Settings
from stackguard.access.lines import example
from stackguard.reports import Screen
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.screen import paint, wrapped
from stackguard.sources import Loaded
from stackguard.stand_in import LINE
from stackguard.stand_in import shown as shows_stand_in

VERSION = 1
STYLES = {Verdict.PUBLIC: "bold red", Verdict.UNDECIDED: "magenta", Verdict.NOT_PUBLIC: "green"}
INDENT = 4


class Found(msgspec.Struct, frozen=True):
    """The verdicts on one stack."""

    things: tuple[Exposed, ...]
    target: str
    folder: Path | None = None
    secrets: tuple[str, ...] = ()
    """Texts that no report may have in it."""
    stand_in: bool = False
    """Whether the stack's ARNs may hold the stand-in account."""
    unseen: tuple[Unseen, ...] = ()
    """What the program constructs where the preview cannot follow: any of it may change every answer."""

    @property
    def exit_code(self) -> int:
        """0 where nothing is public or undecided, else 1."""
        return int(bool(self.unseen) or any(each.verdict is not Verdict.NOT_PUBLIC for each in self.things))

    def clean(self, text: str) -> str:
        """The text without secrets and without what would drive a terminal."""
        return printable(hidden(text, self.secrets))

    def cleaned(self, value: Any) -> Any:
        """The same with every text in it cleaned."""
        if isinstance(value, str):
            return self.clean(value)
        return (
            {self.clean(name): self.cleaned(each) for name, each in value.items()} if isinstance(value, dict) else value
        )

    def place(self, resource: Resource | Unseen) -> str:
        """The file and line at which the program constructs a resource; empty where it is unknown."""
        if resource.position is None:
            return ""
        file = Path(resource.position.file)
        return printable(f"{self.folder / file if self.folder else file}:{resource.position.line}")


def shown(by: Resource, path: str, answer: Answer) -> Answer:
    """The answer without what stands in a secret document: of that only the words of the policy language are told."""
    if not is_secret(by, path):
        return answer
    why = QUOTED.sub(lambda quoted: quoted[0] if quoted[1] in PUBLIC else f"`{REDACTED}`", answer.why)
    witness = answer.witness and Witness(answer.witness.outsider, answer.witness.address, REDACTED, REDACTED)
    return msgspec.structs.replace(answer, why=why, witness=witness)


def judge(loaded: Loaded) -> Found:
    """The verdict on each thing of a stack that could be open to outsiders."""
    stack = Stack(loaded.resources, Settings(stack_region=loaded.region))
    things = tuple(exposed(stack))
    secrets = (*secrets_of(stack), *loaded.mask.texts)
    return Found(things, loaded.target.strip("`"), loaded.folder, secrets, loaded.stand_in, loaded.unseen)


def text(found: Found, screen: Screen, *, everything: bool) -> str:
    """For people; what is not public is only counted unless `everything` is asked for."""
    return paint(noted(_lines(found, screen, everything=everything), found, screen), screen)


def noted(lines: Iterable[Text], found: Found, screen: Screen) -> Iterator[Text]:
    """The lines of a report, what is not seen, and, where they show the stand-in account, a line that says so."""
    *report, count = lines
    yield from report
    for each in found.unseen:
        line = Text.assemble(
            (Verdict.UNDECIDED, STYLES[Verdict.UNDECIDED]), "  ", ("resources that were not seen", "bold")
        )
        yield line.append(f"  {found.place(each)}", "dim")
        yield from wrapped(found.clean(f"the program {each.why}"), screen, INDENT, "why")
        yield from wrapped(found.clean(each.fix), screen, INDENT, "fix")
        yield Text()
    if found.stand_in and shows_stand_in(line.plain for line in report):
        yield from wrapped(LINE, screen, 0, "note")
        yield Text()
    yield count


def encoded(document: dict[str, Any], found: Found) -> str:
    """A report as JSON text, with what is not seen and, where it shows the stand-in account, a note that says so."""
    if found.unseen:
        document = {**document, "unseen": [_unseen(found, each) for each in found.unseen]}
    text = msgspec.json.encode(document)
    if found.stand_in and shows_stand_in([text.decode()]):
        text = msgspec.json.encode({**document, "notes": [LINE]})
    return msgspec.json.format(text, indent=2).decode() + "\n"


def _lines(found: Found, screen: Screen, *, everything: bool) -> Iterator[Text]:
    for thing in found.things:
        if everything or thing.verdict is not Verdict.NOT_PUBLIC:
            yield from _thing(found, thing, screen)
            yield Text()
    yield _count(found)


def _thing(found: Found, thing: Exposed, screen: Screen) -> Iterator[Text]:
    line = Text.assemble((thing.verdict, STYLES[thing.verdict]), "  ", (name_of(thing.thing.urn), "bold"))
    if place := found.place(thing.thing):
        line.append(f"  {place}", "dim")
    yield line
    worst = [each for each in thing.exposures if each.answer.verdict is thing.verdict]
    for opening in worst:
        yield from _opening(found, thing, opening, screen)


def _opening(found: Found, thing: Exposed, opening: Exposure, screen: Screen) -> Iterator[Text]:
    yield from reasons(found, shown(opening.by, opening.path, opening.answer), screen)
    if opening.path or opening.by.urn != thing.thing.urn:
        yield from whence(found, opening.by, opening.path, opening.answer, screen)


def reasons(found: Found, answer: Answer, screen: Screen) -> Iterator[Text]:
    """The example of a request, and why."""
    if answer.witness:
        yield from wrapped(found.clean(str(answer.witness)), screen, INDENT, "for example")
    yield from wrapped(found.clean(answer.why), screen, INDENT, "why")


def whence(found: Found, by: Resource, path: str, answer: Answer, screen: Screen) -> Iterator[Text]:
    """What decides: the resource, the path in it, and where the program constructs it."""
    where = " ".join(filter(None, (name_of(by.urn), printable(path))))
    label = "waits for" if answer.verdict is Verdict.UNDECIDED else "by"
    yield from wrapped("  ".join(filter(None, (where, found.place(by)))), screen, INDENT, label)


def _count(found: Found) -> Text:
    counts = Counter(each.verdict for each in found.things)
    undecided = counts[Verdict.UNDECIDED] + len(found.unseen)
    told = f"{counts[Verdict.PUBLIC]} public, {undecided} undecided, {counts[Verdict.NOT_PUBLIC]} not public"
    return Text(f"{told} in {printable(found.target)}", "bold")


def json(found: Found, *, everything: bool) -> str:
    """For scripts: the same, and every opening of each thing."""
    counts = Counter(each.verdict for each in found.things)
    told = [each for each in found.things if everything or each.verdict is not Verdict.NOT_PUBLIC]
    document = {
        "version": VERSION,
        "target": printable(found.target),
        "summary": {
            "public": counts[Verdict.PUBLIC],
            "undecided": counts[Verdict.UNDECIDED] + len(found.unseen),
            "notPublic": counts[Verdict.NOT_PUBLIC],
            "exitCode": found.exit_code,
        },
        "things": [_entry(found, each) for each in told],
    }
    return encoded(document, found)


def _entry(found: Found, thing: Exposed) -> dict[str, Any]:
    return {
        "urn": printable(thing.thing.urn),
        "type": printable(thing.thing.type),
        "name": printable(thing.thing.name),
        "position": position(thing.thing),
        "verdict": thing.verdict,
        "openings": [_told(found, each) for each in thing.exposures],
    }


def _told(found: Found, opening: Exposure) -> dict[str, Any]:
    answer = shown(opening.by, opening.path, opening.answer)
    witness = example(answer.witness)
    return {
        "verdict": answer.verdict,
        "why": found.clean(answer.why),
        "witness": found.cleaned(witness),
        "urn": printable(opening.by.urn),
        "path": printable(opening.path),
        "position": position(opening.by),
    }


def _unseen(found: Found, unseen: Unseen) -> dict[str, Any]:
    return {"why": found.clean(unseen.why), "fix": found.clean(unseen.fix), "position": position(unseen)}


def position(resource: Resource | Unseen) -> dict[str, Any] | None:
    """The file and line at which the program constructs a resource, as JSON."""
    at = resource.position
    return {"file": printable(at.file), "line": at.line} if at else None
