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
    reachable = {
        "UV_INDEX_URL": OURS,
        "UV_INDEX_PRIVATE_PASSWORD": "p",
        "HTTPS_PROXY": "http://proxy",
        "SSL_CERT_FILE": "/ca.pem",
        "NETRC": "/netrc",
    }
    dropped = dict.fromkeys(
        ["UV_LINK_MODE", "UV_PYTHON", "UV_NO_BINARY", "PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"], "x"
    )

    translated = variables(home, **reachable, **dropped)

    assert reachable.items() <= translated.items()
    assert not dropped.keys() & translated.keys()
    assert translated["UV_PYTHON_DOWNLOADS"] == "never"


def test_pips_variables_are_translated(home: Path) -> None:
    translated = variables(
        home, PIP_INDEX_URL=OURS, PIP_EXTRA_INDEX_URL="http://a  http://b", PIP_CERT="/ca.pem", PIP_PROXY="http://p"
    )

    assert translated["UV_DEFAULT_INDEX"] == OURS
    assert translated["UV_INDEX"] == "http://a http://b"
    assert translated["SSL_CERT_FILE"] == "/ca.pem"
    assert translated["ALL_PROXY"] == "http://p"


@pytest.mark.parametrize("ours", ["UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_an_index_of_uvs_leaves_none_of_pips(home: Path, ours: str) -> None:
    write(home / ".config" / "pip" / "pip.conf", "[global]\nindex-url = http://mirror/simple\ncert = /ca.pem\n")

    translated = variables(home, **{ours: OURS}, PIP_EXTRA_INDEX_URL="http://other/simple")

    assert translated[ours] == OURS
    assert {name for name in translated if "INDEX" in name} == {ours}


def test_only_the_indexes_of_uvs_own_file_are_read(home: Path) -> None:
    write(
        home / "config" / "uv" / "uv.toml",
        f'offline = true\nlink-mode = "symlink"\nnative-tls = true\n[[index]]\nname = "ours"\nurl = "{OURS}"\n'
        '[[index]]\nurl = "http://default/simple"\ndefault = true\n',
    )

    translated = variables(home, XDG_CONFIG_HOME=str(home / "config"))

    assert translated["UV_INDEX"] == f"ours={OURS}"
    assert translated["UV_DEFAULT_INDEX"] == "http://default/simple"
    assert translated["UV_NATIVE_TLS"] == "true"
    assert not {"UV_OFFLINE", "UV_LINK_MODE"} & translated.keys()


@pytest.mark.parametrize("place", [".config/pip/pip.conf", ".pip/pip.conf", "named.conf"])
def test_pips_files_are_read(home: Path, place: str) -> None:
    write(
        home / place,
        f"[global]\nindex_url = {OURS}\n[install]\nfind-links =\n    {home}\n    http://files/\n    /nowhere\nno-index = false\n",
    )

    translated = variables(home, **({"PIP_CONFIG_FILE": str(home / place)} if place == "named.conf" else {}))

    assert translated["UV_DEFAULT_INDEX"] == OURS
    assert translated["UV_FIND_LINKS"] == f"{home},http://files/"
    assert "UV_NO_INDEX" not in translated


@pytest.mark.parametrize("text", ["[", "\x00", "[global]\nindex-url"])
def test_a_malformed_file_is_ignored(home: Path, text: str) -> None:
    write(home / ".config" / "pip" / "pip.conf", text)
    write(home / ".config" / "uv" / "uv.toml", text)

    assert "UV_DEFAULT_INDEX" not in variables(home)
