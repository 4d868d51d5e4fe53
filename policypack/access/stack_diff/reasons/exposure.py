"""What a resource-based document newly opens because a setting no longer closes its resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from policypack.access.exposure.exposed import document_exposures, exposures
from policypack.access.exposure.exposure import Exposure
from policypack.access.exposure.sharing import EVENT_PERMISSION
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.gains import Gain, Key, place_of
from policypack.access.stack_diff.reasons.direct import beside
from policypack.core.policy import Resource, Stack

NOT_BEFORE = "was not public before"
PERHAPS_BEFORE = "may have been public before"


def exposure_gains(
    new: tuple[Stack, Places], old: tuple[Stack, Places], by_documents: Sequence[Gain]
) -> Iterator[Gain]:
    """Each resource that is, or may be, newly public, unless one of the gains by documents already is at the place."""
    before = _by_place(*old)
    for resource in old[0].of(EVENT_PERMISSION):  # which PutPermission writes to the document of the bus
        for _, exposure in exposures(old[0], resource):
            before[beside(*old, resource)[1:]].append((resource, exposure))
    reported = {(gain.by.urn, gain.path) for gain in by_documents}
    for place, opened in _by_place(*new).items():
        held = [exposure for _, exposure in before.get(place, ())]
        for resource, exposure in opened:
            if not any(exposure.by.urn == urn and exposure.path.startswith(path) for urn, path in reported):
                answer = _answer(resource, exposure, held)
                if answer is not None:
                    yield Gain(resource, exposure.by, exposure.path, answer)
                    break


def _by_place(stack: Stack, places: Places) -> defaultdict[Key, list[tuple[Resource, Exposure]]]:
    by_place: defaultdict[Key, list[tuple[Resource, Exposure]]] = defaultdict(list)
    for resource in stack.resources:
        for target, exposure in () if resource.external else document_exposures(stack, resource):
            by_place[place_of(places, resource, target)].append((target, exposure))
    return by_place


def _answer(resource: Resource, exposure: Exposure, before: Sequence[Exposure]) -> Answer | None:
    """The verdict on an exposure against the earlier ones of the same resource; None if it is nothing new."""
    verdict = exposure.answer.verdict
    worst = {held.answer.verdict for held in before}
    if verdict is Verdict.UNDECIDED:
        return None if worst & {Verdict.PUBLIC, Verdict.UNDECIDED} else exposure.answer
    if verdict is not Verdict.PUBLIC or any(held.effective for held in before):
        return None
    if not exposure.effective and Verdict.PUBLIC in worst:
        return None
    guard = next((held.guard for held in before if held.guard), "")
    perhaps = not guard and Verdict.UNDECIDED in worst
    earlier = f"is no longer closed by {guard}" if guard else PERHAPS_BEFORE if perhaps else NOT_BEFORE
    why = f"`{resource.name}` {earlier}, and its document is public: {exposure.answer.why}"
    return msgspec.structs.replace(
        exposure.answer, verdict=Verdict.UNDECIDED if perhaps else Verdict.NEW_ACCESS, why=why
    )
