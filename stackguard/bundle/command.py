"""`stackguard bundle`, from the request to the written artifacts and the report."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from stackguard.bundle import build, config, hooks, metadata
from stackguard.bundle.artifacts import delivery, sizes
from stackguard.bundle.artifacts.report import BundleReport
from stackguard.bundle.config import FunctionProject, Overrides
from stackguard.bundle.errors import CannotBundle, needing_the_extra
from stackguard.bundle.sources import collect

_VARIABLES = {
    ".zip": "STACKGUARD_ARCHIVE",
    "-layer.zip": "STACKGUARD_LAYER",
    ".manifest.json": "STACKGUARD_MANIFEST",
    ".cdx.json": "STACKGUARD_MATERIALS",
}
"""The artifacts, by the end of their names, with the environment variables for their paths in commands of `after`."""


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """What to bundle, and where to write it; without `output`, to `dist` in the function's folder."""

    folder: Path
    output: Path | None
    overrides: Overrides
    offline: bool = False

    def deliver(self, folder: Path, names: list[str], function: FunctionProject, variables: list[str]) -> list[Path]:
        """Copy artifacts from a folder to the output, and run the commands of `after` with their paths in variables."""

        def finish(written: list[Path]) -> None:
            paths = (str(file.absolute()) for file in written)
            hooks.run(function, "after", function.table.after, dict(zip(variables, paths, strict=True)))
            files = [file for file in written if (folder / file.name).is_file()]
            if function.table.after and (changed := delivery.first_changed(files, folder)):
                raise CannotBundle(
                    f"a command of `after` in `{function.project_file}` changed `{changed}`, so nothing was written, "
                    "because the manifest would not match it; write the command's output to another file"
                )

        return delivery.deliver(folder, names, self.output or self.folder / "dist", function.name, finish)


def run(request: BundleRequest) -> BundleReport:
    """Bundle a function, and write the artifacts unless Lambda would refuse them.

    Raises:
        CannotBundle: it cannot be built, or written.
    """
    bundle = build(request.folder, request.overrides, offline=request.offline, enforce=False)
    function, finished = bundle.function, metadata.read(bundle.folder, metadata.Finished)
    judged = sizes.judge(function, finished)
    left_out = collect(function).left_out
    if judged.over:
        return BundleReport(function, finished, judged, (), left_out)
    endings = [ending for ending in _VARIABLES if function.table.layer or ending != "-layer.zip"]
    names = [f"{function.name}{ending}" for ending in endings]
    written = request.deliver(bundle.folder, names, function, [_VARIABLES[ending] for ending in endings])
    return BundleReport(function, finished, judged, tuple(written), left_out)


def run_image(request: BundleRequest) -> tuple[FunctionProject, list[Path]]:
    """Write the context of a container image, and return its function and the written files.

    Raises:
        CannotBundle: the function or its lock is wrong, or it cannot be written.
    """
    with needing_the_extra():
        from stackguard.bundle.artifacts import image

    function = config.read(request.folder, request.overrides)
    hooks.run(function, "before", function.table.before)
    with tempfile.TemporaryDirectory() as work:
        names = image.write(function, collect(function).files, Path(work))
        variables = ["STACKGUARD_IMAGE", "STACKGUARD_MANIFEST"]
        written = request.deliver(Path(work), names, function, variables)
    return function, written
