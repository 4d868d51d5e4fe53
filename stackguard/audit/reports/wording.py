"""The words that the formats share, printable."""

from __future__ import annotations

from stackguard.audit.reports.results import Finding, Group, Severities, Totals
from stackguard.reports.formatting import many, printable

SEVERITIES = ("critical", "high", "medium", "low")
NOBODY = "no owner"


def severities(counts: Severities) -> str:
    """Counts by severity: `2 critical, 1 high`; `none`."""
    parts = [f"{count:,} {name}" for name in SEVERITIES if (count := getattr(counts, name))]
    return ", ".join(parts) or "none"


def owner(name: str) -> str:
    """A team, or that there is none."""
    return printable(name) or NOBODY


def day(time: str) -> str:
    """The day of a time; `never` for none."""
    return time[:10] or "never"


def since(totals: Totals) -> str:
    """What the run is compared with."""
    return f"since the audit of {day(totals.previous_started)}" if totals.previous else "in the first audit"


def score(totals: Totals) -> str:
    """The score, and what it says."""
    return (
        f"score {totals.score:g}: {totals.sound:,} of {many_(totals.stacks, 'stack')}"
        f" {'has' if totals.sound == 1 else 'have'} no open violation that is critical or high"
    )


def many_(count: int, noun: str) -> str:
    """`many` with thousands apart."""
    return many(count, noun).replace(str(count), f"{count:,}", 1)


def group(row: Group) -> str:
    """A team or the like in one line, without its name."""
    return (
        f"{severities(row.open)} in {many_(row.stacks, 'stack')}"
        f" (weight {row.weight:,}, {row.density:g} for each 100 resources)"
    )


def finding(row: Finding) -> str:
    """A violation in one line: the policy, the resource and the stack."""
    return printable(f"{row.policy}  {row.name}  in {row.stack_name}")


def remarks(totals: Totals) -> list[str]:
    """What a reader must know about the numbers: what was left out, failed or is gone."""
    lines = []
    if totals.sample:
        lines.append(f"only {totals.sample}")
    if totals.filters:
        lines.append(f"only stacks that fit {', '.join(totals.filters)}")
    lines += [f"not listed: {source}" for source in totals.unlisted]
    if totals.failed:
        lines.append(f"{many_(totals.failed, 'stack')} could not be judged")
    if left_out := totals.not_looked_at - totals.failed:
        lines.append(f"{many_(left_out, 'stack')} left out; they count as they were known last")
    if totals.gone:
        lines.append(
            f"{many_(totals.gone, 'stack')} with open violations that the sources do not have any more; they do not count"
        )
    if totals.undecided:
        lines.append(f"{many_(totals.undecided, 'outcome')} undecided")
    return [printable(line) for line in lines]
