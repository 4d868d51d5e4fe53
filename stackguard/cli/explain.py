"""The command `stackguard explain`."""

from __future__ import annotations

from pathlib import Path

import click

from stackguard.cli.common import Failure, attempt, card, frameworks, policies_option


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
    from policypack.core.stack_name import StackName
    from stackguard import explain as explained
    from stackguard.gate.request import CheckRequest, available, of_settings
    from stackguard.reports.destinations import screen, write
    from stackguard.sources.settings import of_target

    request = CheckRequest("", settings=settings, policy_modules=policy_modules)
    policies = attempt(lambda: of_settings(request) if settings else available(request), "reading the policies")
    if policy_id and not settings and policy_id not in {policy.id for policy in policies}:
        nearest = attempt(lambda: of_target("."), "reading the settings")
        if nearest.of(StackName()).settings.policies:  # code, which runs only if somebody asks for it
            option = f"--settings {nearest.file or nearest.central}"
            raise Failure(
                f"there is no policy `{policy_id}` of stackguard's own; `{option}` adds the policies that the settings name"
            )
    if framework:
        if policy_id:
            raise click.UsageError("`--framework` lists controls; leave out the policy, or the option")
        text = explained.controls(frameworks((framework,), policies)[0], screen(None))
    elif policy_id:
        text = explained.card(card(policy_id, policies), screen(None))
    else:
        text = explained.listing(policies, screen(None))
    write(text, None)
