"""Writes docs/policies.md from the cards. `--check` exits 1 when the file is stale."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from policypack.examples import Example
from policypack.policies import POLICIES
from policypack.policy import Asset, Policy, Position, Reference, Unknown

TARGET = Path(__file__).parents[1] / "docs" / "policies.md"


def page(policies: Sequence[Policy[Any]]) -> str:
    """The whole page: a table, then a section for each policy under its id."""
    lines = [
        "<!-- generated from the cards by tools/generate_docs.py: do not edit -->",
        "# Policies",
        "",
        f"{len(policies)} policies, in reading order.",
        "",
        "| policy | severity | what is found |",
        "|---|---|---|",
        *(f"| [{policy.id}](#{policy.id}) | {policy.severity} | {policy.title} |" for policy in policies),
    ]
    for policy in policies:
        lines += ["", *section(policy)]
    return "\n".join(lines) + "\n"


def section(policy: Policy[Any]) -> Iterator[str]:
    """One policy: what, how bad, why, fix, bad and good, references."""
    reads = "the stack" if policy.over_stack else "one resource"
    yield from (f"## {policy.id}", "", f"{policy.title}.", "", f"Severity {policy.severity}; reads {reads}.", "")
    yield from ("### Why", "", (policy.why or "").strip(), "", "### Fix", "", policy.fix, "")
    for title, example in (("Bad", policy.bad[0]), ("Good", policy.good[0])):
        yield from (f"### {title}", "", "```json", example_text(example), "```", "")
    yield from ("### References", "")
    yield from (f"- <{reference}>" for reference in policy.references)


def example_text(example: Example) -> str:
    """An example as JSON: a resource, or a list of resources and of what is not seen."""
    shown: list[dict[str, Any]] = [
        {"type": each.type, "name": each.name, "properties": each.inputs} for each in example.resources
    ]
    shown += [{"unseen": each.why, "at": each.position} for each in example.unseen]
    return json.dumps(shown[0] if len(shown) == 1 else shown, indent=2, default=plain)


def plain(value: object) -> Any:
    """What JSON has no word for: the files of an archive by name, and the text of a file."""
    match value:
        case Unknown():
            return "(known after the update)"
        case Asset():
            return value.members or value.text or f"({'archive' if value.archive else 'file'} {value.path})"
        case Reference():
            return value.urn
        case Position():
            return f"{value.file}:{value.line}"
    return str(value)


def main() -> int:
    """Write the page, or say that it is stale."""
    text = page(POLICIES)
    if "--check" in sys.argv[1:]:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("docs/policies.md is stale: run `python tools/generate_docs.py`", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
