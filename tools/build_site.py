"""Builds the documentation as a site: `python tools/build_site.py OUTPUT`. A broken link or a missing page is an error.

The pages are those of `docs/`, the documents in the root of the repository, and a reference derived from the schemas of
the formats. Links to anything else in the repository lead to it on GitHub.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from policypack.evaluation import settings, waiver_file
from policypack.frameworks import model as frameworks
from stackguard.audit.reports import document as audit

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GITHUB = "https://github.com/stackguard/stackguard/blob/main"
ROOT_PAGES = {name: f"{name.lower()}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG")}
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
FENCE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
SCHEMAS = {
    "Settings: stackguard.yaml": "what an operator chooses, for the gate and for the policy pack",
    "Waivers: stackguard-waivers.yaml": "violations that are accepted, each with a reason and an end",
    "Frameworks: --framework FILE": "requirements of a team, each with the policies that check it",
    "Outcomes: --format json": "the report of `stackguard check`",
    "Audit: audit report --format json": "the roll-ups of `stackguard audit report`",
    "Validation: template --report": "the report of `stackguard template`",
    "Paths: access paths --format json": "the report of `stackguard access paths`",
}


def sources() -> dict[str, tuple[Path, str]]:
    """Every page by its path in the site: the file in the repository, and its text."""
    pages = {file.relative_to(DOCS).as_posix(): file for file in sorted(DOCS.rglob("*.md"))}
    pages |= {page: ROOT / f"{name}.md" for name, page in ROOT_PAGES.items()}
    return {page: (file, file.read_text(encoding="utf-8")) for page, file in pages.items()}


def linked(page: str, file: Path, text: str, pages: Mapping[Path, str]) -> str:
    """The text with its links as they are in the site.

    Args:
        page: its path in the site.
        file: its file in the repository.
        text: of the page.
        pages: the path in the site of each file that is a page.

    Raises:
        SystemExit: a link leads to nothing.
    """

    def target(match: re.Match[str]) -> str:
        path = (file.parent / match["path"]).resolve()
        anchor = match["anchor"] or ""
        if path in pages:
            return f"{'../' * page.count('/')}{pages[path]}{anchor}"
        if path == DOCS / "decisions":
            return f"{'../' * page.count('/')}decisions.md"
        if not path.exists():
            sys.exit(f"{file.relative_to(ROOT)}: the link `{match['path']}` leads to nothing")
        return f"{GITHUB}/{path.relative_to(ROOT).as_posix()}{anchor}"

    parts = FENCE.split(text)
    return "".join(part if index % 2 else LINK.sub(target, part) for index, part in enumerate(parts))


def listing(folder: str, pages: Iterable[str], entry: str, option: str) -> str:
    """The directive that makes the pages of a folder part of the site: an entry for each, and one option."""
    names = [Path(page).stem for page in pages if page.startswith(f"{folder}/")]
    listed = "\n".join(entry.format(name) for name in names)
    return f"\n```{{toctree}}\n:{option}\n\n{listed}\n```\n"


def reference() -> Iterator[str]:
    """The page of the JSON and YAML formats, from their schemas."""
    reports = ROOT / "stackguard" / "reports"
    schemas = (
        msgspec.json.schema(settings.Settings),
        waiver_file.schema(),
        frameworks.schema(),
        json.loads((reports / "outcomes.schema.json").read_text(encoding="utf-8")),
        audit.schema(),
        json.loads((reports / "validation.schema.json").read_text(encoding="utf-8")),
        json.loads((ROOT / "stackguard/access/paths.schema.json").read_text(encoding="utf-8")),
    )
    yield "# Formats\n\nDerived from the JSON schemas. A dotted name is a property of a property; `[]` is each item of a list.\n"
    for (title, meaning), schema in zip(SCHEMAS.items(), schemas, strict=True):
        yield f"\n## {title}\n\n{meaning[0].upper()}{meaning[1:]}.\n\n| property | type | meaning |\n|---|---|---|\n"
        yield from rows(schema, schema, "")


def rows(
    schema: Mapping[str, Any], root: Mapping[str, Any], prefix: str, within: tuple[str, ...] = ()
) -> Iterator[str]:
    """A row for each property of an object, and for the properties of that."""
    schema, name = resolved(schema, root)
    if name in within:
        return
    within = (*within, name) if name else within
    either = (schema[key] for key in ("then", "else") if key in schema)
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ()), *either):
        yield from rows(branch, root, prefix, within)
    if "items" in schema and isinstance(schema["items"], dict):
        yield from rows(schema["items"], root, f"{prefix}[]", within)
    required = schema.get("required", ())
    for key, declared in schema.get("properties", {}).items():
        if not isinstance(declared, dict) or key == "stackRegion":
            continue
        value, _ = resolved(declared, root)
        text = " ".join(str(declared.get("description") or value.get("description") or "").split())
        label = f"{prefix}.{key}".lstrip(".") if prefix else key
        needed = "" if key in required or "default" in declared else ", optional"
        yield f"| `{label}` | {kind(declared, root)}{needed} | {cell(text)} |\n"
        yield from rows(declared, root, label, within)


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """What a reference refers to, and its name."""
    name = ""
    while "$ref" in schema:
        name = schema["$ref"]
        target: Any = root
        for step in name.removeprefix("#/").split("/"):
            target = target[step]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema, name


def kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """The type of a value, in words."""
    schema, _ = resolved(schema, root)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(kind(choice, root) for choice in choices))
    if "enum" in schema:
        return " or ".join(f"`{cell(str(value))}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{cell(str(schema['const']))}`"
    if schema.get("type") == "array":
        items = schema.get("items")
        return f"list of {kind(items, root)}" if isinstance(items, dict) and items else "list"
    types = schema.get("type", "any")
    return " or ".join(types) if isinstance(types, list) else str(types)


def cell(text: str) -> str:
    """A text in a table."""
    return text.replace("|", "\\|")


def build(output: Path) -> int:
    """The exit code of Sphinx."""
    shown = sources()
    pages = {file.resolve(): page for page, (file, _) in shown.items()}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        shutil.copytree(Path(__file__).with_name("site"), source, dirs_exist_ok=True)
        texts = {page: linked(page, file, text, pages) for page, (file, text) in shown.items()}
        texts["policies.md"] += listing("policies", shown, "{0} <policies/{0}>", "hidden:")
        texts["decisions.md"] = "# Decisions\n" + listing("decisions", shown, "decisions/{0}", "maxdepth: 1")
        texts["json-reference.md"] = "".join(reference())
        for page, text in texts.items():
            outline = "---\ntocdepth: 2\n---\n" if page.startswith("policies/") else ""  # each card has seven headings
            (source / page).parent.mkdir(parents=True, exist_ok=True)
            (source / page).write_text(outline + text, encoding="utf-8")
        sphinx = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
        return subprocess.run([*sphinx, "--doctree-dir", f"{folder}/.doctrees", source, output], check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/build_site.py OUTPUT")
    sys.exit(build(Path(sys.argv[1])))
