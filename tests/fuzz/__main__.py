"""Fuzzes a parser, or all, guided by the coverage of our modules; exits 1 if there is a finding.

    python -m tests.fuzz TARGET --seconds 3600
    python -m tests.fuzz --all --seconds 5

Inputs of findings are written to `tests/fuzz/crashes`. Needs `pip install -r locks/fuzz.txt`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import platform
import re
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
CRASHES = HERE / "crashes"
TIMEOUT = 20
"""Seconds of one input that are a finding; others take milliseconds."""
MEGABYTES = 2048
LONGEST = 8192
"""Bytes of an input, unless the corpus has longer ones."""
HAS_WHEEL = sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 15)


def options(target: str, seconds: int, seed: int) -> list[str]:
    """The options of libFuzzer; source: https://llvm.org/docs/LibFuzzer.html#options."""
    longest = max([LONGEST, *(file.stat().st_size for file in (CORPUS / target).iterdir())])
    return [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-timeout={TIMEOUT}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={longest}",
        f"-artifact_prefix={CRASHES}/{target}-",
        "-print_final_stats=1",
    ]


def fuzz(target: str, arguments: list[str]) -> NoReturn:
    """Fuzz in this process, which libFuzzer ends."""
    import atheris

    from tests.fuzz.mutation import mutated
    from tests.fuzz.targets import OF_JSON, TARGETS

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        return mutated(data, most, seed, atheris.Mutate)

    more = {"custom_mutator": mutate} if target in OF_JSON else {}
    atheris.Setup([target, *arguments], TARGETS[target], **more)
    atheris.Fuzz()
    os._exit(0)


def run(target: str, seconds: int, seed: int, kept: Path | None) -> bool:
    """Fuzz in a process of its own, print one line, and return whether there is no finding."""
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folders = [str(kept or Path(scratch) / "new"), str(CORPUS / target)]  # libFuzzer adds new inputs to the first
        Path(folders[0]).mkdir(parents=True, exist_ok=True)
        child = os.fork()
        if not child:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            tempfile.tempdir = scratch
            fuzz(target, [*options(target, seconds, seed), *folders])  # a finding ends the process by its exception
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        log.seek(0)
        output = log.read().decode(errors="replace")
    coverage = re.findall(r"cov: \d+ ft: \d+ corp: \d+", output)
    executed = re.findall(r"stat::number_of_executed_units: (\d+)", output)
    result = f"FAILED ({code})" if code else "passed"
    print(f"{target}: {result}, {(executed or ['?'])[-1]} inputs, {(coverage or ['no coverage'])[-1]}", flush=True)
    if code:
        print("\n".join(output.splitlines()[-60:]), flush=True)
    return not code


def main() -> int:
    """Run the command line."""
    names = sorted(folder.name for folder in CORPUS.iterdir())
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("target", nargs="?", choices=names)
    parser.add_argument("--all", action="store_true", help="every target, one after the other")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (default: 1)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where inputs that reach new code are added")
    arguments = parser.parse_args()
    if bool(arguments.target) == arguments.all:
        parser.error("name a target, or give --all")
    if importlib.util.find_spec("atheris") is None:
        print(
            "nothing is fuzzed: atheris is not installed; `pip install -r locks/fuzz.txt` has it for some systems only"
        )
        return int(HAS_WHEEL)
    import atheris

    CRASHES.mkdir(exist_ok=True)
    chosen = names if arguments.all else [arguments.target]
    with atheris.instrument_imports(include=["policypack", "stackguard"]):  # and what a target imports later
        with contextlib.redirect_stderr(io.StringIO()):
            import tests.fuzz.targets  # noqa: F401
        results = [
            run(name, arguments.seconds, arguments.seed, arguments.keep and arguments.keep / name) for name in chosen
        ]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
