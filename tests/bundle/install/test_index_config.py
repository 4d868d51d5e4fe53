"""The operator's index, mirror, proxy and certificates reach uv, and nothing else of the machine's settings does."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackguard.bundle.install.index_config import environment

OURS = "http://ours/simple"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "no environment"))
    return tmp_path


def variables(home: Path, **ambient: str) -> dict[str, str]:
    return environment({"PATH": "/bin", "HOME": str(home), **ambient})


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_how_packages_are_reached_is_kept_and_the_rest_dropped(home: Path) -> None:
    kept = {
        "UV_INDEX_URL": OURS,
        "UV_INDEX_PRIVATE_PASSWORD": "p",
        "HTTPS_PROXY": "http://proxy",
        "SSL_CERT_FILE": "/ca.pem",
        "NETRC": "/netrc",
    }
    dropped = dict.fromkeys(
        ["UV_LINK_MODE", "UV_PYTHON", "UV_NO_BINARY", "PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"], "x"
    )

    found = variables(home, **kept, **dropped)

    assert kept.items() <= found.items()
    assert not dropped.keys() & found.keys()
    assert found["UV_PYTHON_DOWNLOADS"] == "never"


def test_pips_variables_are_translated(home: Path) -> None:
    found = variables(
        home, PIP_INDEX_URL=OURS, PIP_EXTRA_INDEX_URL="http://a  http://b", PIP_CERT="/ca.pem", PIP_PROXY="http://p"
    )

    assert found["UV_DEFAULT_INDEX"] == OURS
    assert found["UV_INDEX"] == "http://a http://b"
    assert found["SSL_CERT_FILE"] == "/ca.pem"
    assert found["ALL_PROXY"] == "http://p"


@pytest.mark.parametrize("ours", ["UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_an_index_of_uvs_leaves_none_of_pips(home: Path, ours: str) -> None:
    write(home / ".config" / "pip" / "pip.conf", "[global]\nindex-url = http://mirror/simple\ncert = /ca.pem\n")

    found = variables(home, **{ours: OURS}, PIP_EXTRA_INDEX_URL="http://other/simple")

    assert found[ours] == OURS
    assert {name for name in found if "INDEX" in name} == {ours}


def test_uvs_own_file_says_where_and_nothing_more(home: Path) -> None:
    write(
        home / "config" / "uv" / "uv.toml",
        f'offline = true\nlink-mode = "symlink"\nnative-tls = true\n[[index]]\nname = "ours"\nurl = "{OURS}"\n'
        '[[index]]\nurl = "http://default/simple"\ndefault = true\n',
    )

    found = variables(home, XDG_CONFIG_HOME=str(home / "config"))

    assert found["UV_INDEX"] == f"ours={OURS}"
    assert found["UV_DEFAULT_INDEX"] == "http://default/simple"
    assert found["UV_NATIVE_TLS"] == "true"
    assert not {"UV_OFFLINE", "UV_LINK_MODE"} & found.keys()


@pytest.mark.parametrize("place", [".config/pip/pip.conf", ".pip/pip.conf", "named.conf"])
def test_pips_files_are_read(home: Path, place: str) -> None:
    write(
        home / place,
        f"[global]\nindex_url = {OURS}\n[install]\nfind-links =\n    {home}\n    http://files/\n    /nowhere\nno-index = false\n",
    )

    found = variables(home, **({"PIP_CONFIG_FILE": str(home / place)} if place == "named.conf" else {}))

    assert found["UV_DEFAULT_INDEX"] == OURS
    assert found["UV_FIND_LINKS"] == f"{home},http://files/"
    assert "UV_NO_INDEX" not in found


@pytest.mark.parametrize("text", ["[", "\x00", "[global]\nindex-url"])
def test_a_malformed_file_says_nothing(home: Path, text: str) -> None:
    write(home / ".config" / "pip" / "pip.conf", text)
    write(home / ".config" / "uv" / "uv.toml", text)

    assert "UV_DEFAULT_INDEX" not in variables(home)
