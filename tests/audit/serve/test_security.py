"""Who may read the pages, and what every response has."""

from __future__ import annotations

import re

import pytest

from stackguard.audit.serve.security import Keys
from tests.audit.serve.serving import Answer, Served

PAGES = (
    *("/", "/violations", "/stacks", "/policies", "/policies/iam-open-trust", "/resources", "/access", "/runs"),
    *("/difference", "/failed", "/sql", "/views", "/static/page.css", "/static/page.js", "/static/icon.svg"),
)


def is_hardened(answer: Answer) -> bool:
    headers = answer.headers
    policy = headers["content-security-policy"]
    return (
        "default-src 'none'" in policy
        and "script-src 'self';" in policy
        and "frame-ancestors 'none'" in policy
        and "unsafe" not in policy
        and headers["x-content-type-options"] == "nosniff"
        and headers["cache-control"] == "no-store"
        and headers["referrer-policy"] == "same-origin"
        and not any(name.startswith("access-control") for name in headers)
    )


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_read_with_the_cookie_only(site: Served, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 200
    assert is_hardened(answer)
    for cookie in (None, "", f"{site.site.keys.cookie}=wrong", f"{site.site.keys.cookie}={site.site.keys.token}"):
        locked = site.ask(path, Cookie=cookie)
        assert locked.status == 401
        assert is_hardened(locked)
        assert not locked.cookies


def test_the_token_becomes_a_cookie_and_leaves_the_address(site: Served) -> None:
    answer = site.ask(f"/violations?policy=a%26b&token={site.site.keys.token}", Cookie=None)
    assert (answer.status, is_hardened(answer)) == (200, True)
    (cookie,) = answer.cookies
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert 'content="0; url=/violations?policy=a%26b"' in answer.text
    assert site.site.keys.token not in answer.text
    assert site.ask("/", Cookie=cookie.partition(";")[0]).status == 200


@pytest.mark.parametrize("token", ["", "wrong", "%ff%fe", "é", "x" * 5000])
def test_a_wrong_token_opens_nothing(site: Served, token: str) -> None:
    answer = site.ask(f"/?token={token.encode('latin-1').decode('latin-1')}" if token.isascii() else "/?token=%C3%A9")
    assert (answer.status, answer.cookies, is_hardened(answer)) == (401, [], True)


def test_a_token_for_a_browser_opens_once() -> None:
    keys = Keys(1)
    once = keys.once()
    assert not keys.opens("")
    assert keys.opens(once)
    assert not keys.opens(once)
    assert not keys.opens("")
    assert keys.opens(keys.token)
    assert keys.opens(keys.token)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""]
)
def test_another_name_for_this_machine_is_refused(site: Served, host: str) -> None:
    answer = site.ask(f"/?token={site.site.keys.token}", Host=host.format(port=site.site.port))
    assert (answer.status, answer.cookies, is_hardened(answer)) == (421, [], True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
@pytest.mark.parametrize("path", ["/", "/violations", "/sql", "/views", "/static/page.css"])
def test_the_pages_only_read(site: Served, method: str, path: str) -> None:
    answer = site.ask(path, method, Origin=site.origin)
    assert (answer.status, answer.headers["allow"], is_hardened(answer)) == (405, "GET, HEAD", True)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1"])
def test_only_our_own_pages_save_a_view(site: Served, origin: str | None) -> None:
    for path in ("/views/save", "/views/remove"):
        answer = site.post(path, "name=a&address=/violations", Origin=origin)
        assert (answer.status, is_hardened(answer)) == (403, True)
        assert site.post(path, "name=a&address=/violations", Cookie=None).status == 401
    assert not site.views.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2fetc%2fpasswd",
        "//etc/passwd",
        "/static/page.css%00.html",
        "/static/",
        "/violations/../../etc/passwd",
        "/stacks/%2e%2e",
        "/policies/%3Cscript%3E",
        "/views/save",
        "/nothing",
    ],
)
def test_no_path_leads_to_a_file(site: Served, path: str) -> None:
    answer = site.ask(path)
    assert answer.status in {404, 405}
    assert is_hardened(answer)
    assert "root:" not in answer.text
    assert "import" not in answer.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "//evil.example/%2f..", "/%0d%0aSet-Cookie:a=b", '/"><script>']
)
def test_the_way_on_stays_on_this_server(site: Served, path: str) -> None:
    for answer in (site.ask(f"{path}?token={site.site.keys.token}"), site.ask(path, Cookie=None)):
        target = re.search(r'<a href="([^"]*)"', answer.text)
        assert target is not None
        assert re.match(r"/(?![/\\])", target[1])
        assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY stacks TO '/tmp/stacks.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{shard}/x.parquet'",
        "DROP VIEW stacks",
        "SET enable_external_access = true",
        "SELECT 1; SELECT 2",
        "ATTACH '/tmp/x.db'",
    ],
)
def test_sql_reads_the_store_and_nothing_else(site: Served, sql: str) -> None:
    from urllib.parse import quote

    before = sorted(site.store.rglob("*"))
    asked = quote(sql.format(shard=next(site.store.glob("runs/*/stacks"))))
    for path in ("/sql", "/sql.csv"):
        answer = site.ask(f"{path}?sql={asked}")
        assert (answer.status, is_hardened(answer)) == (400, True)
        assert "root:" not in answer.text
    assert sorted(site.store.rglob("*")) == before


def test_a_crash_names_no_value(
    site: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from stackguard.audit.serve import rendering

    value = "a secret"

    def crash(*_: object, **__: object) -> str:
        raise RuntimeError(value)

    monkeypatch.setattr(rendering, "address", crash)
    answer = site.ask("/")
    assert (answer.status, is_hardened(answer)) == (500, True)
    assert "RuntimeError" in answer.text
    assert value not in answer.text + capfd.readouterr().err
