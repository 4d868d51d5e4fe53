"""Small policy packs for tests, and the results of judging resources by them."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from policypack.core.policy import Outcome, Resource
from policypack.evaluation.settings import Settings
from stackguard.notes import Note
from stackguard.packs import PackSpec
from stackguard.packs.pool import started

HEAD = "from pulumi_policy import *\n"
PYTHON = "runtime: python\n"
PROJECT = "urn:pulumi:stack::project"
STACK = Resource("pulumi:pulumi:Stack", "project-stack", custom=False)
KEY = Resource("aws:kms/key:Key", "key", {"description": "for orders"})
BUCKET = Resource(
    "aws:s3/bucket:Bucket",
    "inbox",
    {"bucket": "inbox", "acl": "public-read", "tags": {"team": "orders"}},
    parent=STACK.urn,
)


def write_pack(folder: Path, body: str, settings: str = PYTHON) -> Path:
    """A policy pack with this program, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "PulumiPolicy.yaml").write_text(settings, encoding="utf-8")
    (folder / "__main__.py").write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
    return folder


def policy(
    name: str,
    judges: str,
    *,
    level: str = "MANDATORY",
    remediates: str = "",
    over_stack: bool = False,
    more: str = "",
) -> str:
    """The source of one policy; `judges` and `remediates` are the bodies of its functions, in one line."""
    identifier = f"{name}_".replace("-", "_")
    lines = [f"def {identifier}(args, report):", f"    {judges or 'pass'}"]
    function = f", validate={identifier}" if judges else ""
    if remediates:
        lines += [f"def {identifier}fix(args):", *(f"    {line}" for line in remediates.splitlines())]
        function += f", remediate={identifier}fix"
    kind = "StackValidationPolicy" if over_stack else "ResourceValidationPolicy"
    constructor = f"{kind}(name={name!r}, description='About {name}.', enforcement_level=EnforcementLevel.{level}{function}{more})"
    return "\n".join((*lines, f"POLICIES.append({constructor})", ""))


def pack_of(folder: Path, *policies: str, name: str = "ours", settings: str = PYTHON, more: str = "") -> Path:
    """A policy pack of these policies, whose own level is `advisory`, the SDK's default."""
    return write_pack(
        folder,
        "POLICIES = []\n" + "".join(policies) + f"PolicyPack(name={name!r}, policies=POLICIES{more})\n",
        settings,
    )


def project(**config: str) -> SimpleNamespace:
    """A program under preview, with a secret in its config."""
    return SimpleNamespace(
        name="project",
        stack="stack",
        organization="org",
        working_directory=Path.cwd(),
        config={"project:key": "config-secret", "pulumi:tags": '{"cost": "low"}', **config},
        secret=frozenset({"project:key"}),
    )


@dataclass(frozen=True)
class PackResult:
    """The results of judging."""

    outcomes: Sequence[Outcome]
    notes: Sequence[Note]
    remediated: Sequence[Resource]
    policies: int

    def summary(self) -> list[tuple[Any, ...]]:
        """Outcomes in short, in the order of policies and resources' names."""
        return sorted(
            (outcome.policy.id, outcome.resource.name, outcome.kind.value, outcome.message) for outcome in self.outcomes
        )


def judged(
    packs: Iterable[PackSpec | Path],
    *resources: Resource,
    settings: Settings | None = None,
    timeout: float = 30,
    project: Any = None,
) -> PackResult:
    """Remediate and judge resources, then the stack, as a preview does."""
    specs = [pack if isinstance(pack, PackSpec) else PackSpec(pack) for pack in packs]

    async def judge() -> PackResult:
        async with started(specs, settings or Settings(), timeout, project) as running:
            running.add_providers(resources)
            final = [await running.remediate(resource) for resource in resources]
            outcomes = [outcome for resource in final for outcome in await running.analyze(resource)]
            outcomes += await running.analyze_stack(final)
            return PackResult(outcomes, running.notes, final, len(running.policies))

    return asyncio.run(judge())
