"""The pull request's comment, as a Markdown library renders it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from policypack.core.policy import Resource, Severity
from stackguard.reports import Change, Run, Screen, render
from stackguard.reports.ci.markdown import STANDING
from tests.reports import runs, sample
from tests.reports.test_reports import without_lines

pytestmark = pytest.mark.usefixtures("repository")
TAGS = {"a", "b", "br", "code", "details", "h2", "h3", "li", "p", "pre", "sub", "summary", "ul"}


def comment(run: Run) -> str:
    return render(run, "markdown", Screen())


class Page(HTMLParser):
    """The tags of a page, each of which must be closed in order, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(MarkdownIt("commonmark", {"html": True}).render(text))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 (of the parser)
        self.tags.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("run", [runs.everything(), runs.changed()], ids=["stacks", "changed"])
def test_the_comment_reads_well(run: Run, snapshot: SnapshotAssertion) -> None:
    assert without_lines(comment(run)) == snapshot


@pytest.mark.parametrize("run", [runs.run(), runs.everything(), runs.changed()], ids=["one", "stacks", "changed"])
def test_the_comment_renders_as_closed_html(run: Run) -> None:
    page = Page(comment(run))
    assert set(page.tags) <= TAGS
    assert page.tags.count("details") == page.tags.count("summary") > 1


def test_the_first_line_is_the_marker() -> None:
    assert comment(runs.run()).startswith("<!-- stackguard -->\n## Stackguard: 5 outcomes that block\n")


def test_the_change_comes_first() -> None:
    text = comment(runs.changed())
    assert "## Stackguard: 1 new outcome that blocks\n" in text
    assert (
        "Against <code>main</code>: <b>1 new</b>, 1 fixed, 2 unchanged (2 of them blocking), 1 kind of new access"
        in text
    )
    order = ["1 new outcome", "<summary><b>critical</b>", STANDING, "New access (1)", "Fixed (1)", "Waived (1)"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_what_blocks_on_the_base_too_is_shown_with_its_fix() -> None:
    report = runs.report()
    text = comment(runs.run(replace(report, change=Change("main", unchanged=report.outcomes))))
    assert "## Stackguard: 5 outcomes that block, and did so on the base\n" in text
    assert "<b>0 new</b>, 0 fixed, 5 unchanged (5 of them blocking)" in text
    assert text.count("(blocks, and did so on the base)</summary>") == text.count("<b>fix:</b>") == 5
    assert "<summary>Unchanged" not in text


def test_what_several_stacks_have_in_common_is_shown_once() -> None:
    bucket = runs.buckets(1)
    dev, prod = (runs.report((sample.PLAINTEXT,), *bucket, stack=stack) for stack in ("dev", "prod"))
    other = runs.report((sample.PLAINTEXT,), *runs.buckets(1, name="other"), stack="qa")
    text = comment(runs.run(dev, prod, other))
    assert text.count("<b>fix:</b>") == 2
    assert "(2 stacks)</summary>\n<b>in:</b> <code>shop/dev</code>, <code>shop/prod</code><br>" in text
    assert text.index("Several stacks") < text.index("shop/dev</code></h3>") < text.index(" other0")


def test_a_base_that_cannot_be_judged_is_named() -> None:
    report = replace(runs.report(), change=Change("main", problem="`main` cannot be judged: the program failed"))
    text = comment(runs.run(report))
    assert "<p>No comparison: <code>main</code> cannot be judged: the program failed</p>" in text
    assert "5 outcomes that block" in text


def test_a_long_comment_loses_the_least_severe_and_says_so() -> None:
    worst = replace(sample.PLAINTEXT, id="s3-worst", severity=Severity.CRITICAL)
    text = comment(runs.run(runs.report((sample.PLAINTEXT, worst), *runs.buckets(500))))
    assert 60_000 < len(text.encode()) <= 65_536
    kept = text.count("<b>critical</b>")
    assert 50 < kept < 500
    assert "<b>low</b>" not in text
    assert text.rstrip().endswith(
        f"<p>{1000 - kept} less severe entries are left out, because a comment is limited; the other reports have all.</p>"
    )
    Page(text)


def test_a_comment_about_many_stacks_is_short_enough() -> None:
    text = comment(runs.run(*(runs.report(stack=f"stack{number}") for number in range(400))))
    assert len(text.encode()) <= 65_536
    assert "300 more stacks" in text
    Page(text)


def test_nobody_is_mentioned() -> None:
    policy = replace(sample.PLAINTEXT, fix="Ask @octocat about #12, or a@b.example.")
    text = comment(runs.run(runs.report((policy,), *runs.buckets(1))))
    assert not re.search(r"(?<![\w&])[@#]\w", re.sub(r"<code>.*?</code>|href=\"[^\"]*\"", "", text))
    assert "@<!-- -->octocat about #<!-- -->12" in text


@given(name=st.text(), fix=st.text())
def test_any_text_is_escaped(name: str, fix: str) -> None:
    policy = replace(sample.PLAINTEXT, id="s3-x", fix=fix)
    page = Page(comment(runs.run(runs.report((policy,), Resource("aws:s3/bucket:Bucket", name)))))
    assert set(page.tags) <= TAGS


@pytest.mark.parametrize(
    "sly", ["</summary><script>x</script>", "`*b*` [x](y)", "<!-- stackguard -->", "a\n\n# b", "![i](u)"]
)
def test_a_sly_name_is_text(sly: str) -> None:
    page = Page(comment(runs.run(runs.report((sample.PLAINTEXT,), *runs.buckets(1, name=sly)))))
    assert set(page.tags) <= TAGS
    assert sly.replace("\n", "\\n") in "".join(page.texts)
