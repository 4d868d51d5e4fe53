"""`python -m benchmarks`: times and their ratios, each the median of several runs, interleaved."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.exports import write_export
from tests.agreement import session
from tests.analyzer import running
from tests.standin_aws.project import run_pulumi, with_standin

ROOT = Path(__file__).parents[1]
GATE = str(Path(sys.executable).parent / "stackguard")
RUNS = 7
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As a user has it: modules that were imported once are compiled."""


def run(*command: str, accepted: tuple[int, ...] = (0,)) -> float:
    """Seconds of wall time that a command takes."""
    start = time.perf_counter()
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    seconds = time.perf_counter() - start
    if finished.returncode not in accepted:
        sys.exit(f"{' '.join(command)} ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
    return seconds


def start_of_pack(folder: Path) -> float:
    """Seconds until a pack prints its port."""
    start = time.perf_counter()
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.perf_counter() - start
        process.terminate()
    return seconds


def compare(
    title: str, ours: Callable[[], float], bare: Callable[[], float], limit: float, *, runs: int = RUNS
) -> None:
    """Print both medians and their ratio; the runs are interleaved, so that a busy machine is busy for both."""
    ours(), bare()  # the first run compiles
    pairs = [(ours(), bare()) for _ in range(runs)]
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{title}: {first:.2f} s against {second:.2f} s, ratio {first / second:.2f} (limit: {limit:.2f})")


def compare_with_pulumi(scratch: Path, empty: Path) -> None:
    """The gate against a preview with the pack, and such a preview against one with an empty pack."""
    if shutil.which("pulumi") is None:
        print("against `pulumi preview`: left out, there is no `pulumi` on PATH")
        return
    reference = previews(scratch / "reference", ROOT / "stack")
    compare(
        "check stack, against `pulumi preview --policy-pack`",
        lambda: run(GATE, "check", "stack"),
        lambda: reference(ROOT),
        1 / 3,
        runs=3,
    )
    many = scratch / "many"
    shutil.copytree(ROOT / "benchmarks" / "large", many)
    (many / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1, large:buckets: 125}\n", encoding="utf-8")
    for title, preview in (("the reference", reference), ("500 resources", previews(scratch / "500", many))):
        compare(
            f"pulumi preview of {title} with the pack, against an empty pack",
            partial(preview, ROOT),
            partial(preview, empty),
            1.2,
            runs=5,
        )


def previews(home: Path, program: Path) -> Callable[[Path], float]:
    """A function that previews a program on a new stack, with a policy pack, and returns its seconds."""
    home.mkdir()
    project = with_standin(program, home)
    run_pulumi(home, project, "stack", "init", "dev")
    config = home / "config.json"
    config.write_text('{"all": "advisory"}', encoding="utf-8")  # after a failure the CLI takes seconds to end
    options = ("--policy-pack-config", str(config))

    def preview(pack: Path) -> float:
        start = time.perf_counter()
        finished = run_pulumi(home, project, "preview", "--stack", "dev", "--policy-pack", str(pack), *options)
        if finished.returncode:
            sys.exit(f"pulumi preview ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
        return time.perf_counter() - start

    return preview


def compare_replayed(empty: Path) -> None:
    """A recorded preview without the CLI, from the start of the pack to its last answer."""
    program = ROOT / "tests" / "sound" / "order_flow"
    recorded = session.load(program)

    def replayed(pack: Path) -> float:
        start = time.perf_counter()
        with running(pack, program) as client:
            client.stub.ConfigureStack(recorded.configuration)
            for request in recorded.resources:
                client.stub.Analyze(request)
            client.stub.AnalyzeStack(recorded.stack)
            return time.perf_counter() - start

    compare(
        "a recorded preview of a program, answered by the pack, which runs it, against an empty pack (seconds in all)",
        lambda: replayed(ROOT),
        lambda: replayed(empty),
        5,
        runs=5,
    )


def main() -> None:
    """Print all times."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        empty = scratch / "empty"
        empty.mkdir()
        runtime = f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        (empty / "PulumiPolicy.yaml").write_text(runtime, encoding="utf-8")
        (empty / "__main__.py").write_text(
            "import pulumi_policy as p\n"
            "p.PolicyPack('empty', policies=[p.StackValidationPolicy('nothing', 'nothing', lambda a, r: None)])\n",
            encoding="utf-8",
        )
        small, large = scratch / "small.json", scratch / "large.json"
        write_export(small, 500, 300)
        write_export(large, 5_000, 3_000)

        compare(
            "check stack, against the program alone",
            lambda: run(GATE, "check", "stack"),
            lambda: run(sys.executable, "-m", "benchmarks.bare", "stack"),
            1.3,
        )
        large_program = str(ROOT / "benchmarks" / "large")
        compare(
            "check of a program with 2,000 resources, against the program alone",
            lambda: run(GATE, "check", large_program, accepted=(0, 1)),
            lambda: run(sys.executable, "-m", "benchmarks.bare", large_program),
            1.2,
            runs=3,
        )
        compare_with_pulumi(scratch, empty)
        compare_replayed(empty)
        compare(
            "pack ready to serve, against an empty pack",
            lambda: start_of_pack(ROOT),
            lambda: start_of_pack(empty),
            1.2,
        )
        compare(
            "check of 5,000 resources with 3,000 documents, against a tenth of it",
            lambda: run(GATE, "check", str(large), accepted=(0, 1)),
            lambda: run(GATE, "check", str(small), accepted=(0, 1)),
            11,
        )
        version = statistics.median(run(GATE, "--version") for _ in range(RUNS))
        print(f"stackguard --version: {version:.3f} s (limit: 0.15 s)")
        loaded = subprocess.run(
            [sys.executable, "-X", "importtime", GATE, "check", str(large)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        ).stderr
        imported = {line.rsplit("|", 1)[-1].strip() for line in loaded.splitlines() if line.startswith("import time:")}
        print(f"check of an export imports pulumi: {'yes' if 'pulumi' in imported else 'no'} (expected: no)")


if __name__ == "__main__":
    main()
