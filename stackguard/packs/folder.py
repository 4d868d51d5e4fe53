"""Reads the folder of a policy pack: which interpreter starts it, with which arguments.

Source: `RunPlugin` in sdk/python/cmd/pulumi-language-python/main.go and `PolicyPackProject` in
sdk/go/common/workspace/project.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from policypack.core.reading import files, toml_reader
from stackguard.errors import CannotJudge
from stackguard.preview.project import settings_file
from stackguard.preview.project.toolchain import python_options, toolchain

PACK_FILE = "PulumiPolicy.yaml"
ANYWHERE = "127.0.0.1:0"
"""The address of the engine, which the Python SDK requires and does not use."""


@dataclass(frozen=True, slots=True)
class PackFolder:
    """A policy pack to start, as its files define it.

    `name` is the folder as given on the command line; `arguments` are the module to run and its arguments.
    """

    name: str
    root: Path
    interpreter: Path
    virtualenv: Path | None
    arguments: tuple[str, ...]


def read(folder: Path) -> PackFolder:
    """The policy pack in a folder.

    Raises:
        CannotJudge: there is none, it is not in Python, or it cannot be run.
    """
    name = str(folder)
    root = Path(os.path.abspath(folder))  # noqa: PTH100 (symbolic links are not followed, as in the CLI)
    file = root / PACK_FILE
    if not root.is_dir():
        raise CannotJudge(f"there is no folder `{name}`; `--policy-pack` takes the folder of a `{PACK_FILE}`")
    if not file.is_file():
        raise CannotJudge(f"`{name}` has no `{PACK_FILE}`, so it is not a policy pack; {_hint(root)}")
    options = python_options(settings_file.read(file).get("runtime"), file, "policy pack", "policy packs")
    python = toolchain(options, file, root, os.environ)
    return PackFolder(name, root, python.interpreter, python.virtualenv, _arguments(root))


def _arguments(root: Path) -> tuple[str, ...]:
    """The module that starts the pack, and its arguments."""
    if (root / "__main__.py").is_file():
        return ("pulumi.policy", ANYWHERE, str(root))
    distribution = _distribution(root)
    if distribution is None:
        raise CannotJudge(
            f"`{root}` has neither `__main__.py` nor a `pyproject.toml` with a `name` and a `build-backend`, so there"
            " is no policy pack to run (`main` is ignored for policy packs)"
        )
    return ("pulumi.run.plugin", distribution, ANYWHERE)


def _distribution(root: Path) -> str | None:
    """The name of the distribution in the folder's `pyproject.toml`, if it can be built."""
    file = root / "pyproject.toml"
    try:
        project = toml_reader.parse(files.content(file).decode())
        name = project["project"]["name"]
        return name if isinstance(name, str) and name and project["build-system"]["build-backend"] else None
    except (FileNotFoundError, KeyError, TypeError):
        return None
    except (OSError, ValueError) as error:
        raise CannotJudge(f"{file} is not TOML: {error}") from None


def _hint(root: Path) -> str:
    """The nearest policy pack, as a clause."""
    files = [*sorted(root.glob(f"*/{PACK_FILE}")), *(above / PACK_FILE for above in root.parents)]
    nearest = next((file.parent for file in files if file.is_file()), None)
    return f"the nearest one is `{nearest}`" if nearest else "write one with `pulumi policy new`"
