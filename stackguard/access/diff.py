"""What a stack newly allows against another, told to people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from rich.text import Text

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff import Gain, gained
from policypack.core.policy import Stack
from policypack.evaluation.redaction import secrets_of
from policypack.evaluation.settings import Settings
from stackguard.access.alignment import account_of, aligned, in_one_account
from stackguard.access.lines import example
from stackguard.access.public import Found, encoded, noted, position, reasons, shown, whence
from stackguard.reports import Screen
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.screen import paint
from stackguard.sources import Loaded
from stackguard.stand_in import STAND_IN_ACCOUNT

VERSION = 1
STYLES = {Verdict.NEW_ACCESS: "bold red", Verdict.UNDECIDED: "magenta"}


class Change(msgspec.Struct, frozen=True):
    """What one stack newly allows."""

    gains: tuple[Gain, ...]
    found: Found
    """How to name and place what is told."""
    old: str

    @property
    def exit_code(self) -> int:
        """0 where nothing is newly allowed or undecided, else 1."""
        return int(bool(self.gains or self.found.unseen))


def compare(new: Loaded, old: Loaded) -> Change:
    """What the stack `new` allows that `old` does not. What is made up in a program is taken from a state.

    Two programs are taken to be one stack, so the account that one of them states is that of the other.
    """
    resources, others = new.resources, old.resources
    if new.folder is not None and old.folder is None:
        resources = aligned(resources, others)
    elif new.stand_in != old.stand_in:
        resources, others = in_one_account(resources, others), in_one_account(others, resources)
    stacks = [Stack(tuple(each), Settings(stack_region=of.region)) for each, of in ((resources, new), (others, old))]
    secrets = tuple({*secrets_of(stacks[0]), *secrets_of(stacks[1]), *new.mask.texts, *old.mask.texts})
    stand_in = (new.stand_in or old.stand_in) and STAND_IN_ACCOUNT in {account_of(resources), account_of(others)}
    found = Found((), new.target.strip("`"), new.folder, secrets, stand_in, new.unseen)
    return Change(tuple(gained(*stacks)), found, old.target.strip("`"))


def text(change: Change, screen: Screen) -> str:
    """For people: each class of request, with its example and the statement that allows it."""
    return paint(noted(_lines(change, screen), change.found, screen), screen)


def _lines(change: Change, screen: Screen) -> Iterator[Text]:
    for gain in change.gains:
        answer = shown(gain.by, gain.path, gain.answer)
        line = Text.assemble((answer.verdict, STYLES[answer.verdict]), "  ", (name_of(gain.holder.urn), "bold"))
        if place := change.found.place(gain.holder):
            line.append(f"  {place}", "dim")
        yield line
        yield from reasons(change.found, answer, screen)
        yield from whence(change.found, gain.by, gain.path, answer, screen)
        yield Text()
    counts = Counter(each.answer.verdict for each in change.gains)
    undecided = counts[Verdict.UNDECIDED] + len(change.found.unseen)
    told = f"{counts[Verdict.NEW_ACCESS]} newly allowed, {undecided} undecided"
    yield Text(f"{told} in {printable(change.found.target)} against {printable(change.old)}", "bold")


def json(change: Change) -> str:
    """For scripts: the same."""
    counts = Counter(each.answer.verdict for each in change.gains)
    document = {
        "version": VERSION,
        "target": printable(change.found.target),
        "old": printable(change.old),
        "summary": {
            "newAccess": counts[Verdict.NEW_ACCESS],
            "undecided": counts[Verdict.UNDECIDED] + len(change.found.unseen),
            "exitCode": change.exit_code,
        },
        "gains": [_entry(change, each) for each in change.gains],
    }
    return encoded(document, change.found)


def _entry(change: Change, gain: Gain) -> dict[str, Any]:
    answer = shown(gain.by, gain.path, gain.answer)
    return {
        "verdict": answer.verdict,
        "holder": printable(gain.holder.urn),
        "urn": printable(gain.by.urn),
        "path": printable(gain.path),
        "position": position(gain.by),
        "why": change.found.clean(answer.why),
        "witness": change.found.cleaned(example(answer.witness)),
    }
