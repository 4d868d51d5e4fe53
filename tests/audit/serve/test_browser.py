"""The pages in headless Chromium: the system's, which Playwright only drives."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from stackguard.audit.serve.listing import page as listed
from stackguard.audit.serve.lists import STACKS, violations
from stackguard.audit.serve.snapshot import Snapshot
from stackguard.audit.store import files
from stackguard.audit.store.runs import Runs
from tests.audit.serve.serving import Served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]

Open = Callable[..., Page]
SQL = "/sql?sql=SELECT%20*%20FROM%20resources%20LIMIT%205"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def details(site: Served) -> dict[str, str]:
    """The paths of a violation and of a stack with hostile names."""
    runs = Runs(files.opened(str(site.store)))
    snapshot = Snapshot(runs, runs.finished())
    violation = listed(snapshot, violations(snapshot.info.started), {"status": "any", "kind": "any", "q": "onerror"})
    stack = listed(snapshot, STACKS, {"q": "hostile"})
    return {"violation": f"/violations/{violation.rows[0]['id']}", "stack": f"/stacks/{stack.rows[0]['stack_id']}"}


@pytest.fixture
def open_page(browser: Browser, site: Served) -> Iterator[Open]:
    """Opens a page with the token; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(path: str, *, width: int = 1400, **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on(
            "request",
            lambda request: None if request.url.startswith((site.origin, "data:")) else complaints.append(request.url),
        )
        mark = "&" if "?" in path else "?"
        page.goto(f"{site.origin}{path}{mark}token={site.site.keys.token}")
        page.wait_for_url(lambda url: "token" not in url)
        page.wait_for_load_state()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def test_the_token_leaves_the_address_and_the_page_opens(open_page: Open) -> None:
    page = open_page("/violations?severity=critical")
    expect(page).to_have_url(re.compile(r"/violations\?severity=critical$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Violations")


def test_filters_make_a_link_that_can_be_shared(open_page: Open) -> None:
    page = open_page("/violations")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.get_by_label("Severity").select_option("critical")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"/violations\?severity=critical&status=open&kind=violation&sort=severity$"))
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("critical")
    first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="How to fix it")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Severity")).to_have_value("critical")


def test_it_works_without_a_script(open_page: Open) -> None:
    page = open_page("/violations", java_script_enabled=False)
    page.get_by_label("Service").fill("s3")
    page.get_by_label("Service").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("violation")
    assert page.locator("tbody tr").count() > 0


def test_sql_is_asked_and_downloaded(open_page: Open) -> None:
    page = open_page("/sql")
    page.get_by_label("One SELECT").fill("SELECT 6 * 7 AS answer")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("cell", name="42")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert download.value.path().read_text().split() == ["answer", "42"]


def test_a_view_is_saved_opened_and_removed(open_page: Open) -> None:
    page = open_page("/violations?severity=high")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("High ones")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="High ones").click()
    expect(page).to_have_url(re.compile("severity=high"))
    page.get_by_role("link", name="Saved views").click()
    page.get_by_role("button", name="Remove High ones").click()
    expect(page.get_by_role("main")).to_contain_text("None yet")


def test_a_link_from_another_page_needs_one_more_click(open_page: Open, site: Served) -> None:
    page = open_page("/violations")
    page.route(
        "http://elsewhere.test/",
        lambda route: route.fulfill(body=f'<a href="{site.origin}/stacks">go</a>', content_type="text/html"),
    )
    other = page.context.new_page()
    other.route(
        "http://elsewhere.test/",
        lambda route: route.fulfill(body=f'<a href="{site.origin}/stacks">go</a>', content_type="text/html"),
    )
    other.goto("http://elsewhere.test/")
    other.get_by_role("link").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("A token is needed")
    other.get_by_role("link", name="open this page").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Stacks")


def test_the_keyboard_reaches_everything(open_page: Open) -> None:
    page = open_page("/violations")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_theme_can_be_chosen_and_stays(open_page: Open) -> None:
    page = open_page("/", color_scheme="dark")
    page.get_by_role("button", name="Light theme").click()
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    assert page.evaluate(background) == "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "/",
            "/violations?status=any&kind=any",
            "violation",
            "/stacks",
            "stack",
            "/policies",
            "/policies/iam-open-trust",
        ),
        *("/resources", "/access", "/runs", "/difference", "/failed", SQL, "/views"),
    ],
)
@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (390, "dark"), (1400, "light"), (1400, "dark")])
def test_a_page_is_accessible_and_fits(
    open_page: Open, details: dict[str, str], name: str, width: int, theme: str
) -> None:
    page = open_page(details.get(name, name), width=width, color_scheme=theme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("img, iframe, object, embed").count() == 0
