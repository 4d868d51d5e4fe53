"""What the site is built from; CI builds it, with Sphinx, and checks every link."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tools import build_site
from tools.build_site import DOCS, ROOT, linked, listing, rows, sources

INDEX = (DOCS / "index.md").read_text(encoding="utf-8")


def test_the_index_has_every_page_once() -> None:
    entries = re.findall(
        r"^(?:\w+ <)?([a-z-]+)>?$", "".join(re.findall(r"```\{toctree\}.*?```", INDEX, re.DOTALL)), re.MULTILINE
    )
    assert len(set(entries)) == len(entries)
    pages = {page.removesuffix(".md") for page in sources() if "/" not in page}
    assert set(entries) == (pages | {"json-reference", "decisions"}) - {"index"}


@pytest.mark.parametrize(
    ("page", "file", "text", "expected"),
    [
        ("ci.md", "docs/ci.md", "[a](security-model.md#secrets)", "[a](security-model.md#secrets)"),
        ("policies/s3.md", "docs/policies/s3.md", "[a](../policies.md)", "[a](../policies.md)"),
        ("readme.md", "README.md", "[a](docs/ci.md)", "[a](ci.md)"),
        ("readme.md", "README.md", "[a](docs/decisions/)", "[a](decisions.md)"),
        ("ci.md", "docs/ci.md", "[a](../README.md#use)", "[a](readme.md#use)"),
        ("readme.md", "README.md", "[a](stack/function.py)", f"[a]({build_site.GITHUB}/stack/function.py)"),
        ("readme.md", "README.md", "[a](https://pulumi.com) [b](#use)", "[a](https://pulumi.com) [b](#use)"),
        ("readme.md", "README.md", "```sh\n[a](b.md)\n```", "```sh\n[a](b.md)\n```"),
    ],
)
def test_links_lead_to_the_page_or_to_the_repository(page: str, file: str, text: str, expected: str) -> None:
    pages = {shown.resolve(): name for name, (shown, _) in sources().items()}
    assert linked(page, ROOT / file, text, pages) == expected


def test_a_link_to_nothing_ends_the_build() -> None:
    with pytest.raises(SystemExit, match=r"README\.md: the link `docs/none\.md` leads to nothing"):
        linked("readme.md", ROOT / "README.md", "[a](docs/none.md)", {})


def test_no_page_has_a_link_to_nothing() -> None:
    pages = {file.resolve(): page for page, (file, _) in sources().items()}
    assert all(linked(page, file, text, pages) for page, (file, text) in sources().items())


def test_the_reference_has_the_properties_of_properties() -> None:
    schema: dict[str, Any] = {
        "$defs": {
            "Part": {"type": "object", "properties": {"name": {"type": "string"}, "parts": {"$ref": "#/$defs/Part"}}}
        },
        "required": ["level"],
        "properties": {
            "level": {"enum": ["low", "high"], "description": "How bad\nit is."},
            "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
            "end": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
    }
    assert "".join(rows(schema, schema, "")).splitlines() == [
        "| `level` | `low` or `high` | How bad it is. |",
        "| `parts` | list of object, optional |  |",
        "| `parts[].name` | string, optional |  |",
        "| `parts[].parts` | object, optional |  |",
        "| `end` | string or null |  |",
    ]


def test_the_reference_has_every_setting_and_every_property_of_an_outcome() -> None:
    page = "".join(build_site.reference())
    for name in ("`accountId`", "`policies`", "`waivers[].expires`", "`outcomes[].policy`", "`outcomes[].subsumedBy`"):
        assert f"| {name} |" in page
    assert "stackRegion" not in page


def test_the_pages_of_a_folder_are_listed() -> None:
    text = listing("policies", ["ci.md", "policies/iam.md", "policies/s3.md"], "{0} <policies/{0}>", "hidden:")
    assert text == "\n```{toctree}\n:hidden:\n\niam <policies/iam>\ns3 <policies/s3>\n```\n"
