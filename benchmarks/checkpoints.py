"""`python -m benchmarks.checkpoints`: one audit of 200 checkpoints of 51 resources against a shell loop of `check`.

The loop is measured for some of the checkpoints, before and after the audit, and multiplied: all are alike. Once the stacks
have the same policy documents but for their names, as stacks of one program do, and once each has its own.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.__main__ import GATE, run
from benchmarks.exports import write_export

RESOURCES, DOCUMENTS = 51, 20
LIMIT = 60


def write(folder: Path, stacks: int, *, distinct: bool) -> list[Path]:
    """Write the checkpoints, and return their files."""
    folder.mkdir()
    files = [folder / f"s{number}.json" for number in range(stacks)]
    for number, file in enumerate(files):
        write_export(file, RESOURCES, DOCUMENTS)
        text = file.read_text(encoding="utf-8").replace("urn:pulumi:big::", f"urn:pulumi:s{number}::")
        if distinct:
            text = text.replace("inbox-", f"inbox-s{number}-").replace("reader-", f"reader-s{number}-")
        file.write_text(text, encoding="utf-8")
    return files


def compare(scratch: Path, stacks: int, looped: int, runs: int, *, distinct: bool) -> None:
    """Print the seconds of both, and how many times faster the audit is."""
    files = write(scratch / f"distinct-{distinct}", stacks, distinct=distinct)
    pairs = []
    for number in range(runs):
        store = scratch / f"store-{distinct}-{number}"
        half = [run(GATE, "check", str(file)) for file in files[: looped // 2]]
        audited = run(GATE, "audit", str(files[0].parent), "--store", str(store))
        half += [run(GATE, "check", str(file)) for file in files[-(looped // 2) :]]
        pairs.append((audited, statistics.mean(half) * stacks))
    audit, loop = (statistics.median(column) for column in zip(*pairs, strict=True))
    title = f"{stacks} checkpoints {'each with documents of its own' if distinct else 'with equal documents'}"
    print(f"{title}: {audit:.2f} s against {loop:.0f} s, {loop / audit:.0f} times faster (goal: {LIMIT})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checkpoints", description=__doc__.partition("\n")[0])
    parser.add_argument("--stacks", type=int, default=200)
    parser.add_argument("--looped", type=int, default=10, help="how many of them the loop is measured with")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for distinct in (False, True):
            compare(Path(scratch), arguments.stacks, arguments.looped, arguments.runs, distinct=distinct)


if __name__ == "__main__":
    main()
