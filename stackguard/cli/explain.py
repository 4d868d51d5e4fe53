"""The command `stackguard explain`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackguard.cli.common import Failure, attempt, card, frameworks, policies_option

if TYPE_CHECKING:
    from stackguard.gate.request import CheckRequest
    from stackguard.reports import Screen


@click.command(short_help="List all policies, or show one.")
@click.argument("policy_id", metavar="[ID]", required=False)
@policies_option
@click.option(
    "--settings",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A settings file, for the policies that it names.",
)
@click.option(
    "--framework",
    metavar="NAME|FILE",
    help="List the controls of aws-fsbp, cis-aws-5.0, nist-800-53-r5 or a file, and the policies that check each.",
)
def explain(
    policy_id: str | None, policy_modules: tuple[str, ...], settings: Path | None, framework: str | None
) -> None:
    """List all policies, or show what the policy ID finds, why it matters and how to fix it.

    \b
    Examples:
      stackguard explain
      stackguard explain iam-wildcard-action
      stackguard explain --policies acme.policies
      stackguard explain --framework aws-fsbp
    """  # noqa: D301 (click reads the character \\b)
    from stackguard.gate.own_policies.loading import apart
    from stackguard.gate.request import CheckRequest
    from stackguard.reports.destinations import screen, write

    if framework and policy_id:
        raise click.UsageError("`--framework` lists controls; leave out the policy, or the option")
    request = CheckRequest("", settings=settings, policy_modules=policy_modules)

    def explained() -> str:
        own = request.own_modules if settings else bool(policy_modules)
        work = partial(_explained, request, policy_id, framework, screen(None))
        return apart(work, "the policies that are named", request.options.timeout) if own else work()

    write(attempt(explained, "reading the policies"), None)


def _explained(request: CheckRequest, policy_id: str | None, framework: str | None, screen: Screen) -> str:
    """The text, once the policies are loaded, which may be the operator's code."""
    from policypack.core.stack_name import StackName
    from stackguard import explain as texts
    from stackguard.gate.request import available, of_settings
    from stackguard.sources.settings import of_target

    policies = of_settings(request) if request.settings else available(request)
    if policy_id and not request.settings and policy_id not in {policy.id for policy in policies}:
        nearest = of_target(".")
        if nearest.of(StackName()).settings.policies:  # code, which runs only if somebody asks for it
            option = f"--settings {nearest.file or nearest.central}"
            raise Failure(
                f"there is no policy `{policy_id}` of stackguard's own; `{option}` adds the policies that the settings name"
            )
    if framework:
        return texts.controls(frameworks((framework,), policies)[0], screen)
    return texts.card(card(policy_id, policies), screen) if policy_id else texts.listing(policies, screen)
