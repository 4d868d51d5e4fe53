"""The requirement by which others install the stackguard that runs here."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote

from policypack.core.reading import files

PACKAGE = "stackguard"


def find(file: Path) -> tuple[str, str]:
    """The requirement of the pack, if there is one already, else that of the package that runs here, with its remark."""
    with suppress(OSError, ValueError):
        lines = files.content(file).decode().splitlines()
        if line := next((line for line in lines if line.startswith(PACKAGE)), None):
            return line, ""
    return of_this()


def of_this() -> tuple[str, str]:
    """The requirement, and a remark if others may not be able to install by it: why, and under which condition.

    A package that came from Git is pinned to its commit; one from an index to its version.
    Source: https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    try:
        installed = distribution(PACKAGE)
    except PackageNotFoundError:
        return (
            PACKAGE,
            f"`{PACKAGE}` is not installed here, so its version is not pinned; if it is in no index of yours",
        )
    pinned = f"{PACKAGE}=={installed.version}"
    direct = json.loads(installed.read_text("direct_url.json") or "{}")
    url = direct.get("url", "")
    if not url:
        return pinned, ""
    if vcs := direct.get("vcs_info"):
        return f"{PACKAGE} @ {vcs['vcs']}+{url}@{vcs['commit_id']}", ""
    if not url.startswith("file:"):
        digest = direct.get("archive_info", {}).get("hashes", {}).get("sha256")
        return f"{PACKAGE} @ {url}{f'#sha256={digest}' if digest else ''}", ""
    source = unquote(url.removeprefix("file://"))
    return pinned, f"stackguard is installed here from `{source}`; if `{pinned}` is in no index of yours"
