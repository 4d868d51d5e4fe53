"""The context of a container image for the same lock, for what is too large for a zip file or must be built there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from stackguard.bundle import handlers, uv
from stackguard.bundle.config import TABLE, Function
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.files import File, in_memory
from stackguard.bundle.lock import read
from stackguard.bundle.manifest import VERSION
from stackguard.bundle.platforms import python_of
from stackguard.bundle.requirements import check_project

PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
_DOCKERFILE = """\
# Made by `stackguard bundle --image`: {name} for {runtime} on {architecture}.
FROM --platform={platform} amazon/aws-lambda-python:{python}
{compiler}COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary :all:{from_source} \\
    --requirement /tmp/requirements.txt --target "${{LAMBDA_TASK_ROOT}}" && rm /tmp/requirements.txt
COPY code/ ${{LAMBDA_TASK_ROOT}}/
CMD [{handler}]
"""
_COMPILER = "RUN (dnf install -y gcc gcc-c++ || yum install -y gcc gcc-c++) && rm -rf /var/cache/dnf /var/cache/yum\n"
_IGNORED = "*\n!Dockerfile\n!requirements.txt\n!code\n"


def write(function: Function, own: Sequence[File], folder: Path) -> list[str]:
    """Write the context and its manifest into a folder, and say their names.

    pip in the image takes the same lock, with the same hashes; nothing is installed here.

    Raises:
        CannotBundle: the lock is wrong, or no handler is named.
    """
    if function.table.handler is None:
        raise CannotBundle(
            f'an image starts with its handler: add `handler = "package.module.function"` below `[{TABLE}]` in '
            f"`{function.project_file}`"
        )
    lock = read(function, uv.export)
    check_project(function, lock)
    package = function.table.handler.partition(".")[0]
    if any(each.path.partition("/")[0].removesuffix(".py") == package for each in own):  # else it is a dependency's
        handlers.check(function, own, (), "")
        handlers.check_imports(function, own, None, "")
    name = f"{function.name}-image"
    context = folder / name
    files = [
        in_memory("Dockerfile", _dockerfile(function).encode()),
        in_memory(".dockerignore", _IGNORED.encode()),
        in_memory("requirements.txt", lock.requirements().encode()),
        *(in_memory(f"code/{each.path}", each.content, runs=each.runs) for each in own),
    ]
    for each in files:
        place = context / each.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(each.content)
        place.chmod(0o755 if each.runs else 0o644)  # Lambda's user is another than the image's builder
    for place in (context, *(each for each in context.rglob("*") if each.is_dir())):
        place.chmod(0o755)
    manifest = {
        "version": VERSION,
        "name": function.name,
        "target": {"runtime": function.target.runtime, "architecture": function.target.architecture},
        "handler": function.table.handler,
        "lock": {"file": lock.file.name if lock.file else None, "sha256": lock.sha256},
        "packages": {each.name: each.version for each in lock.packages},
        "artifacts": [{"kind": "image", "file": name}],
    }
    file = f"{function.name}.manifest.json"
    (folder / file).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return [name, file]


def _dockerfile(function: Function) -> str:
    names = function.table.from_source
    return _DOCKERFILE.format(
        name=function.name,
        runtime=function.target.runtime,
        architecture=function.target.architecture,
        platform=PLATFORMS[function.target.architecture],
        python=python_of(function.target),
        compiler=_COMPILER if names else "",
        from_source="".join(f" --no-binary {each}" for each in names),
        handler=json.dumps(function.table.handler),
    )
