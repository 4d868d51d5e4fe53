"""Small policy packs for tests, and what came of judging resources by them."""

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
    given = f"{name}_".replace("-", "_")
    lines = [f"def {given}(args, report):", f"    {judges or 'pass'}"]
    function = f", validate={given}" if judges else ""
    if remediates:
        lines += [f"def {given}fix(args):", *(f"    {line}" for line in remediates.splitlines())]
        function += f", remediate={given}fix"
    kind = "StackValidationPolicy" if over_stack else "ResourceValidationPolicy"
    made = f"{kind}(name={name!r}, description='About {name}.', enforcement_level=EnforcementLevel.{level}{function}{more})"
    return "\n".join((*lines, f"POLICIES.append({made})", ""))


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
class Said:
    """All that came of judging."""

    outcomes: Sequence[Outcome]
    notes: Sequence[Note]
    remediated: Sequence[Resource]
    policies: int

    def told(self) -> list[tuple[Any, ...]]:
        """Outcomes in short, in the order of policies and resources' names."""
        return sorted((each.policy.id, each.resource.name, each.kind.value, each.message) for each in self.outcomes)


def judged(
    wanted: Iterable[PackSpec | Path],
    *resources: Resource,
    settings: Settings | None = None,
    timeout: float = 30,
    project: Any = None,
) -> Said:
    """Remediates and judges resources, then the stack, as a preview does."""
    packs_wanted = [each if isinstance(each, PackSpec) else PackSpec(each) for each in wanted]

    async def judge() -> Said:
        async with started(packs_wanted, settings or Settings(), timeout, project) as packs:
            packs.add_providers(resources)
            final = [await packs.remediate(each) for each in resources]
            found = [outcome for each in final for outcome in await packs.analyze(each)]
            found += await packs.analyze_stack(final)
            return Said(found, packs.notes, final, packs.policies)

    return asyncio.run(judge())
