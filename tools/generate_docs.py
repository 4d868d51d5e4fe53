"""Writes docs/policies.md and docs/policies/ from the cards, docs/audit-tables.md, and the schemas of settings, frameworks and audits.

`--check` exits 1 when one is stale.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from policypack.core.policy import Policy
from policypack.core.tags import Tag
from policypack.evaluation.settings.schema import file_schema
from policypack.frameworks import model as frameworks
from policypack.policies import POLICIES
from stackguard.audit.reports import document as audit
from stackguard.audit.store.tables import TABLES, columns
from stackguard.card_sections import Code, Further, Part, Points, Prose, advisory, sections

DOCS = Path(__file__).parents[1] / "docs"
SETTINGS_SCHEMA = Path("../policypack/evaluation/settings/settings.schema.json")
AUDIT_SCHEMA = Path("../stackguard/audit/reports/audit.schema.json")
FRAMEWORK_SCHEMA = Path("../policypack/frameworks/framework.schema.json")
GENERATED = "<!-- generated from the cards by tools/generate_docs.py: do not edit -->"


def pages(policies: Sequence[Policy[Any]]) -> dict[Path, str]:
    """Every page by its path under `docs/`: the index, and one for each service in reading order."""
    by_service: dict[Tag, list[Policy[Any]]] = {}
    for policy in policies:
        by_service.setdefault(policy.tags[0], []).append(policy)
    pages = {Path("policies.md"): "\n".join(_index(by_service)) + "\n"}
    for service, chosen in by_service.items():
        pages[Path("policies", f"{service}.md")] = "\n".join(_service(service, chosen)) + "\n"
    return pages


def _index(by_service: Mapping[Tag, Sequence[Policy[Any]]]) -> Iterator[str]:
    """The index: a table for each service; each row has the anchor that links to this page name."""
    yield from (GENERATED, "# Policies", "")
    yield f"{sum(map(len, by_service.values()))} policies, a page for each service, in reading order."
    for service, policies in by_service.items():
        yield from ("", f"## [{service}](policies/{service}.md)", "", _sentence(service.meaning), "")
        yield from ("| policy | severity | what is found | tags |", "|---|---|---|---|")
        for policy in policies:
            link = f'<a id="{policy.id}"></a>[{policy.id}](policies/{service}.md#{policy.id})'
            severity = f"{policy.severity}{', advisory' * advisory(policy)}"
            yield f"| {link} | {severity} | {policy.title} | {', '.join(policy.tags[1:])} |"
    yield from ("", "## Tags", "", "The first tag of a policy is its service; the others are its topics.", "")
    yield from ("| tag | meaning |", "|---|---|")
    yield from (f"| `{tag}` | {tag.meaning} |" for tag in Tag if tag not in by_service)


def _service(service: Tag, policies: Sequence[Policy[Any]]) -> Iterator[str]:
    """The page of a service: its policies, each under its id."""
    yield from (GENERATED, f"# Policies: {service}", "", _sentence(service.meaning))
    yield from ("", "[All policies](../policies.md)")
    for policy in policies:
        yield from ("", f"## {policy.id}")
        for heading, parts in sections(policy):
            yield from ("", f"### {heading}")
            for part in parts:
                yield ""
                yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    match part:
        case Prose(text):
            yield text
        case Code(text):
            yield from ("```python", *text.splitlines(), "```")
        case Further(text, source):
            yield from (f"<details><summary>{_html(text)}</summary>", "", "```python", *source.splitlines(), "```", "")
            yield "</details>"
        case Points(lines):
            yield from (f"- <{line}>" if line.startswith("https://") else f"- {line}" for line in lines)


def _html(text: str) -> str:
    """Markdown's code spans as HTML, for a summary, in which Markdown is not read."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _sentence(phrase: str) -> str:
    return f"{phrase[0].upper()}{phrase[1:]}."


SQL_TYPES = {str: "text", int: "integer", float: "number", bool: "boolean", list[str]: "list of texts"}


def tables() -> Iterator[str]:
    """The page about the tables of an audit's store."""
    yield "<!-- generated from stackguard/audit/store/tables.py by tools/generate_docs.py: do not edit -->"
    yield from ("# Tables of a store", "")
    yield "What `stackguard audit query` can ask. Columns are only added: a query that works today works with later releases."
    yield "A column that an earlier release did not write is null in the rows of its audits. Times are in UTC, as ISO 8601."
    yield "The tables are about the newest audit, or the one of `--run`; `stacks_of_runs` and `violations_of_runs` are about all."
    yield "Every table about a stack's content also has the stack's `organization`, `project`, `stack`, `owner`, `account` and `region`."
    for name, row in TABLES.items():
        if name == "facts":
            continue
        yield from ("", f"## {name}", "", (row.__doc__ or "").strip(), "", "| column | type | |", "|---|---|---|")
        yield from (f"| `{column}` | {SQL_TYPES[kind]} | {text} |" for column, kind, text in columns(row))
    yield from (
        "",
        "## runs",
        "",
        "The finished audits: `id`, `started`, `finished`, `sample` (what was left out on purpose),",
    )
    yield "`listed`, `judged`, `carried`, `failed`, `resources`, `seconds` and `previous`, the audit that it is compared with."


def stale(written: Mapping[Path, str]) -> list[str]:
    """The pages that differ from the cards, or have none."""
    changed = [
        str(path)
        for path, text in written.items()
        if not (DOCS / path).exists() or (DOCS / path).read_text(encoding="utf-8") != text
    ]
    existing = {path.relative_to(DOCS) for path in (DOCS / "policies").glob("*.md")}
    return sorted({*changed, *map(str, existing - written.keys())})


def main() -> int:
    """Write the pages, or name those that are stale."""
    schemas = {SETTINGS_SCHEMA: file_schema(), FRAMEWORK_SCHEMA: frameworks.schema(), AUDIT_SCHEMA: audit.schema()}
    written = {
        **pages(POLICIES),
        Path("audit-tables.md"): "\n".join(tables()) + "\n",
        **{path: f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n" for path, schema in schemas.items()},
    }
    if "--check" in sys.argv[1:]:
        for path in stale(written):
            print(f"docs/{path} is stale: run `python tools/generate_docs.py`", file=sys.stderr)
        return 1 if stale(written) else 0
    (DOCS / "policies").mkdir(exist_ok=True)
    for path in stale(written):
        (DOCS / path).unlink(missing_ok=True)
    for path, text in written.items():
        (DOCS / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
