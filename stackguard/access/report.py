"""What the reports about a stack's access share: secrets are masked, positions and notes are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from policypack.access.solver.verdict import REFUSED, Answer, Verdict
from policypack.core.policy import Resource, Unseen
from policypack.core.values import rewritten
from policypack.core.witness import Witness
from policypack.evaluation.redaction import QUOTED, REDACTED, hidden, is_secret
from policypack.evaluation.spellings import PUBLIC
from stackguard.access.lines import witness_json
from stackguard.reports import Screen
from stackguard.reports.formatting import indented_json, name_of, printable
from stackguard.reports.screen import Text, paint, wrapped
from stackguard.stand_in import LINE, mentioned

STYLES = {
    Verdict.PUBLIC: "bold red",
    Verdict.NEW_ACCESS: "bold red",
    Verdict.UNDECIDED: "magenta",
    Verdict.NOT_PUBLIC: "green",
}
INDENT = 4


class StackReport(msgspec.Struct, frozen=True):
    """The stack that a report is about, and what the report must not contain."""

    target: str
    folder: Path | None = None
    secrets: tuple[str, ...] = ()
    stand_in: bool = False
    """Whether ARNs of the stack can contain the stand-in account."""
    unseen: tuple[Unseen, ...] = ()
    """Resources that the preview cannot see: they can change every answer."""

    def clean(self, text: str) -> str:
        """The text without secrets and control characters."""
        return printable(hidden(text, self.secrets))

    def place(self, resource: Resource | Unseen) -> str:
        """The file and line at which the program constructs a resource; empty if unknown."""
        if resource.position is None:
            return ""
        file = Path(resource.position.file)
        return printable(f"{self.folder / file if self.folder else file}:{resource.position.line}")

    def heading(self, verdict: Verdict, name: str, resource: Resource | Unseen) -> Text:
        """The line that begins an entry for people."""
        line = Text.assemble((verdict, STYLES[verdict]), "  ", (name, "bold"))
        if place := self.place(resource):
            line.append(f"  {place}", "dim")
        return line

    def reasons(self, answer: Answer, screen: Screen) -> Iterator[Text]:
        """The example request and the reason, for people."""
        if answer.witness:
            yield from wrapped(self.clean(str(answer.witness)), screen, INDENT, "for example")
        yield from wrapped(self.clean(answer.why), screen, INDENT, "why")

    def source(self, by: Resource, path: str, answer: Answer, screen: Screen) -> Iterator[Text]:
        """The source of the answer, for people: the resource, the path in it, and its position."""
        where = " ".join(filter(None, (name_of(by.urn), printable(path))))
        waits = answer.verdict is Verdict.UNDECIDED and not answer.why.startswith(REFUSED)
        label = "waits for" if waits else "by"
        yield from wrapped("  ".join(filter(None, (where, self.place(by)))), screen, INDENT, label)

    def decision(self, by: Resource, path: str, answer: Answer) -> dict[str, Any]:
        """An answer and its source, as JSON."""
        answer = without_secret(by, path, answer)
        return {
            "verdict": answer.verdict,
            "why": self.clean(answer.why),
            "witness": rewritten(witness_json(answer.witness), self.clean),
            "urn": printable(by.urn),
            "path": printable(path),
            "position": position(by),
        }

    def text(self, lines: Iterable[Text], count: str, screen: Screen) -> str:
        """A report for people: its lines, the unseen resources, the note about the stand-in account, and the count."""
        lines = [*lines]
        for unseen in self.unseen:
            lines.append(self.heading(Verdict.UNDECIDED, "resources that were not seen", unseen))
            lines += wrapped(self.clean(f"the program {unseen.why}"), screen, INDENT, "why")
            lines += wrapped(self.clean(unseen.fix), screen, INDENT, "fix")
            lines.append(Text())
        if self.stand_in and mentioned(line.plain for line in lines):
            lines += [*wrapped(LINE, screen, 0, "note"), Text()]
        return paint([*lines, Text(count, "bold")], screen)

    def json(self, document: dict[str, Any]) -> str:
        """A report as JSON, with the unseen resources and the note about the stand-in account."""
        if self.unseen:
            document["unseen"] = [
                {"why": self.clean(unseen.why), "fix": self.clean(unseen.fix), "position": position(unseen)}
                for unseen in self.unseen
            ]
        if self.stand_in and mentioned([indented_json(document)]):
            document["notes"] = [LINE]
        return indented_json(document)


def without_secret(by: Resource, path: str, answer: Answer) -> Answer:
    """The answer; if its policy document is secret, it quotes only words of the policy language."""
    if not is_secret(by, path):
        return answer
    why = QUOTED.sub(lambda quoted: quoted[0] if quoted[1] in PUBLIC else f"`{REDACTED}`", answer.why)
    witness = answer.witness and Witness(answer.witness.outsider, answer.witness.address, REDACTED, REDACTED)
    return msgspec.structs.replace(answer, why=why, witness=witness)


def position(resource: Resource | Unseen) -> dict[str, Any] | None:
    """The file and line at which the program constructs a resource, as JSON."""
    at = resource.position
    return {"file": printable(at.file), "line": at.line} if at else None
