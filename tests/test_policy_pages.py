"""The pages of the policies: the headings that each policy has, and the anchors that reports link to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import Policy
from policypack.core.tags import Tag
from policypack.policies import POLICIES

DOCS = Path(__file__).parents[1] / "docs"
INDEX = (DOCS / "policies.md").read_text(encoding="utf-8")
HEADINGS = ["What it does", "Why is this bad?", "Example", "Use instead", "Severity", "Tags", "Controls", "References"]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_a_policy_has_its_anchor_in_the_index_and_its_headings_on_the_page(policy: Policy[Any]) -> None:
    service = policy.tags[0]
    assert f'<a id="{policy.id}"></a>[{policy.id}](policies/{service}.md#{policy.id})' in INDEX
    page = (DOCS / "policies" / f"{service}.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {policy.id}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^### (.*)$", section, re.MULTILINE) == [
        heading for heading in HEADINGS if heading != "Controls" or policy.controls
    ]
    assert section.count("```python") == len(policy.bad) + len(policy.good)


def test_the_index_explains_each_tag() -> None:
    assert all(tag.meaning.lower() in INDEX.lower() for tag in Tag)
