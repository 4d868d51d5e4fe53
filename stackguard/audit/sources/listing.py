"""Lists the stacks of sources: arguments of the command line in, stacks out, each once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from policypack.core.stack_name import StackName
from stackguard.audit.model import Location, StackRef
from stackguard.errors import CannotJudge


def stacks(sources: Sequence[str]) -> Iterator[StackRef]:
    """The stacks of sources, in their order.

    Args:
        sources: as on the command line.

    Raises:
        CannotJudge: a source does not exist or cannot be listed.
    """
    for source in sources:
        folder = Path(source)
        if not folder.is_dir():
            raise CannotJudge(f"there is no source `{source}`")
        for root, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                if name.endswith(".json"):
                    path = Path(root, name)
                    status = path.stat()
                    yield StackRef(
                        Location("file", str(path)),
                        StackName(),
                        identity=str(path.relative_to(folder)),
                        modified=f"{status.st_mtime_ns}:{status.st_size}",
                        size=status.st_size,
                    )
