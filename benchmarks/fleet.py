"""A fleet of stacks with known truth: organizations, accounts, teams and projects, sizes with a long tail, planted violations.

    python -m benchmarks.fleet DIR --stacks 1000 --seed 1
    python -m benchmarks.fleet DIR --drift 0.01 --seed 2

Each organization is a backend in a folder, as `pulumi login file://DIR/ORGANIZATION` has it. `truth.json` has what is
planted; a drift changes a share of the stacks, and the truth with them.
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

REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
STAGES = ("dev", "staging", "prod")
AVERAGE = 50
"""Resources of a stack, about; half of the stacks have fewer than 35."""
LONGEST = 45_000
"""Resources of the largest stacks: 50 MB."""
SHARE_OF_LARGEST = 1 / 25_000
TRUTH = "truth.json"
State = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a stack is."""

    organization: str
    team: str
    project: str
    stage: str
    account: str
    region: str

    @property
    def file(self) -> str:
        """Its checkpoint, relative to the fleet."""
        return f"{self.organization}/.pulumi/stacks/{self.project}/{self.stage}.json"

    def state(
        self, type_token: str, name: str, inputs: State, outputs: State | None = None, identity: str = ""
    ) -> State:
        """A resource of it."""
        urn = f"urn:pulumi:{self.stage}::{self.project}::{type_token}::{name}"
        return {
            "urn": urn,
            "custom": True,
            "id": identity or name,
            "type": type_token,
            "inputs": inputs,
            "outputs": {**inputs, "id": identity or name, **(outputs or {})},
            "parent": f"urn:pulumi:{self.stage}::{self.project}::pulumi:pulumi:Stack::{self.project}-{self.stage}",
            "provider": f"{self.provider}::{'1f8b2a3c-0000-4000-8000-000000000000'}",
        }

    @property
    def provider(self) -> str:
        """The URN of its provider."""
        return f"urn:pulumi:{self.stage}::{self.project}::pulumi:providers:aws::default_7_0_0"

    def name(self, index: int, what: str) -> str:
        """A name that is unique in the fleet."""
        return f"{self.organization}-{self.project}-{self.stage}-{what}{index}"


def _document(*statements: State) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def parameter(place: Place, index: int) -> Iterator[State]:
    """A sound parameter."""
    name = f"/{place.name(index, 'setting')}"
    inputs = {"name": name, "type": "String", "value": f"value {index}", "tags": {"team": place.team}}
    arn = f"arn:aws:ssm:{place.region}:{place.account}:parameter{name}"
    yield place.state("aws:ssm/parameter:Parameter", f"setting{index}", inputs, {"arn": arn}, name)


def log_group(place: Place, index: int) -> Iterator[State]:
    """A sound log group."""
    name = place.name(index, "logs")
    arn = f"arn:aws:logs:{place.region}:{place.account}:log-group:{name}"
    inputs = {"name": name, "retentionInDays": 30, "tags": {"team": place.team}}
    yield place.state("aws:cloudwatch/logGroup:LogGroup", f"logs{index}", inputs, {"arn": arn}, name)


