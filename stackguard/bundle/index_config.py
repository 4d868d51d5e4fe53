"""Where the operator's packages come from: variables and files of uv and of pip, all said in uv's variables.

Only what says from where and how is taken. What is installed is the lock's, and settings that would change it are left
where they are. Sources: https://docs.astral.sh/uv/reference/environment/, https://docs.astral.sh/uv/concepts/configuration-files/
and https://pip.pypa.io/en/stable/topics/configuration/.
"""

from __future__ import annotations

import configparser
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_KEPT = re.compile(
    r"UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INDEX_STRATEGY|INDEX_\w+_(USERNAME|PASSWORD)"
    r"|KEYRING_PROVIDER|INSECURE_HOST|SYSTEM_CERTS|NATIVE_TLS|HTTP_\w+|CONCURRENT_\w+|CACHE_DIR|OFFLINE)"
)
_DROPPED = re.compile(r"UV_|PIP_|PYTHON|VIRTUAL_ENV|CONDA_PREFIX|SOURCE_DATE_EPOCH")
_OF_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
"""Options of pip, and uv's variables for the same."""

_OF_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "index-strategy": "UV_INDEX_STRATEGY",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "allow-insecure-host": "UV_INSECURE_HOST",
    "system-certs": "UV_SYSTEM_CERTS",
    "native-tls": "UV_NATIVE_TLS",
    "cache-dir": "UV_CACHE_DIR",
}
_FALSE = {"", "0", "false", "no", "none", "off"}
_INDEXES = {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"}
"""These belong together: of one source all of them are taken, and of the next none."""


def for_uv(ambient: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The options and the environment for uv."""
    told = environment(ambient)
    return (["--no-index"] if told.pop("UV_NO_INDEX", None) else []), told


def environment(ambient: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: the ambient one without what would change a result.

    The first that names an index wins: uv's variables, pip's, uv's files, pip's files. `UV_NO_INDEX` is no variable of
    uv's: `for_uv` makes an option of it.
    """
    told = {name: value for name, value in ambient.items() if not _DROPPED.match(name) or _KEPT.fullmatch(name)}
    of_pip = {key: ambient.get(f"PIP_{key.upper().replace('-', '_')}", "") for key in _OF_PIP}
    for source in (_pairs(of_pip, _OF_PIP), *_of_uv(ambient), *_of_pip(ambient)):
        named = bool(_INDEXES & told.keys())
        for name, value in source.items():
            if not (named and name in _INDEXES):
                told.setdefault(name, value)
    return {**told, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def _pairs(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    told = {names[key]: _text(key, value) for key, value in given.items() if key in names}
    return {name: value for name, value in told.items() if value}


def _text(key: str, value: Any) -> str:
    """A value as uv's variables have it: lists by spaces, but folders by commas, and only those that are there."""
    if str(value).lower() in _FALSE:
        return ""
    words = list(map(str, value)) if isinstance(value, list) else str(value).split()
    if key == "find-links":
        return ",".join(each for each in words if "://" in each or Path(each).is_dir())
    return "true" if value is True else " ".join(words)


def _of_uv(ambient: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What the user's and the system's `uv.toml` say."""
    home = ambient.get("XDG_CONFIG_HOME") or Path(ambient.get("HOME", "/"), ".config")
    for file in (Path(home, "uv", "uv.toml"), Path("/etc/uv/uv.toml")):
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        tables = [each for each in given.get("index", ()) if isinstance(each, dict) and "url" in each]
        told = _pairs({**given, **given.get("pip", {})}, _OF_UV)
        default = [_named(each) for each in tables if each.get("default")]
        more = [_named(each) for each in tables if not each.get("default")]
        yield {
            **told,
            **({"UV_DEFAULT_INDEX": default[0]} if default else {}),
            **({"UV_INDEX": " ".join([*more, *filter(None, [told.get("UV_INDEX")])])} if more else {}),
        }


def _named(table: Mapping[str, Any]) -> str:
    return f"{table['name']}={table['url']}" if "name" in table else str(table["url"])


def _of_pip(ambient: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What pip's files say, the environment's, the user's and the system's."""
    home = Path(ambient.get("HOME", "/"))
    files: Iterable[Path] = (
        *([Path(ambient["PIP_CONFIG_FILE"])] if "PIP_CONFIG_FILE" in ambient else []),
        Path(sys.prefix, "pip.conf"),
        Path(ambient.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf"),
        home / ".pip" / "pip.conf",
        Path("/etc/pip.conf"),
    )
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, configparser.Error):
            continue
        sections = [dict(parser[name]) for name in ("global", "install") if parser.has_section(name)]
        yield _pairs({key.replace("_", "-"): value for each in sections for key, value in each.items()}, _OF_PIP)
