"""The policy pack in a preview or update: CrossGuard's requests in, violations out.

Only this package of the pack imports Pulumi, and `stackguard.preview`, which runs the program once more, offline, to
resolve unknown values (decision 26). CrossGuard turns a policy that reads an unknown value into an advisory note, so
values are decoded first, and an undecided outcome is reported as a violation.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pulumi_policy as crossguard
from pulumi_policy import policy as sdk

from policypack.core.policy import Policy
from policypack.core.stack_name import StackName
from policypack.crossguard.offline import OfflineRun
from policypack.crossguard.servicer import Servicer, to_crossguard
from policypack.crossguard.session import Session, message
from policypack.crossguard.stack_settings import StackSettings
from policypack.evaluation import policy_modules
from policypack.evaluation.settings import DEFAULT_FILE, SettingsError
from policypack.evaluation.settings.files import load
from policypack.evaluation.settings.resolving import require_known
from policypack.policies import POLICIES

__all__ = ["message", "serve"]

RESOLVE = "STACKGUARD_RESOLVE_UNKNOWNS"
"""The environment variable that turns resolution off, despite the settings, if it is `false`."""


def serve(policies: Sequence[Policy[Any]] = POLICIES, folder: Path | None = None) -> None:
    """Start the pack: prints its port and serves until it is stopped.

    Args:
        policies: the cards to serve.
        folder: where `stackguard.yaml` may be; the pack's own folder, which the CLI starts it in, by default.
    """
    folder = folder or Path.cwd()
    try:
        configured, policies = _configured(policies, folder)
    except SettingsError as error:
        sys.exit(f"stackguard: {error}")
    settings = configured.settings
    alone = os.environ.get(RESOLVE, "").lower() != "false"  # the gate resolves and summarizes by itself
    start = OfflineRun if settings.resolve_unknowns and alone else None
    session = Session(policies, configured, folder, start, summarize=alone)
    # The SDK's own servicer gives policies proxies that raise on unknown values, and decodes each resource again for
    # every policy.
    sdk.__dict__["_PolicyAnalyzerServicer"] = partial(Servicer, session)
    crossguard.PolicyPack(
        name="stackguard",
        enforcement_level=crossguard.EnforcementLevel.MANDATORY,
        policies=[to_crossguard(policy, settings) for policy in policies],
        display_name="Stackguard",
        description="Policies for AWS stacks: regions, public access, policy documents, least privilege.",
        provider="aws",
    )


def _configured(policies: Sequence[Policy[Any]], folder: Path) -> tuple[StackSettings, Sequence[Policy[Any]]]:
    """The settings of the pack's own folder, for the stack that the environment names, and the policies with theirs."""
    file = folder / DEFAULT_FILE
    layers = [load(file, folder=folder, central=True)] if os.path.lexists(file) else []
    parts = (os.environ.get(f"PULUMI_{name}", "") for name in ("ORGANIZATION", "PROJECT", "STACK"))
    stack = StackName(*parts)
    own = StackSettings(layers, stack).settings
    policies = (*policies, *policy_modules.load(policy_modules.named(own, DEFAULT_FILE, folder)))
    require_known(layers, policies, complete=False)
    return StackSettings(layers, stack, policies), policies
