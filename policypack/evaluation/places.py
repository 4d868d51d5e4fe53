"""Stable places: outcomes in, each with a text that identifies where it is across edits, stacks and renames.

A place has no line and no index. What decides about an outcome is part of it: the value at the end of the path, the
severity where it is not the card's, and the facts that the message quotes. A statement is identified by its content, of
which a list that the path, or the message, takes one item of has only that item: the `Sid`, the order of items and the
letter case of actions do not count, nor does another spelling that AWS reads alike (`placing.forms`). An item of another list is identified by its name, or else by its content. Of an
unknown value counts where it comes from: the resources that it waits for, a call, and the expression in the source.

The stack's name, its accounts, its region and the physical names of its resources are replaced, so that the same
violation has the same place in every stack of a project. Secret values never count.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Kind, Outcome, Resource, Unknown
from policypack.core.values import origin_at
from policypack.evaluation.placing import forms, parts
from policypack.evaluation.placing.attached import attached_to
from policypack.evaluation.placing.forms import addresses, folded, folded_statement, unordered
from policypack.evaluation.placing.parts import SEPARATOR, encoded, reduced
from policypack.evaluation.placing.property_place import content as content_of
from policypack.evaluation.placing.property_place import document_place, property_place, steps_of
from policypack.evaluation.placing.shared_names import Names, urns
from policypack.evaluation.placing.statement_place import contains_secret, statement_at, statements_of
from policypack.evaluation.placing.subjects import subject
from policypack.iam.document_readers import documents_of

QUOTED = re.compile(r"`([^`]*)`|(\d+ more)\b")
"""A fact in a message."""
ADVICE = re.compile(r";|, for example ")
"""What follows in a message is advice, or an example, and no fact."""
HASH = 32
"""Hexadecimal digits of a fingerprint."""


Written = Callable[[Resource, str], str]
"""Returns a digest of how the source states a path of a resource; empty where that is not certain."""


def placed(
    outcomes: Iterable[Outcome],
    resources: Iterable[Resource],
    stack: str,
    written: Written = lambda _resource, _path: "",
) -> tuple[Outcome, ...]:
    """The outcomes with their places.

    Args:
        outcomes: of one stack, without secrets of the program.
        resources: all resources of that stack.
        stack: its name, without organization and project; empty if it is unknown.
        written: for what is undecided, since nothing else is known of an unknown value.
    """
    outcomes = tuple(outcomes)
    if not outcomes:
        return ()
    names = Names(list(resources), stack)
    reported: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.kind is Kind.VIOLATION:
            reported[outcome.resource.urn, outcome.policy.id].append(outcome)
    return tuple(
        _placed(outcome, names, written, reported.get((outcome.resource.urn, outcome.policy.id), ()))
        for outcome in outcomes
    )


def _placed(outcome: Outcome, names: Names, written: Written, siblings: Collection[Outcome]) -> Outcome:
    """The outcome with its places: under each name that it, or a resource that it mentions, has or had."""
    names.mentioned.clear()
    inner = {stable_path(outcome, names, written, siblings): None}
    if names.mentioned:
        inner |= {stable_path(outcome, variant, written, siblings): None for variant in list(names.variants())}
    here = (f"{names.resource(urn)}\n{path}" for urn in urns(outcome.resource) for path in inner)
    place, *former_places = dict.fromkeys(here)
    return replace(outcome, place=place, former_places=tuple(former_places))


def fingerprint(outcome: Outcome, place: str | None = None) -> str:
    """A hash of the outcome's kind, policy and place; equal for two equal violations.

    Args:
        outcome: with its place, or without one; then indexes and names of the stack count.
        place: one of its former places.
    """
    here = place or outcome.place or f"{outcome.resource.urn}\n{stable_path(outcome, Names((), ''))}"
    return hashed(outcome.kind, outcome.policy.id, here)


def in_project(outcome: Outcome, project: str, former: str) -> Iterator[str]:
    """The places of an outcome as they were while its project had another name.

    Args:
        outcome: with its places.
        project: the name that the project has.
        former: the other name.
    """
    for place in (outcome.place, *outcome.former_places):
        yield re.sub(rf"^{re.escape(project)}(?=::)", lambda _: former, place)


def fingerprints(outcomes: Iterable[Outcome]) -> list[str]:
    """A hash for each outcome; of equal outcomes only the first has its `fingerprint`."""
    return distinct(map(fingerprint, outcomes))


def known_as(outcomes: Sequence[Outcome]) -> list[frozenset[str]]:
    """The fingerprints of each outcome, present and former ones; no two outcomes have the same present one."""
    names = [{print_} for print_ in fingerprints(outcomes)]
    former = [
        (index, fingerprint(outcome, place))
        for index, outcome in enumerate(outcomes)
        for place in outcome.former_places
    ]
    for (index, _), print_ in zip(former, distinct(print_ for _, print_ in former), strict=True):
        names[index].add(print_)
    return [frozenset(prints) for prints in names]


def extent(outcome: Outcome, place: str | None = None) -> str:
    """What a narrower outcome has less of: a hash of the place without its parts, and these; empty if it has none.

    Args:
        outcome: with its places.
        place: one of its former places.
    """
    here, separator, of = (place or outcome.place).partition(SEPARATOR)
    return f"{hashed(outcome.kind, outcome.policy.id, here)}{of}" if separator else ""


def fits(outcome: Outcome, accepted: str) -> bool:
    """Whether an outcome allows no more than another one with an extent."""
    return any(parts.narrower(own, accepted) for own in _extents(outcome))


def _extents(outcome: Outcome) -> Iterator[str]:
    """The extents of an outcome under its present and former names."""
    return filter(None, (extent(outcome, place) for place in (outcome.place, *outcome.former_places)))


def taken(
    outcomes: Sequence[Outcome], indexes: Iterable[int], left: Counter[str], extents: Mapping[str, str] | None = None
) -> dict[int, str]:
    """The outcomes that are among counted ones, by index, each with the fingerprint that it takes from `left`.

    Those whose own place fits come before those of a former place, so that a copy cannot take what is the original's.
    Last come those that are narrower than one that is left.

    Args:
        outcomes: with their places.
        indexes: of those that may take one.
        left: how many there are by fingerprint; what is taken is subtracted.
        extents: of those, by fingerprint.
    """
    matches: dict[int, str] = {}
    indexes = list(indexes)
    for former in (False, True):
        for index in indexes:
            places = outcomes[index].former_places if former else (outcomes[index].place,)
            prints = (fingerprint(outcomes[index], place) for place in places if index not in matches)
            match = next((print_ for print_ in prints if left[print_] > 0), None)
            if match is not None:
                left[match] -= 1
                matches[index] = match
    wider: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for print_, accepted in (extents or {}).items():
        if left[print_] > 0:
            wider[accepted[:HASH]].append((print_, accepted))
    rest = [index for index in indexes if index not in matches and SEPARATOR in outcomes[index].place] if wider else []
    narrow = _assigned({index: [*_wider(outcomes[index], wider)] for index in rest}, left)
    left.subtract(narrow.values())
    return matches | narrow


def _wider(outcome: Outcome, extents: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[str]:
    """The fingerprints of those that an outcome is narrower than; `extents` are by the hash that they begin with."""
    for own in _extents(outcome):
        yield from (print_ for print_, other in extents.get(own[:HASH], ()) if parts.narrower(own, other))


def _assigned(choices: Mapping[int, Sequence[str]], left: Counter[str]) -> dict[int, str]:
    """One of its choices for as many as possible, each as often as it is counted."""
    holders: dict[str, list[int]] = defaultdict(list)

    def assign(index: int, tried: set[str]) -> bool:
        for choice in choices[index]:
            if choice in tried:
                continue
            tried.add(choice)
            full = len(holders[choice]) >= left[choice]
            moved = next((other for other in holders[choice] if full and assign(other, tried)), None)
            if full and moved is None:
                continue
            holders[choice] = [*(other for other in holders[choice] if other != moved), index]
            return True
        return False

    for index in choices:
        assign(index, set())
    return {index: choice for choice, indexes in holders.items() for index in indexes}


def distinct(hashes: Iterable[str]) -> list[str]:
    """The hashes, but equal ones are numbered in their order and hashed again, so that no two are equal."""
    counts: Counter[str] = Counter()
    numbered = []
    for value in hashes:
        counts[value] += 1
        numbered.append(value if counts[value] == 1 else hashed(value, str(counts[value])))
    return numbered


def hashed(*parts: str) -> str:
    """A hash of texts."""
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:HASH]


def stable_path(
    outcome: Outcome,
    names: Names,
    written: Written = lambda _resource, _path: "",
    siblings: Collection[Outcome] = (),
) -> str:
    """The path of an outcome without indexes, what decides about it, and its parts; `siblings` as of `property_place`."""
    resource, path = outcome.resource, outcome.path
    decides = f" {outcome.severity.value}" if outcome.severity else ""
    decides += subject(resource, names, lambda name: written(resource, name))
    if outcome.kind is Kind.UNDECIDED:
        decides = f"{_origin(outcome, names, written(resource, path))}{decides}"
    statement = statement_at(resource, path)
    if path and contains_secret(resource, statement.document if statement else re.split(r"[.\[]", path)[0]):
        shown = f"{statement.document}.Statement" if statement else re.sub(r"\[\d+\]", "[]", path)
        return f"{shown}{decides}"
    steps = steps_of(statement.element if statement else "")
    element, quoted = _in_their_form(steps, _facts(outcome))
    decides = "".join(f" `{fact}`" for fact in sorted({names.fact(addresses(fact)) for fact in quoted})) + decides

    def digest(value: Any) -> str:
        return content_of(unordered(value), names)

    if statement is None and outcome.parts is not None:
        here = "" if outcome.value_counts else property_place(outcome, names, siblings)
        return f"{here}{decides}{SEPARATOR}{encoded(parts.of_items(_parts(outcome, names), digest, outcome.limits))}"
    if statement is None:
        return f"{property_place(outcome, names, siblings)}{_known(outcome, names)}{decides}"
    whole = names.once(statement.statement, "folded", lambda: folded_statement(statement.statement))
    left = reduced(whole, steps, {*map(folded, quoted)}, names)
    content = {
        key: names.once(value, "form", partial(forms.element, key, value))
        if value is whole[key]
        else forms.element(key, value)
        for key, value in left.items()
    }
    place = f"{document_place(resource, statement.document, names)}.Statement"
    if content.get("Effect") != "Allow":
        return f"{place}[{content_of(content, names)}].{element}{decides}"
    named, holders = _parts(outcome, names), attached_to(resource, names)

    def of_all() -> str:
        denials = _denials(resource, statement.document)
        return encoded(parts.of_statement(content, denials, named, digest, outcome.limits, holders))

    of = names.once(statement.statement, (*named, outcome.limits, *holders), of_all) if left is whole else of_all()
    return f"{place}[{content_of(parts.rest_of(content), names)}].{element}{decides}{SEPARATOR}{of}"


def _in_their_form(steps: Sequence[str | int], facts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The path of an element of a statement, and the facts, of which one is the condition key that the path leads to."""
    path = [step for step in steps if isinstance(step, str)]
    if path[:1] != ["Condition"] or len(path) < 2:
        return ".".join(path), facts
    path = forms.condition_path(path[1], ".".join(path[2:]))
    return ".".join(path), [path[-1] if fact.lower() == path[-1].lower() else fact for fact in facts]


