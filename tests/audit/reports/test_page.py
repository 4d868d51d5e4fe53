"""The page of an audit in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from policypack.frameworks.catalog import PUBLISHED, covered
from policypack.policies import POLICIES
from stackguard.audit.reports import html, rollups
from stackguard.audit.reports.rollups import Rollups
from tests.audit.reports.conftest import HOSTILE, Audited
from tests.reports.test_html_in_browser import CHROMIUM, Open, browser, open_page  # noqa: F401 (fixtures)

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]
FRAMEWORKS = tuple(covered(name, POLICIES) for name in PUBLISHED)


@pytest.fixture
def page(part: Rollups, open_page: Open) -> Page:  # noqa: F811 (the fixture)
    return open_page(html.render(part, FRAMEWORKS))


@pytest.fixture
def first(audited: Audited) -> Iterator[Rollups]:
    with rollups.opened(audited.runs, audited.infos[0].id) as opened:
        yield opened


def test_the_page_answers_who_is_worst_what_is_new_and_how_to_fix_it(page: Page, part: Rollups) -> None:
    totals, answers = part.totals(), page.locator(".answers")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{totals.open.total} open violations")
    expect(answers).to_contain_text(f"{totals.score:g} of 100")
    expect(answers).to_contain_text(part.by("owner")[0].name)
    expect(answers).to_contain_text(f"{totals.new.total} new, {totals.fixed.total} fixed")
    worst = part.by("policy")[0].name
    card = next(policy for policy in POLICIES if policy.id == worst)
    expect(answers).to_contain_text(card.title)
    expect(page.locator(".remarks")).to_contain_text("left out")
    page.locator(".cards summary", has_text=worst).click()
    expect(page.locator(".cards details[open]")).to_contain_text("Why it matters")


def test_a_team_a_policy_and_a_stack_lead_to_their_violations(page: Page, part: Rollups) -> None:
    for dimension, section in (("owner", "teams"), ("policy", "policies")):
        group = part.by(dimension)[0]
        page.locator(f"section[aria-labelledby={section}] tbody a").first.click()
        expect(page.get_by_role("status")).to_contain_text(f"{group.open.total} match")
    row = part.heat_map().rows[0]
    page.locator(".heat tbody a").first.click()
    expect(page.get_by_role("status")).to_contain_text(f"{sum(row.counts)} match")
    expect(page.locator("#found > li")).to_have_count(sum(row.counts))
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("status")).to_contain_text(f"{part.totals().open.total} match")


def test_the_search_narrows_the_list(page: Page, part: Rollups) -> None:
    page.get_by_label("Search").fill("S3-MISSING access")
    count = next(group.open.total for group in part.by("policy") if group.name == "s3-missing-access-block")
    expect(page.get_by_role("status")).to_contain_text(f"{count} match")


def test_hostile_names_stay_texts(page: Page) -> None:
    assert page.locator("script").count() == 2
    assert page.locator("body").inner_text().count("<script>alert(1)</script>") > 1
    page.locator("section[aria-labelledby=teams] a", has_text=HOSTILE).click()
    expect(page.locator("#found > li").first).to_contain_text("<script>")


def test_the_trend_is_a_plot_and_a_table(page: Page, part: Rollups) -> None:
    plots = page.locator(".plots svg[role=img]")
    assert plots.count() >= 2
    assert "the table has each audit" in str(plots.first.get_attribute("aria-label"))
    expect(page.locator("section[aria-labelledby=trend] tbody tr")).to_have_count(len(part.trend()))


def test_the_first_audit_has_no_trend(first: Rollups, open_page: Open) -> None:  # noqa: F811
    page = open_page(html.render(first))
    expect(page.locator("main")).to_contain_text("The trend begins with the second audit.")
    expect(page.locator(".answers")).to_contain_text("New in the first audit")


def test_what_is_left_out_is_said_with_the_query_for_it(
    part: Rollups,
    open_page: Open,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(html, "CAPS", html.Caps(groups=1, findings=1, worst=1, stacks=1, heat_stacks=1))
    monkeypatch.setattr(html, "MOST", 2)
    page = open_page(html.render(part))
    total = part.totals().open.total
    expect(page.get_by_role("status")).to_contain_text(f"the page has 2 of {total} open violations")
    for text in ("more are left out", "stackguard audit query", "stackguard audit diff"):
        expect(page.locator("main")).to_contain_text(text)


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1200, "dark")])
def test_the_page_is_accessible_and_fits(part: Rollups, open_page: Open, width: int, theme: str) -> None:  # noqa: F811
    page = open_page(html.render(part, FRAMEWORKS), width=width, color_scheme=theme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    page.wait_for_timeout(50)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_answers_and_the_filters(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the answers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="In short")).to_be_focused()
    page.get_by_label("Severity").focus()
    page.keyboard.press("c")
    expect(page.get_by_label("Severity")).to_have_value("=critical")


def test_the_page_is_small(part: Rollups, tmp_path: Path) -> None:
    assert len(html.render(part, FRAMEWORKS).encode()) < 3_000_000
