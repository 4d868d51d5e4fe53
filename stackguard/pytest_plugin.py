"""The pytest plugin: the fixture `pulumi_stack`, and the option `--stackguard-cards`.

pytest imports it in every project of an environment that has stackguard, so it imports nothing of ours until a test asks
for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from stackguard.testing import CardCase, PreviewedStack

OPTIONS = {
    "program": "the folder of the program, or an export, relative to the root of pytest",
    "stack": "the stack of the program",
    "config": "lines KEY=VALUE that set config values of the program",
    "mock": "mock files with answers of the cloud",
    "settings": "the settings file; by default stackguard.yaml in the root of pytest, if it exists, and so for the next two",
    "waivers": "the waiver file",
    "baseline": "the baseline file",
    "policies": "modules, or paths of files and packages, with further policies",
}
LINES = frozenset({"config", "mock", "policies"})
PREVIEWS: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each as `stackguard_...` of the ini file."""
    for name, meaning in OPTIONS.items():
        kind: Literal["linelist", "string"] = "linelist" if name in LINES else "string"
        parser.addini(f"stackguard_{name}", f"pulumi_stack: {meaning}", kind)
    parser.getgroup("stackguard").addoption(
        "--stackguard-cards",
        action="append",
        default=[],
        metavar="MODULE",
        help="test the examples on the cards of MODULE, which is installed, or the path of a file or a package",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"pulumi_stack({', '.join(f'{name}=...' for name in OPTIONS)}): what the fixture pulumi_stack previews",
    )
    config.stash[PREVIEWS] = {}


@pytest.fixture
def pulumi_stack(request: pytest.FixtureRequest) -> PreviewedStack:
    """A program that is previewed offline, once per session for the same options.

    The options are those of the ini file (`stackguard_program`), then of the markers `pulumi_stack`, the nearest last,
    then of the fixture's parameter: the name of a stack, or a mapping.
    """
    from policypack.evaluation.settings import SettingsError
    from stackguard.errors import CannotJudge
    from stackguard.testing.previewed_stack import preview

    options = {name: value for name in OPTIONS if (value := request.config.getini(f"stackguard_{name}"))}
    for marker in reversed(list(request.node.iter_markers("pulumi_stack"))):
        options |= {**dict(zip(OPTIONS, marker.args, strict=False)), **marker.kwargs}
    parameter = getattr(request, "param", {})
    options |= parameter if isinstance(parameter, Mapping) else {"stack": parameter}
    if unknown := options.keys() - OPTIONS.keys():
        pytest.fail(
            f"pulumi_stack has no option {', '.join(sorted(unknown))}; it has {', '.join(OPTIONS)}", pytrace=False
        )
    check = _check(options, request.config.rootpath)
    previews = request.config.stash[PREVIEWS]
    key = repr(check)
    try:
        if key not in previews:
            previews[key] = preview(check)
        stack: PreviewedStack = previews[key]
    except (CannotJudge, SettingsError) as error:
        detail = f"\n{error.detail}" if isinstance(error, CannotJudge) else ""
        raise pytest.fail.Exception(f"cannot judge: {error}{detail}", pytrace=False) from None
    return stack


def _check(options: Mapping[str, Any], root: Path) -> Any:
    """The request of options; paths are relative to the root of pytest."""
    from stackguard.gate.request import CheckRequest
    from stackguard.sources import RunOptions

    def path(name: str, default: str) -> Path | None:
        file = root / (options.get(name) or default)
        return file if options.get(name) or os.path.lexists(file) else None

    config = options.get("config", {})
    pairs = config if isinstance(config, Mapping) else dict(line.partition("=")[::2] for line in config)
    return CheckRequest(
        os.path.relpath(root / options.get("program", ".")),
        RunOptions(options.get("stack"), pairs, mock=tuple(root / file for file in options.get("mock", ()))),
        path("settings", "stackguard.yaml"),
        policy_modules=tuple(
            str(root / name) if "/" in name or name.endswith(".py") else name for name in options.get("policies", ())
        ),
        waivers=path("waivers", "stackguard-waivers.yaml"),
        baseline=path("baseline", "stackguard-baseline.json"),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test for each example on the cards of `--stackguard-cards`."""
    names = config.getoption("--stackguard-cards")
    if not names:
        return
    from policypack.evaluation.policy_modules import Named, load
    from policypack.evaluation.settings import SettingsError
    from stackguard.testing import card_cases

    try:
        cards = load([Named(name, "--stackguard-cards", config.invocation_params.dir) for name in names])
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    items += _items(session, card_cases(cards))


def _items(session: pytest.Session, cases: Iterable[CardCase]) -> Iterable[pytest.Item]:
    return [CardItem.from_parent(session, name=str(case), nodeid=f"cards::{case}", case=case) for case in cases]


class CardItem(pytest.Item):
    """A test of one example."""

    def __init__(self, *, case: CardCase, **more: Any) -> None:
        super().__init__(**more)
        self.case = case

    def runtest(self) -> None:
        """Check the example."""
        self.case.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone: the traceback is ours."""
        if excinfo.errisinstance(AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The name of the case."""
        return self.path, None, str(self.case)
