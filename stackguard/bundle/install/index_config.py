"""The operator's package indexes: the variables and files of uv and of pip, translated to uv's variables.

Only the settings of package sources and of the network are read. The lock decides what is installed, so
settings that would change it are ignored. Sources: https://docs.astral.sh/uv/reference/environment/,
https://docs.astral.sh/uv/concepts/configuration-files/ and https://pip.pypa.io/en/stable/topics/configuration/.
"""

from __future__ import annotations

import configparser
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policypack.core.reading import toml_reader
from policypack.core.reading.files import content
from stackguard.bundle.config import tables

_KEPT = re.compile(
    r"UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INDEX_STRATEGY|INDEX_\w+_(USERNAME|PASSWORD)"
    r"|KEYRING_PROVIDER|INSECURE_HOST|SYSTEM_CERTS|NATIVE_TLS|HTTP_\w+|CONCURRENT_\w+|CACHE_DIR|OFFLINE)"
)
_DROPPED = re.compile(r"UV_|PIP_|PYTHON|VIRTUAL_ENV|CONDA_PREFIX|SOURCE_DATE_EPOCH")
_OF_BOTH = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
}
"""Options, and uv's variables for them."""

_OF_PIP = {**_OF_BOTH, "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"}
_OF_UV = {
    **_OF_BOTH,
    "index-strategy": "UV_INDEX_STRATEGY",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "allow-insecure-host": "UV_INSECURE_HOST",
    "system-certs": "UV_SYSTEM_CERTS",
    "native-tls": "UV_NATIVE_TLS",
    "cache-dir": "UV_CACHE_DIR",
}
_FALSE = {"", "0", "false", "no", "none", "off"}
_INDEXES = {"UV_INDEX_URL", "UV_EXTRA_INDEX_URL", *_OF_BOTH.values()}
"""These belong together: all of them come from the first source that sets one."""


def for_uv(ambient: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The options and the environment for uv."""
    variables = environment(ambient)
    return (["--no-index"] if variables.pop("UV_NO_INDEX", None) else []), variables


def environment(ambient: Mapping[str, str]) -> dict[str, str]:
    """The ambient environment without variables that would change a result, and with the operator's indexes.

    The first source that names an index wins: uv's variables, pip's, uv's files, pip's files. uv has no variable
    `UV_NO_INDEX`: `for_uv` turns it into an option.
    """
    variables = {name: value for name, value in ambient.items() if not _DROPPED.match(name) or _KEPT.fullmatch(name)}
    of_pip = {option: ambient.get(f"PIP_{option.upper().replace('-', '_')}", "") for option in _OF_PIP}
    for source in (_translated(of_pip, _OF_PIP), *_uv_files(ambient), *_pip_files(ambient)):
        has_index = bool(_INDEXES & variables.keys())
        for name, value in source.items():
            if not (has_index and name in _INDEXES):
                variables.setdefault(name, value)
    return {**variables, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


def _translated(options: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    variables = {names[option]: _text(option, value) for option, value in options.items() if option in names}
    return {name: value for name, value in variables.items() if value}


def _text(option: str, value: Any) -> str:
    """The value of a variable of uv: a list is joined by spaces, folders that exist by commas."""
    if str(value).lower() in _FALSE:
        return ""
    words = list(map(str, value)) if isinstance(value, list) else str(value).split()
    if option == "find-links":
        return ",".join(place for place in words if "://" in place or Path(place).is_dir())
    return "true" if value is True else " ".join(words)


def _uv_files(ambient: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variables that the user's and the system's `uv.toml` set."""
    home = ambient.get("XDG_CONFIG_HOME") or Path(ambient.get("HOME", "/"), ".config")
    for file in (Path(home, "uv", "uv.toml"), Path("/etc/uv/uv.toml")):
        try:
            options = toml_reader.parse(content(file).decode())
        except (OSError, ValueError):
            continue
        of_pip = options.get("pip")
        variables = _translated({**options, **(of_pip if isinstance(of_pip, dict) else {})}, _OF_UV)
        indexes = [table for table in tables(options.get("index")) if "url" in table]
        default = [_named(table) for table in indexes if table.get("default")]
        more = [_named(table) for table in indexes if not table.get("default")]
        if default:
            variables["UV_DEFAULT_INDEX"] = default[0]
        if more:
            variables["UV_INDEX"] = " ".join([*more, *filter(None, [variables.get("UV_INDEX")])])
        yield variables


def _named(table: Mapping[str, Any]) -> str:
    return f"{table['name']}={table['url']}" if "name" in table else str(table["url"])


def _pip_files(ambient: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variables that pip's files set: the environment's, the user's and the system's."""
    home = Path(ambient.get("HOME", "/"))
    files = (
        *([Path(ambient["PIP_CONFIG_FILE"])] if "PIP_CONFIG_FILE" in ambient else []),
        Path(sys.prefix, "pip.conf"),
        Path(ambient.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf"),
        home / ".pip" / "pip.conf",
        Path("/etc/pip.conf"),
    )
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(content(file).decode())
        except (OSError, ValueError, configparser.Error):
            continue
        sections = [dict(parser[name]) for name in ("global", "install") if parser.has_section(name)]
        options = {key.replace("_", "-"): value for section in sections for key, value in section.items()}
        yield _translated(options, _OF_PIP)
