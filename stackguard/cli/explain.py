"""The command `stackguard explain`."""

from __future__ import annotations

from pathlib import Path

import click

from stackguard.cli.common import attempt, card, policies_option


@click.command(short_help="List all policies, or show one.")
@click.argument("policy_id", metavar="[ID]", required=False)
@policies_option
@click.option(
    "--settings",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A settings file, for the policies that it names.",
)
def explain(policy_id: str | None, policy_modules: tuple[str, ...], settings: Path | None) -> None:
    """List all policies, or show what the policy ID finds, why it matters and how to fix it.

    \b
    Examples:
      stackguard explain
      stackguard explain iam-wildcard-action
      stackguard explain --policies acme.policies
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
            raise click.UsageError(
                f"there is no policy `{policy_id}` of stackguard's own; `{option}` adds the policies that the settings name"
            )
    text = (
        explained.card(card(policy_id, policies), screen(None))
        if policy_id
        else explained.listing(policies, screen(None))
    )
    write(text, None)