@memoized
def _denials(resource: Resource, document: str) -> list[Any]:
    """The Deny statements of a document, each without what does not count: it may have thousands of outcomes."""
    statements = statements_of(resource, document)
    return [
        {key: forms.element(key, value) for key, value in folded_statement(other).items()}
        for other in statements
        if isinstance(other, Mapping) and other.get("Effect") == "Deny"
    ]


def _origin(outcome: Outcome, names: Names, source: str) -> str:
    """Where the unknown value of an undecided outcome comes from: resources, and the expression in the source."""
    waits_for = "".join(f" < {name}" for name in sorted({*map(names.referred, outcome.waits_for)}))
    call = origin_at(outcome.resource.inputs, outcome.path)
    return f"{waits_for}{f' {content_of(call, names)}' if call else ''}{f' {source}' if source else ''}"


def _known(outcome: Outcome, names: Names) -> str:
    """What is known of the document that an undecided outcome is about as a whole."""
    documents = documents_of(outcome.resource) if outcome.kind is Kind.UNDECIDED else ()
    raw = next(
        (value.raw for path, value in documents if path == outcome.path and not isinstance(value, Unknown)), None
    )
    return "" if raw is None else f"={content_of(unordered(raw), names)}"


def _facts(outcome: Outcome) -> Sequence[str]:
    """The facts of an outcome: its own, or what its message, or the reason why it is undecided, quotes."""
    if outcome.facts is not None or outcome.kind is Kind.ERROR:
        return outcome.facts or ()
    text = outcome.message if outcome.kind is Kind.VIOLATION else outcome.why
    return [name or more for name, more in QUOTED.findall(ADVICE.split(text, maxsplit=1)[0])]


def _parts(outcome: Outcome, names: Names) -> Sequence[str]:
    """The parts that its violation names, without names of the stack: URNs, texts, or what they quote."""
    return [
        names.referred(part)
        if part.startswith("urn:pulumi:")
        else " ".join(names.fact(name) for name, _ in QUOTED.findall(part) if name) or names.fact(addresses(part))
        for part in outcome.parts or ()
    ]
