"""The command `stackguard explain`."""

from __future__ import annotations

import click

from stackguard.cli.common import card


@click.command(short_help="List all policies, or show one.")
@click.argument("policy_id", metavar="[ID]", required=False)
def explain(policy_id: str | None) -> None:
    """List all policies, or show what the policy ID finds, why it matters and how to fix it.

    \b
    Examples:
      stackguard explain
      stackguard explain iam-wildcard-action
    """  # noqa: D301 (click reads the character \\b)
    from policypack.policies import POLICIES
    from stackguard import explain as explained
    from stackguard.reports.destinations import screen, write

    text = explained.card(card(policy_id), screen(None)) if policy_id else explained.listing(POLICIES, screen(None))
    write(text, None)
