"""The build context of a container image, for code that is too large for a zip file or has to be built in the image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from stackguard.bundle import handlers, secrets
from stackguard.bundle.archive import ArchiveFile, in_memory
from stackguard.bundle.artifacts.manifest import encoded, head
from stackguard.bundle.config import TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.install import uv
from stackguard.bundle.install.lock import read
from stackguard.bundle.install.requirements import check_project
from stackguard.bundle.targets import described, python_of

PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
_DOCKERFILE = """\
# Made by `stackguard bundle --image`: {name} for {target}.
FROM --platform={platform} amazon/aws-lambda-python:{python}
{compiler}COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary :all:{from_source} \\
    --requirement /tmp/requirements.txt --target "${{LAMBDA_TASK_ROOT}}" && rm /tmp/requirements.txt
COPY code/ ${{LAMBDA_TASK_ROOT}}/
CMD [{handler}]
"""
_COMPILER = "RUN (dnf install -y gcc gcc-c++ || yum install -y gcc gcc-c++) && rm -rf /var/cache/dnf /var/cache/yum\n"
_IGNORED = "*\n!Dockerfile\n!requirements.txt\n!code\n"


def write(function: FunctionProject, own: Sequence[ArchiveFile], folder: Path) -> list[str]:
    """Write the context and its manifest into a folder, and return their names.

    pip in the image installs the same lock, with the same hashes; nothing is installed here.

    Raises:
        CannotBundle: the lock is wrong, or no handler is named.
    """
    if function.table.handler is None:
        raise CannotBundle(
            f'an image starts with its handler: add `handler = "package.module.function"` below `[{TABLE}]` in '
            f"`{function.project_file}`"
        )
    secrets.check(function, own)
    lock = read(function, uv.export)
    check_project(function, lock)
    top = function.table.handler.partition(".")[0]
    if any(file.path.partition("/")[0].removesuffix(".py") == top for file in own):  # else it is in a dependency
        handlers.check(function, own, None, "")
    name = f"{function.name}-image"
    context = folder / name
    files = [
        in_memory("Dockerfile", _dockerfile(function).encode()),
        in_memory(".dockerignore", _IGNORED.encode()),
        in_memory("requirements.txt", lock.requirements().encode()),
        *(in_memory(f"code/{file.path}", file.content, executable=file.executable) for file in own),
    ]
    for file in files:
        place = context / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        place.chmod(0o755 if file.executable else 0o644)  # Lambda's user is not the image's builder
    for place in (context, *(path for path in context.rglob("*") if path.is_dir())):
        place.chmod(0o755)
    manifest = {
        **head(function, lock.file.name if lock.file else None, lock.sha256),
        "packages": {package.name: package.version for package in lock.packages},
        "artifacts": [{"kind": "image", "file": name}],
    }
    manifest_name = f"{function.name}.manifest.json"
    (folder / manifest_name).write_bytes(encoded(manifest))
    return [name, manifest_name]


def _dockerfile(function: FunctionProject) -> str:
    names = function.table.from_source
    return _DOCKERFILE.format(
        name=function.name,
        target=described(function.target),
        platform=PLATFORMS[function.target.architecture],
        python=python_of(function.target),
        compiler=_COMPILER if names else "",
        from_source="".join(f" --no-binary {name}" for name in names),
        handler=json.dumps(function.table.handler),
    )
