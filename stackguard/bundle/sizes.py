"""A bundle against what Lambda takes at most, before any cloud sees it."""

from __future__ import annotations

from dataclasses import dataclass

from policypack.lambda_code.limits import UNZIPPED, ZIPPED
from stackguard.bundle.config import Function
from stackguard.bundle.metadata import Finished


@dataclass(frozen=True, slots=True)
class Judged:
    """What is over a limit, and what only restricts how it can be deployed; one line each."""

    over: tuple[str, ...]
    notes: tuple[str, ...]


def judge(function: Function, finished: Finished) -> Judged:
    """Hold a bundle to the limits. A zip file that is too large for a direct upload can still go through S3."""
    over, notes = [], []
    together = "function and layer" if function.table.layer else f"`{function.name}.zip`"
    if finished.unzipped > UNZIPPED:
        over.append(
            f"{together} unzipped: {mib(finished.unzipped)}, and Lambda takes {mib(UNZIPPED)} with all layers; "
            f"{_strip(finished, finished.unzipped - UNZIPPED, zipped=False)}a layer does not raise the limit, `--image` makes a container image of up to 10 GiB"
        )
    for each in finished.artifacts:
        if each.zipped > ZIPPED:
            said = f"`{each.file}` zipped: {mib(each.zipped)}, and a direct upload takes {mib(ZIPPED)}; "
            if function.table.upload == "direct":
                split = "" if function.table.layer else "`--layer` uploads dependencies apart; "
                strip = _strip(finished, each.zipped - ZIPPED, zipped=True)
                over.append(f'{said}{strip}{split}`upload = "s3"` says that it goes through a bucket')
            elif not over:
                notes.append(
                    f"{said}deploy it through a bucket (`s3_bucket` and `s3_key`), not as the function's `code`"
                )
    return Judged(tuple(over), tuple(notes))


def _strip(finished: Finished, needed: int, *, zipped: bool) -> str:
    """What stripping would save, and whether that is enough, as a clause."""
    if not finished.savings:
        return ""
    saved = sum(each.zipped if zipped else each.size for each in finished.savings.values())
    kinds = " ".join(f"--strip {kind}" for kind in sorted(finished.savings))
    return f"`{kinds}` saves {mib(saved)}{', which is enough' if saved >= needed else ', which is not enough'}; "


def mib(size: int) -> str:
    """A size for people."""
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KiB" if size < 1024**2 else f"{size / 1024**2:.1f} MiB"
