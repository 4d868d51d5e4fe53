"""`python -m benchmarks.html_report`: the HTML report of 5,000 outcomes in headless Chromium, in milliseconds."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.reports import html_runs
from tests.reports.test_html_in_browser import CHROMIUM

OUTCOMES = 5000
RUNS = 5
INTERACTIVE = "performance.getEntriesByType('navigation')[0].loadEventEnd"
SEARCH = """() => new Promise((done) => {
    const start = performance.now();
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))))
        .observe(document.getElementById("count"), { childList: true });
    document.getElementById("search").value = "reader-4999";
    document.getElementById("search").dispatchEvent(new Event("input", { bubbles: true }));
})"""


def main() -> None:
    """Print the size of the file, and the medians of the time until the page is loaded and of a search."""
    text = html_runs.many(OUTCOMES)
    print(f"{OUTCOMES} outcomes: {len(text.encode()) / 1e6:.1f} MB")
    times = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        file.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for _ in range(RUNS):
            page = browser.new_page()
            page.goto(file.as_uri())
            times.append((page.evaluate(INTERACTIVE), page.evaluate(SEARCH)))
            page.close()
        browser.close()
    loaded, searched = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"loaded and interactive after {loaded:.0f} ms, a search after {searched:.0f} ms")


if __name__ == "__main__":
    main()
