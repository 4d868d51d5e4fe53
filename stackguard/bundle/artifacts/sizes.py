"""A bundle's sizes against Lambda's limits, before anything is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from policypack.lambda_code.limits import UNZIPPED, ZIPPED
from stackguard.bundle.config import FunctionProject
from stackguard.bundle.metadata import Finished


@dataclass(frozen=True, slots=True)
class Sizes:
    """The limits that a bundle exceeds, and notes on how it can be deployed; one line each."""

    over: tuple[str, ...]
    notes: tuple[str, ...]


def judge(function: FunctionProject, finished: Finished) -> Sizes:
    """Check a bundle against the limits. A zip file that is too large for a direct upload can still go through S3."""
    over, notes = [], []
    has_layer = function.table.layer
    if finished.unzipped > UNZIPPED:
        together = "function and layer" if has_layer else f"`{function.name}.zip`"
        over.append(
            f"{together} unzipped: {mib(finished.unzipped)}, and Lambda takes {mib(UNZIPPED)} with all layers; "
            f"{_strip(finished, finished.unzipped - UNZIPPED, zipped=False)}a layer does not raise the limit, `--image` "
            "makes a container image of up to 10 GiB"
        )
    for artifact in finished.artifacts:
        if artifact.zipped <= ZIPPED:
            continue
        size = f"`{artifact.file}` zipped: {mib(artifact.zipped)}, and a direct upload takes {mib(ZIPPED)}; "
        if function.table.upload == "direct":
            split = "" if has_layer else "`--layer` uploads the dependencies separately; "
            strip = _strip(finished, artifact.zipped - ZIPPED, zipped=True)
            over.append(f'{size}{strip}{split}`upload = "s3"` states that it is deployed through a bucket')
        elif not over:
            notes.append(f"{size}deploy it through a bucket (`s3_bucket` and `s3_key`), not as the function's `code`")
    return Sizes(tuple(over), tuple(notes))


def _strip(finished: Finished, needed: int, *, zipped: bool) -> str:
    """The bytes that stripping saves, and whether that is enough, as a clause."""
    if not finished.savings:
        return ""
    saved = sum(saving.zipped if zipped else saving.size for saving in finished.savings.values())
    options = " ".join(f"--strip {kind}" for kind in sorted(finished.savings))
    return f"`{options}` saves {mib(saved)}, which is {'enough' if saved >= needed else 'not enough'}; "


def mib(size: int) -> str:
    """A size in bytes, in the largest unit that fits."""
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"
