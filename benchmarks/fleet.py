"""A fleet of stacks with known truth: organizations, accounts, teams and projects, sizes with a long tail, planted violations.

    python -m benchmarks.fleet DIR --stacks 1000 --seed 1
    python -m benchmarks.fleet DIR --drift 0.01 --seed 2

Each organization is a backend in a folder, as `pulumi login file://DIR/ORGANIZATION` has it. `truth.json` has what is
planted; a drift changes a share of the stacks, and the truth with them. For every ten stacks there is a case of
`crossings`, in stacks of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.crossings import Case, account_block, cases, changed
from benchmarks.states import (
    Place,
    State,
    access_key,
    bucket,
    checkpoint,
    first,
    log_group,
    parameter,
    role,
    security_group,
)

REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
STAGES = ("dev", "staging", "prod")
AVERAGE = 50
"""Resources of a stack, about; half of the stacks have fewer than 35."""
LONGEST = 45_000
"""Resources of the largest stacks: 50 MB."""
SHARE_OF_LARGEST = 1 / 25_000
TRUTH = "truth.json"
CASES = "cases"
"""The organization of the stacks of cases."""
MOST_CASES = 400
Maker = Callable[[Place, int], Iterator[State]]
SOUND: Mapping[str, Maker] = {"parameter": parameter, "log-group": log_group, "role": role, "bucket": bucket}
BAD: Mapping[str, Maker] = {
    "open-bucket": lambda place, index: bucket(place, index, block=False),
    "wildcard-role": lambda place, index: role(place, index, "s3:*", "*"),
    "open-ssh": security_group,
    "access-key": access_key,
}
REPORTED: Mapping[str, tuple[str, ...]] = {
    "open-bucket": ("s3-missing-access-block",),
    "wildcard-role": ("iam-unscoped-list", "iam-wildcard-action", "iam-wildcard-resource"),
    "open-ssh": ("ec2-open-ingress",),
    "access-key": ("iam-user-credentials",),
}
"""What the policies report of each planted violation."""


@dataclass(frozen=True)
class Fleet:
    """A fleet that is written or drifts."""

    folder: Path
    seed: int

    def places(self, stacks: int) -> Iterator[Place]:
        """The places of so many stacks."""
        random_ = random.Random(f"{self.seed} places")
        organizations = max(1, round(math.sqrt(stacks) / 40))
        accounts = [f"{100_000_000_000 + number * 7_919}" for number in range(max(2, stacks // 60))]
        teams = [f"team-{number}" for number in range(max(3, round(math.sqrt(stacks))))]
        for number in range(-(-stacks // len(STAGES))):
            team = random_.choice(teams)
            organization = f"org-{hash_of(team) % organizations}"
            for stage in STAGES[: stacks - number * len(STAGES)]:
                account, region = random_.choice(accounts), random_.choice(REGIONS)
                yield Place(organization, team, f"{team}-app{number}", stage, account, region)

    def write(self, stacks: int, crossing: int = 0) -> dict[str, Any]:
        """Write a fleet with so many cases that cross stacks, and return its truth."""
        truth: dict[str, Any] = {"seed": self.seed, "stacks": {}}
        for number, place in enumerate(self.places(stacks)):
            truth["stacks"][place.file] = self.stack(place, random.Random(f"{self.seed} {number}"))
        truth["cases"] = {case.id: self.case(case) for case in cases(crossing)}
        if truth["cases"]:
            accounts = Counter(stack["place"]["account"] for stack in truth["stacks"].values())
            truth["closed"] = self.closed(max(accounts), off="")
        return truth

    @staticmethod
    def expected(truth: dict[str, Any]) -> Counter[str]:
        """By policy, the number of outcomes that the planted violations have, each stack alone."""
        counts: Counter[str] = Counter()
        for stack in truth["stacks"].values():
            for kind, count in stack["planted"].items():
                counts.update(dict.fromkeys(REPORTED[kind], count))
        for case in truth.get("cases", {}).values():
            counts.update(case["reported"])
        counts.update(truth.get("closed", {}).get("reported", {}))
        return counts

    @staticmethod
    def joined(truth: dict[str, Any]) -> Counter[tuple[str, str, str]]:
        """By effect, policy and project, the number of answers that only several stacks together give."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for case in truth.get("cases", {}).values():
            for effect in ("refuted", "shown"):
                counts.update((effect, policy, project) for policy, project in case[effect].items())
        closed = truth.get("closed", {})
        for stack in truth["stacks"].values():
            place, count = stack["place"], stack["planted"].get("open-bucket", 0)
            if count and stack["placed"] and place["account"] == closed.get("account") and not closed["off"]:
                counts["refuted", "s3-missing-access-block", place["project"]] += count
        return counts

    @staticmethod
    def paths(truth: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        """By bucket that has the tag, the verbs of the shortest path; none for no path."""
        known = [case for case in truth.get("cases", {}).values() if case["bucket"]]
        return {case["bucket"]: tuple(case["path"]) for case in known}

    def drift(self, truth: dict[str, Any], share: float) -> int:
        """Change a share of the stacks, and the truth; returns how many."""
        random_ = random.Random(f"{self.seed} drift")
        files = sorted(truth["stacks"])
        chosen = random_.sample(files, max(1, round(len(files) * share)))
        different = 0
        for file in chosen:
            known, before = truth["stacks"][file], (self.folder / file).read_bytes()
            place = Place(**known["place"])
            truth["stacks"][file] = self.stack(place, random.Random(f"{self.seed} {file}"), known["resources"])
            different += (self.folder / file).read_bytes() != before  # a small stack may be as it was
        return different + self._drift_cases(truth, share, random_)

    def _drift_cases(self, truth: dict[str, Any], share: float, random_: random.Random) -> int:
        """Change a share of the cases, and the truth; returns how many stacks are another."""
        known = truth.get("cases", {})
        before = self._cases()
        for key in random_.sample(sorted(known), math.ceil(len(known) * share)):
            entry = known[key]
            case = changed(Case(entry["kind"], entry["variant"], entry["number"]), random_.choice)
            for file in entry["files"]:
                (self.folder / file).unlink()
            known[key] = self.case(case)
        if known:
            closed = truth["closed"]
            truth["closed"] = self.closed(closed["account"], off="" if closed["off"] else "ignorePublicAcls")
        return sum(before.get(file) != content for file, content in self._cases().items())

    def _cases(self) -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in (self.folder / CASES).rglob("*.json")}

    def case(self, case: Case) -> dict[str, Any]:
        """Write the stacks of a case, and return what is expected of it."""
        stacks = case.stacks()
        for place, states in stacks:
            self._write(place, [*first(place), *states])
        expected = case.expected
        projects = {place.project.rpartition("-")[2]: place.project for place, _ in stacks}
        return {
            "kind": case.kind,
            "variant": case.variant,
            "number": case.number,
            "files": [place.file for place, _ in stacks],
            "reported": dict(expected.reported),
            "refuted": {policy: projects[part] for policy, part in expected.refuted.items()},
            "shown": {policy: projects[part] for policy, part in expected.shown.items()},
            "bucket": case.bucket if case.tagged else "",
            "path": expected.path,
        }

    def closed(self, account: str, *, off: str) -> dict[str, Any]:
        """Write the stack that closes the buckets of an account of many stacks; with a switch `off`, it closes none."""
        place = Place(CASES, "security", "closed-security", "prod", account, "eu-west-1")
        self._write(place, [*first(place), account_block(place, account, off=off), *parameter(place, 1)])
        return {"account": account, "off": off, "reported": {"s3-open-access-block": 1} if off else {}}

    def _write(self, place: Place, states: list[State]) -> None:
        file = self.folder / place.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(checkpoint(place, states)), encoding="utf-8")

    def stack(self, place: Place, random_: random.Random, size: int | None = None) -> dict[str, Any]:
        """Write one stack, and return what is planted in it."""
        if size is None:
            size = min(LONGEST, max(3, round(random_.lognormvariate(math.log(35), 0.85))))
            size = LONGEST if random_.random() < SHARE_OF_LARGEST else size
        planted: Counter[str] = Counter()
        for kind in BAD:
            if random_.random() < 0.12:
                planted[kind] = random_.randint(1, 3)
        states = [*first(place)]
        index = 0
        for kind, count in planted.items():
            for _ in range(count):
                states += BAD[kind](place, index)
                index += 1
        while len(states) < size:
            maker = random_.choice((parameter, parameter, parameter, log_group, role, bucket))
            states += maker(place, index)
            index += 1
        self._write(place, states)
        placed = any(f":{place.account}:" in str(state.get("outputs", {}).get("arn")) for state in states)
        return {"place": place.__dict__, "planted": dict(planted), "resources": len(states), "placed": placed}


def crossing(stacks: int) -> int:
    """The number of cases in a fleet of so many stacks."""
    return min(stacks // 10, MOST_CASES)


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return sum(ord(letter) * 31**position for position, letter in enumerate(text))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stacks", type=int, default=1000, help="how many to write (default: 1000)")
    parser.add_argument("--drift", type=float, help="change this share of the stacks of a fleet that is there")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fleet, file = Fleet(arguments.folder, arguments.seed), arguments.folder / TRUTH
    if arguments.drift is None:
        truth = fleet.write(arguments.stacks, crossing(arguments.stacks))
        resources = sum(stack["resources"] for stack in truth["stacks"].values())
        print(
            f"{len(truth['stacks'])} stacks, {resources} resources, and {len(truth['cases'])} cases over several stacks"
        )
    else:
        truth = json.loads(file.read_text())
        print(f"{fleet.drift(truth, arguments.drift)} stacks changed")
    file.write_text(json.dumps(truth), encoding="utf-8")


if __name__ == "__main__":
    main()
