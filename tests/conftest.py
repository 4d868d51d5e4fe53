"""Settings of every test."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from stackguard.gate import parallel
from stackguard.gate.own_policies import loading
from tests import warm

gc.disable()  # what collection makes stays: looking through it takes a fifth of its time; see `pytest_collection_finish`
settings.register_profile("any machine", deadline=None)  # on a busy machine the duration of an example means nothing
settings.load_profile("any machine")

pytest.register_assert_rewrite("tests.policies.helpers")  # its assertions show the difference

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the tests start Python hundreds of times; it should compile once

os.environ.pop("PYTEST_ADDOPTS", None)  # it was read, and is not for a pytest that a test starts

# Background jobs of a shell, and `nohup`, ignore these signals, and so would the processes that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGQUIT"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache of bundles for all workers, not the user's: the reference stack installs its function once."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["STACKGUARD_CACHE_DIR"] = str(shared / "stackguard")


@pytest.fixture(scope="session", autouse=True)
def no_fork_of_this_process() -> Iterator[None]:
    """A fork of a process that has used gRPC may hang, and tests before this one may have: see `RanApart`."""

    def refused(*_args: object, **_options: object) -> None:
        raise AssertionError("this forks: run it with `RanApart`")

    with pytest.MonkeyPatch.context() as patch:
        for module in (loading, parallel):
            patch.setattr(module, "Forked", refused)
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Programs that a test runs in this process start warm, unless it is about how they start and end."""
    if item.get_closest_marker("cold_start"):
        warm.uninstall()
    else:
        warm.install()


AT_BOTH_DOORS = {
    "tests/agreement/test_doors.py",
    "tests/agreement/test_sessions.py",
    "tests/test_failures.py",
    "tests/test_sound.py",
}
"""These share the runs of `tests/agreement/doors.py`."""


ON_THEIR_OWN = {"tests/docs/test_snippets.py"}
"""Their tests share nothing, and are as long as files."""


LONGEST = (
    "tests/docs/test_snippets.py",
    "tests/audit/test_faults.py",
    "tests/audit/sources/test_failing_objects.py",
    "tests/audit/test_cluster.py",
    "tests/audit/reports/test_page.py",
    "tests/policies/lambda_/test_missing_module.py",
    "tests/cli/test_audit.py",
    "tests/cli/test_stacks_that_are_gone.py",
    "tests/cli/test_covered.py",
    "tests/cli/test_several.py",
    "tests/agreement/test_doors.py",
    "tests/packs/test_gate.py",
    "tests/crossguard/test_offline.py",
    "tests/preview/server/test_failures.py",
    "tests/template/test_programs.py",
    "tests/cli/test_template.py",
    "tests/template/test_validation.py",
    "tests/iam/test_managed_corpus.py",
    "tests/sources/test_reading.py",
    "tests/access/solver/test_diff_oracle.py",
    "tests/packs/test_failing_packs.py",
    "tests/test_protections.py",
    "tests/preview/child/test_unseen_resources.py",
    "tests/preview/server/test_process.py",
    "tests/lambda_fn/test_streaming.py",
)
"""These start first, so that no process is left alone with one of them at the end."""


def pytest_collection_finish() -> None:
    """Keep what is imported out of the garbage collector's rounds, which take longer than many tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))


class FilesTogether(LoadScopeScheduling):
    """Runs the tests of one file in one process, where they share what they cache; so do files that share runs."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file in ON_THEIR_OWN:
            return nodeid
        return "at both doors" if file in AT_BOTH_DOORS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesTogether:
    return FilesTogether(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: many tests wait for a child process, or for what it must not do."""
    return (os.cpu_count() or 1) + 1
