"""From what `stackguard bundle` is asked to what it writes and tells."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from stackguard.bundle import build, config, hooks, outputs, sizes
from stackguard.bundle import cache_key as finishing
from stackguard.bundle import metadata as about
from stackguard.bundle.config import Function, Overrides
from stackguard.bundle.errors import CannotBundle, needing_the_extra
from stackguard.bundle.report import Report
from stackguard.bundle.sources import collect

_VARIABLES = {
    ".zip": "STACKGUARD_ARCHIVE",
    "-layer.zip": "STACKGUARD_LAYER",
    ".manifest.json": "STACKGUARD_MANIFEST",
    ".cdx.json": "STACKGUARD_MATERIALS",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What to bundle, and where to."""

    folder: Path
    output: Path | None
    """None is `dist` in the function's folder."""
    overrides: Overrides
    offline: bool = False


def run(request: Request) -> Report:
    """Bundle a function, and write the artifacts unless Lambda would refuse them.

    Raises:
        CannotBundle: it cannot be built, or written.
    """
    bundle = build(request.folder, request.overrides, offline=request.offline, enforce=False)
    function, finished = bundle.function, about.finished(bundle.folder)
    judged = sizes.judge(function, finished)
    left_out = collect(function).left_out
    if judged.over:
        return Report(function, finished, judged, (), left_out)
    kinds = [".zip", *(["-layer.zip"] if function.table.layer else []), ".manifest.json", ".cdx.json"]
    names = {kind: f"{function.name}{kind}" for kind in kinds}
    written = outputs.deliver(bundle.folder, list(names.values()), _output(request), function.name)
    variables = {_VARIABLES[kind]: str(file.absolute()) for kind, file in zip(kinds, written, strict=True)}
    hooks.after(function, variables)
    if function.table.after and (changed := outputs.first_changed(written, bundle.folder)):
        outputs.deliver(bundle.folder, list(names.values()), _output(request), function.name)
        raise CannotBundle(
            f"a command of `after` in `{function.project_file}` changed `{changed}`, which has been put back, as "
            "the manifest would not hold for it; write what it makes to another file"
        )
    return Report(function, finished, judged, tuple(written), left_out)


def run_image(request: Request) -> tuple[Function, list[Path]]:
    """Write the context of a container image, and say what was written.

    Raises:
        CannotBundle: the function or its lock is wrong, or it cannot be written.
    """
    with needing_the_extra():
        from stackguard.bundle import image

    function = config.read(request.folder, request.overrides)
    hooks.before(function)
    with tempfile.TemporaryDirectory() as work:
        names = image.write(function, finishing.own_files(function), Path(work))
        written = outputs.deliver(Path(work), names, _output(request), function.name)
    hooks.after(
        function, {"STACKGUARD_IMAGE": str(written[0].absolute()), "STACKGUARD_MANIFEST": str(written[1].absolute())}
    )
    return function, written


def _output(request: Request) -> Path:
    return request.output or request.folder / "dist"
