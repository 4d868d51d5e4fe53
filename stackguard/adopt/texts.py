"""The texts of the files that `stackguard init` writes, from the templates beside it."""

from __future__ import annotations

import json
import shlex
from importlib.resources import files

from stackguard.adopt.preparing import Preparation, commands, preparation
from stackguard.adopt.repository import Repository

PACK = "stackguard-pack"
"""The folder of the policy pack, whose requirements the CI job installs too: the version has one place."""
REQUIREMENTS = f"{PACK}/requirements.txt"
SCHEMA = (
    "https://raw.githubusercontent.com/stackguard/stackguard/main/policypack/evaluation/settings/settings.schema.json"
)
"""Of the settings, for editors."""


def check(repository: Repository) -> str:
    """The arguments of `stackguard check` for all stacks of all projects, also of those that are added later.

    Where the repository itself is a project, the ones in it are not found from its folder, and have to be named.
    """
    folders = [project.folder for project in repository.projects]
    return f"{shlex.join(folders) if '.' in folders else '.'} --all-stacks"


def settings(repository: Repository) -> str:
    """`stackguard.yaml`: a schema line for editors, the projects that cannot be judged, and settings as comments."""
    excluded = "".join(f"  - {json.dumps(folder)} # {why}\n" for folder, why in repository.others)
    return _filled("stackguard.yaml", schema=SCHEMA, exclude=f"exclude:\n{excluded}" if excluded else "")


def pack(requirement: str) -> dict[str, str]:
    """The files of the policy pack, by name."""
    return {
        "PulumiPolicy.yaml": _filled("PulumiPolicy.yaml"),
        "__main__.py": _filled("pack.txt"),
        "requirements.txt": f"{requirement}\n",
        ".gitignore": ".venv/\n__pycache__/\n",
    }


def github(repository: Repository) -> str:
    """The workflow for GitHub Actions."""
    steps = "".join(
        f"      - name: {json.dumps(f'Install what {folder} needs')}\n"
        f"        working-directory: {json.dumps(folder)}\n"
        f"        run: |\n          {command}\n"
        for folder, command in commands(_preparations(repository))
    )
    return _filled(
        "github.yml",
        branches=repository.branch or "main, master",
        check=check(repository),
        preparations=steps,
        requirements=REQUIREMENTS,
    )


def gitlab(repository: Repository) -> str:
    """The job for GitLab CI."""
    steps = "".join(
        f"    - |\n      (cd {shlex.quote(folder)} && {command})\n"
        for folder, command in commands(_preparations(repository))
    )
    return _filled("gitlab.yml", check=check(repository), preparations=steps, requirements=REQUIREMENTS)


def pre_commit(repository: Repository, requirement: str) -> str:
    """The configuration of pre-commit.

    An environment of pre-commit's own is activated while the hook runs, so that only programs that find theirs by
    themselves can be judged from it.
    """
    isolated = all(prepared.isolated for _, prepared in _preparations(repository))
    dependencies = f"        additional_dependencies: [{json.dumps(requirement)}]\n"
    return _filled(
        "pre-commit.yaml",
        check=check(repository),
        language="python" if isolated else "system",
        dependencies=dependencies if isolated else "",
    )


def _preparations(repository: Repository) -> list[tuple[str, Preparation]]:
    return [(project.folder, preparation(repository.root, project)) for project in repository.projects]


def _filled(template: str, **values: str) -> str:
    text = files("stackguard.adopt").joinpath("templates", template).read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text
