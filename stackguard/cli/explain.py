"""`stackguard explain`: a policy's id in, its card out."""

from __future__ import annotations

import click

from stackguard.cli.common import card


@click.command()
@click.argument("policy_id", metavar="[ID]", required=False)
def explain(policy_id: str | None) -> None:
    """List all policies, or tell everything about one.

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
