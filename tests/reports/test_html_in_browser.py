"""The HTML report in headless Chromium: the system's, which Playwright only drives."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from policypack.core.policy import Severity
from tests.reports import html_runs, sample
from tests.reports.test_html import data

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]

Open = Callable[..., Page]
ROW = "#rows > li:has(> details)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page from a file, offline; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(text: str, *, width: int = 1200, fragment: str = "", **more: object) -> Page:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
        page.goto(file.as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def rows(page: Page) -> list[str]:
    return page.locator("#rows > li > details > summary").all_inner_texts()


def test_the_outcome_opens_with_its_document_fix_and_reason(open_page: Open) -> None:
    page = open_page(html_runs.many(3))
    expect(page.get_by_role("status")).to_have_text("3 outcomes, 2 of them block")
    first = page.locator(ROW).first
    first.locator("summary").click()
    assert "logs:PutLogEvents" in "".join(first.locator("mark").all_text_contents())
    assert "GetObject" in first.locator("pre").inner_text()
    assert "List the actions that the workload calls" in first.inner_text()
    assert "One leaked credential" in first.inner_text()
    expect(first.get_by_role("link")).to_have_attribute("href", re.compile("^https://docs.aws.amazon.com/"))


def test_a_waived_outcome_shows_who_accepted_it_and_until_when(open_page: Open) -> None:
    page = open_page(html_runs.many(3))
    waived = page.locator(ROW, has_text="waived")
    waived.locator("summary").click()
    for text in ("the partner needs it", "team-0", "2027-01-31", "SEC-12", "ann", "stackguard-waivers.yaml:3"):
        expect(waived).to_contain_text(text)


@pytest.mark.parametrize(
    ("control", "value", "count"),
    [
        ("severity", "low", "2 of 13 outcomes"),
        ("policy", "s3-crash", "2 of 13 outcomes"),
        ("stack", "acme/pipeline/prod", "7 of 13 outcomes"),
        ("status", "waived", "3 of 13 outcomes"),
        ("kind", "undecided", "5 of 13 outcomes"),
        ("owner", "team-data", "3 of 13 outcomes"),
    ],
)
def test_each_filter_narrows_the_list(open_page: Open, control: str, value: str, count: str) -> None:
    page = open_page(html_runs.everything())
    page.get_by_label(control.capitalize(), exact=True).select_option(value)
    expect(page.get_by_role("status")).to_contain_text(count)
    assert len(rows(page)) == int(count.split(maxsplit=1)[0])


def test_outcomes_stand_below_their_resource_and_statement(open_page: Open) -> None:
    page = open_page(html_runs.grouped())
    headings = page.locator("#rows :is(h3, h4), #rows .id")
    assert headings.all_inner_texts() == [
        "aws:iam:RolePolicy reader",
        "policy.Statement[0]",
        *["iam-wildcard-action", "iam-second"],
        "policy.Statement[1]",
        *["iam-wildcard-action", "iam-second"],
        "aws:iam:RolePolicy writer",
        "policy.Statement[0]",
        *["iam-wildcard-action", "iam-second"],
    ]
    page.get_by_label("Search").fill("iam-second")
    expect(page.get_by_role("status")).to_contain_text("3 of 6 outcomes")
    assert page.locator("#rows :is(h3, h4)").all_inner_texts() == [
        "aws:iam:RolePolicy reader",
        "aws:iam:RolePolicy writer",
    ]
    page.get_by_label("Group by").select_option("nothing")
    expect(page).to_have_url(re.compile("group=none"))
    assert page.locator("#rows :is(h3, h4)").count() == 0
    assert [row.split("\n")[0] for row in rows(page)] == [
        "high iam-second aws:iam:RolePolicy reader policy.Statement[0].Action",
        "high iam-second aws:iam:RolePolicy reader policy.Statement[1].Action",
        "high iam-second aws:iam:RolePolicy writer policy.Statement[0].Action",
    ]


def test_the_lines_of_statement_constructor_and_calls_are_shown(open_page: Open, tmp_path: Path) -> None:
    page = open_page(html_runs.placed(tmp_path))
    heading = page.locator("#rows > li.heading").first
    expect(heading).to_contain_text("constructed at storage.py:6, in my:index:Ingest ingest, called at __main__.py:3")
    first = page.locator(ROW).first
    expect(first.locator("summary")).to_contain_text("storage.py:11")
    first.locator("summary").click()
    for term, text in {"Line": "storage.py:11", "Constructed at": "storage.py:6", "Called at": "__main__.py:3"}.items():
        expect(first.locator(".facts > div", has=page.locator(f"dt:text-is('{term}')"))).to_contain_text(text)
    page.get_by_label("Search").fill("__main__.py:3")
    expect(page.get_by_role("status")).to_contain_text("1 outcome")


def test_whoever_added_to_the_baseline_is_an_owner(open_page: Open) -> None:
    page = open_page(html_runs.everything())
    page.get_by_label("Owner", exact=True).select_option("ann@example.com")
    expect(page.get_by_role("status")).to_contain_text("1 of 13 outcomes")
    page.locator(ROW).first.locator("summary").click()
    expect(page.locator(ROW).first).to_contain_text("Added by")


def test_search_and_resource_narrow_the_list_together(open_page: Open) -> None:
    page = open_page(html_runs.many(300))
    page.get_by_label("Search").fill("READER-2 wildcard")
    expect(page.get_by_role("status")).to_contain_text("111 of 300 outcomes")
    page.get_by_label("Resource").fill("reader-29")
    expect(page.get_by_role("status")).to_contain_text("11 of 300 outcomes")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("status")).to_contain_text("300 outcomes")


def test_the_address_keeps_the_filters(open_page: Open) -> None:
    page = open_page(html_runs.everything(), fragment="#severity=low&stack=acme%2Fpipeline%2Fdev")
    expect(page.get_by_role("status")).to_contain_text("1 of 13 outcomes")
    page.get_by_label("Severity").select_option("critical")
    expect(page).to_have_url(re.compile("severity=critical"))


def test_a_link_to_an_outcome_opens_it(open_page: Open) -> None:
    text = html_runs.many(300)
    key = data(text)["outcomes"][150]["key"]
    page = open_page(text, fragment=f"#{key}")
    expect(page.locator("#rows > li > details[open] > summary")).to_have_id(key)
    assert page.evaluate("document.activeElement.id") == key
    expect(page.get_by_role("status")).to_contain_text("300 outcomes")


def test_what_follows_from_another_outcome_leads_there(open_page: Open) -> None:
    cause = replace(sample.WILDCARD, id="iam-cause", subsumes=["iam-effect"])
    effect = replace(sample.WILDCARD, id="iam-effect", severity=Severity.HIGH)
    page = open_page(html_runs.html(html_runs.report((html_runs.reader(0),), (cause, effect))))
    following = page.locator(ROW, has_text="follows from iam-cause")
    following.locator("summary").click()
    following.get_by_role("link", name="iam-cause").click()
    first = page.locator(ROW).first
    expect(first.locator("summary")).to_be_focused()
    expect(first.get_by_role("link", name="iam-effect")).to_be_visible()


def test_thousands_of_outcomes_are_shown_by_the_hundred(open_page: Open) -> None:
    page = open_page(html_runs.many(5000))
    expect(page.get_by_role("status")).to_have_text("5,000 outcomes, 4,500 of them block")
    assert len(rows(page)) == 100
    page.get_by_role("button", name="Show 100 more of 4,900").press("Enter")
    assert len(rows(page)) == 200
    expect(page.locator("#rows summary").nth(100)).to_be_focused()
    page.get_by_label("Search").fill("reader-4999")
    expect(page.get_by_role("status")).to_contain_text("1 of 5,000 outcomes")


def test_nothing_is_reported_as_nothing(open_page: Open) -> None:
    page = open_page(html_runs.nothing())
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean: nothing blocks")
    expect(page.get_by_role("status")).to_have_text("No policy reports anything.")
    expect(page.get_by_role("search")).to_be_hidden()


def test_hostile_texts_stay_texts(open_page: Open) -> None:
    page = open_page(html_runs.hostile())
    page.get_by_role("button", name="Expand all").click()
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.locator("script").count() == 2
    assert page.title() != "run"
    hrefs = page.locator("#rows a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(hrefs) <= {"https:"}
    assert "\\u202egpj" in page.locator("#rows").inner_text()


def test_the_keyboard_reaches_everything(open_page: Open) -> None:
    page = open_page(html_runs.many(3))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the outcomes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Outcomes", exact=True)).to_be_focused()
    page.locator("#rows summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rows details").first).to_have_attribute("open", "")


@pytest.mark.parametrize("name", ["nothing", "everything", "hostile"])
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1200, "dark")])
def test_the_page_is_accessible_and_fits(open_page: Open, name: str, width: int, theme: str) -> None:
    page = open_page(getattr(html_runs, name)(), width=width, color_scheme=theme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    page.wait_for_timeout(50)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_can_be_chosen(open_page: Open) -> None:
    page = open_page(html_runs.nothing(), color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(background) == dark


def test_paper_has_every_outcome_with_its_details(open_page: Open) -> None:
    page = open_page(html_runs.many(120))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(rows(page)) == 120
    assert page.locator("#rows mark").count() >= 120
    page.emulate_media(media="print")
    expect(page.get_by_role("search", include_hidden=True)).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#rows details[open]").count() == 0


def test_without_a_script_the_counts_stay(open_page: Open) -> None:
    page = open_page(html_runs.many(3), java_script_enabled=False)
    expect(page.locator("main")).to_contain_text("needs JavaScript")
    expect(page.get_by_role("heading", level=1)).to_have_text("Blocked by 2 outcomes")