def role(place: Place, index: int, actions: Any = "s3:GetObject", resource: str = "") -> Iterator[State]:
    """A role that a task may use, sound unless what it may do is not."""
    name = place.name(index, "role")
    arn = f"arn:aws:iam::{place.account}:role/{name}"
    trust = _document(
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    yield place.state(
        "aws:iam/role:Role", f"role{index}", {"name": name, "assumeRolePolicy": trust}, {"arn": arn}, name
    )
    resource = resource or f"arn:aws:s3:::{place.name(index, 'inbox')}/incoming/*"
    policy = _document({"Sid": "Own", "Effect": "Allow", "Action": actions, "Resource": resource})
    inputs = {"name": f"own{index}", "role": name, "policy": policy}
    yield place.state("aws:iam/rolePolicy:RolePolicy", f"own{index}", inputs, {}, f"{name}:own{index}")


def bucket(place: Place, index: int, *, block: bool = True, acl: str = "") -> Iterator[State]:
    """A bucket, sound unless a part is left out."""
    name = place.name(index, "bucket")
    arn = f"arn:aws:s3:::{name}"
    yield place.state("aws:s3/bucket:Bucket", f"bucket{index}", {"bucket": name}, {"arn": arn}, name)
    if block:
        settings = dict.fromkeys(
            ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
        )
        inputs = {"bucket": name, **settings}
        yield place.state("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", f"block{index}", inputs, {}, name)
    versioning = {"bucket": name, "versioningConfiguration": {"status": "Enabled"}}
    yield place.state("aws:s3/bucketVersioning:BucketVersioning", f"versions{index}", versioning, {}, name)
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    yield place.state(encryption, f"encryption{index}", {"bucket": name, "rules": [rule]}, {}, name)
    tls = {
        "Sid": "Tls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    inputs = {"bucket": name, "policy": _document(tls)}
    yield place.state("aws:s3/bucketPolicy:BucketPolicy", f"tls{index}", inputs, {}, name)
    if acl:
        yield place.state(
            "aws:s3/bucketAcl:BucketAcl", f"acl{index}", {"bucket": name, "acl": acl}, {}, f"{name},{acl}"
        )


def security_group(place: Place, index: int) -> Iterator[State]:
    """A security group that is open to the internet."""
    name = place.name(index, "group")
    rule = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"], "description": "admin"}
    arn = f"arn:aws:ec2:{place.region}:{place.account}:security-group/sg-{index:08x}"
    inputs = {"name": name, "description": "hosts", "ingress": [rule]}
    yield place.state("aws:ec2/securityGroup:SecurityGroup", f"group{index}", inputs, {"arn": arn}, f"sg-{index:08x}")


def access_key(place: Place, index: int) -> Iterator[State]:
    """A user with a long-lived key."""
    name = place.name(index, "user")
    arn = f"arn:aws:iam::{place.account}:user/{name}"
    yield place.state("aws:iam/user:User", f"user{index}", {"name": name}, {"arn": arn}, name)
    yield place.state("aws:iam/accessKey:AccessKey", f"key{index}", {"user": name}, {}, f"AKIA{index:016d}")


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

    def write(self, stacks: int) -> dict[str, Any]:
        """Write a fleet, and return its truth."""
        truth: dict[str, Any] = {"seed": self.seed, "stacks": {}}
        for number, place in enumerate(self.places(stacks)):
            truth["stacks"][place.file] = self.stack(place, random.Random(f"{self.seed} {number}"))
        return truth

    @staticmethod
    def expected(truth: dict[str, Any]) -> Counter[str]:
        """By policy, the number of outcomes that the planted violations have."""
        counts: Counter[str] = Counter()
        for stack in truth["stacks"].values():
            for kind, count in stack["planted"].items():
                counts.update(dict.fromkeys(REPORTED[kind], count))
        return counts

    def drift(self, truth: dict[str, Any], share: float) -> int:
        """Change a share of the stacks, and the truth; returns how many."""
        random_ = random.Random(f"{self.seed} drift")
        files = sorted(truth["stacks"])
        chosen = random_.sample(files, max(1, round(len(files) * share)))
        for file in chosen:
            known = truth["stacks"][file]
            place = Place(**known["place"])
            truth["stacks"][file] = self.stack(place, random.Random(f"{self.seed} {file}"), known["resources"])
        return len(chosen)

    def stack(self, place: Place, random_: random.Random, size: int | None = None) -> dict[str, Any]:
        """Write one stack, and return what is planted in it."""
        if size is None:
            size = min(LONGEST, max(3, round(random_.lognormvariate(math.log(35), 0.85))))
            size = LONGEST if random_.random() < SHARE_OF_LARGEST else size
        planted: Counter[str] = Counter()
        for kind in BAD:
            if random_.random() < 0.12:
                planted[kind] = random_.randint(1, 3)
        states = [*self._first(place)]
        index = 0
        for kind, count in planted.items():
            for _ in range(count):
                states += BAD[kind](place, index)
                index += 1
        while len(states) < size:
            maker = random_.choice((parameter, parameter, parameter, log_group, role, bucket))
            states += maker(place, index)
            index += 1
        file = self.folder / place.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(checkpoint(place, states)), encoding="utf-8")
        return {"place": place.__dict__, "planted": dict(planted), "resources": len(states)}

    @staticmethod
    def _first(place: Place) -> Iterator[State]:
        stack = f"urn:pulumi:{place.stage}::{place.project}::pulumi:pulumi:Stack::{place.project}-{place.stage}"
        yield {"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"}
        yield {
            "urn": place.provider,
            "custom": True,
            "id": "1f8b2a3c-0000-4000-8000-000000000000",
            "type": "pulumi:providers:aws",
            "inputs": {"region": place.region},
            "outputs": {"region": place.region},
        }


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    return sum(ord(letter) * 31**position for position, letter in enumerate(text))


def checkpoint(place: Place, states: list[State]) -> dict[str, Any]:
    """The file of a stack in a DIY backend."""
    latest = {
        "manifest": {"time": "2026-11-01T00:00:00Z", "magic": "", "version": "v3.260.0"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:none"}},
        "resources": states,
    }
    stack = f"organization/{place.project}/{place.stage}"
    return {"version": 3, "checkpoint": {"stack": stack, "latest": latest}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stacks", type=int, default=1000, help="how many to write (default: 1000)")
    parser.add_argument("--drift", type=float, help="change this share of the stacks of a fleet that is there")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fleet, file = Fleet(arguments.folder, arguments.seed), arguments.folder / TRUTH
    if arguments.drift is None:
        truth = fleet.write(arguments.stacks)
        print(f"{len(truth['stacks'])} stacks, {sum(s['resources'] for s in truth['stacks'].values())} resources")
    else:
        truth = json.loads(file.read_text())
        print(f"{fleet.drift(truth, arguments.drift)} stacks changed")
    file.write_text(json.dumps(truth), encoding="utf-8")


if __name__ == "__main__":
    main()
