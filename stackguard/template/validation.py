"""cfn-lint over a template: all of its rules, offline, with the same result on every machine.

Source: https://github.com/aws-cloudformation/cfn-lint.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from policypack.evaluation.redaction import hidden
from stackguard.errors import CannotJudge
from stackguard.reports import Report
from stackguard.template.serialize import line_of, text_of

if TYPE_CHECKING:
    from cfnlint.config import ConfigMixIn
    from cfnlint.match import Match
    from cfnlint.runner import Runner

PRIMARY = "us-east-1"
"""The region to validate against if the template's is unknown: it has every resource type."""
LEVELS = ["E", "W", "I"]
"""The beginnings of the ids of cfn-lint's rules: errors, warnings, informational."""


class Level(enum.StrEnum):
    """The severity of a result of cfn-lint. Only an error closes the gate."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class LintResult:
    """What one of cfn-lint's rules reports at one place in a template."""

    rule: str
    """Its id, such as `E3002`."""
    title: str
    """What the rule is about: one line."""
    level: Level
    message: str
    path: tuple[str | int, ...]
    """Keys and indexes from the template's root; empty if the rule names no place."""
    line: int
    """The line of that place in the template's text, counted from 1."""
    url: str

    @property
    def logical_id(self) -> str:
        """The resource that it is about; empty if it is about none."""
        return str(self.path[1]) if len(self.path) > 1 and self.path[0] == "Resources" else ""


@dataclass(frozen=True, slots=True)
class Lint:
    """The results of cfn-lint over one template, in the order of its lines.

    `version` is cfn-lint's; `region` is the one that it validated against; `rules` is how many ran, and `left_out` has
    the ids of those that did not: the ones that cfn-lint calls experimental.
    """

    version: str
    region: str
    rules: int
    left_out: tuple[str, ...]
    results: tuple[LintResult, ...]

    @property
    def errors(self) -> tuple[LintResult, ...]:
        """The results that CloudFormation would refuse."""
        return tuple(result for result in self.results if result.level is Level.ERROR)


@dataclass(frozen=True, slots=True)
class Validation:
    """All results for one template: of cfn-lint, and of our own policies over the resources that it creates."""

    file: str
    """The name of the template's file in messages."""
    text: str
    lint: Lint
    report: Report
    """Our own outcomes over the resources that are read back from the template."""
    differences: tuple[str, ...] = ()
    """How these differ from the outcomes over the program: a line each."""
    left_out: tuple[str, ...] = ()
    """What is in the program and not in the template: a line each."""

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """0 valid, 1 errors of cfn-lint's, outcomes that block or another verdict than the program's, 2 could not judge."""
        return self.report.exit_code or (1 if self.lint.errors or self.differences else 0)


def lint(
    template: Mapping[str, Any], region: str | None = None, secrets: Sequence[str] = (), yaml_text: str = ""
) -> Lint:
    """Check a template by every rule of cfn-lint that is not experimental, with the informational ones.

    Neither a `.cfnlintrc` nor the template's own metadata selects, changes or switches off a rule.

    Args:
        template: of JSON's types alone.
        region: resource types and values must exist in it; None is `us-east-1`.
        secrets: texts that no message may quote, longest first.
        yaml_text: the template's text, if it is not JSON: lines are counted in it.

    Raises:
        CannotJudge: cfn-lint is not installed, or has no such region.
    """
    if find_spec("cfnlint") is None:
        raise CannotJudge("cfn-lint, which validates templates, is missing; install `stackguard[template]`")
    from cfnlint.decode import cfn_json
    from cfnlint.version import __version__

    runner = _runner(region or PRIMARY, __version__)
    matches = runner.validate_template(cfn_json.loads(text_of(template, "json")))
    lines = line_of(yaml_text) if yaml_text else None
    results = [_result(match, secrets, lines) for match in matches]
    results.sort(key=lambda result: (result.line, result.rule, result.message))
    ran = {rule for rule in runner.rules if runner.rules.is_rule_enabled(rule, runner.config)}
    return Lint(__version__, region or PRIMARY, len(ran), tuple(sorted(set(runner.rules) - ran)), tuple(results))


@cache
def _runner(region: str, version: str) -> Runner:
    """The runner with all rules, which take longer to load than most templates to validate."""
    from cfnlint.runner import Runner

    return Runner(_config(region, version))


def _config(region: str, version: str) -> ConfigMixIn:
    from cfnlint.config import ConfigMixIn
    from cfnlint.helpers import REGIONS

    class Unconfigured(ConfigMixIn):  # type: ignore[misc] # cfn-lint publishes no types
        """A configuration that no file of the user's, and no template, can change."""

        def _find_config(self) -> tuple[str, str]:
            return "", ""

        def set_template_args(self, template: Mapping[str, Any]) -> None:  # noqa: ARG002 (as in the class it overrides)
            """Take nothing from its metadata."""
            super().set_template_args({})

    if region not in REGIONS:
        raise CannotJudge(
            f"cfn-lint {version} does not know the region `{region}`, so it cannot validate the template; "
            "fix `aws:region`, or install a cfn-lint that knows it"
        )
    return Unconfigured([], regions=[region], include_checks=LEVELS, mandatory_checks=LEVELS)


def _result(match: Match, secrets: Sequence[str], lines: Callable[[Sequence[str | int]], int] | None) -> LintResult:
    rule = match.rule
    path = tuple(key if isinstance(key, int) else str(key) for key in getattr(match, "path", None) or ())
    return LintResult(
        rule=rule.id,
        title=rule.shortdesc,
        level=Level(rule.severity),
        message=hidden(match.message, secrets),
        path=path,
        line=lines(path) if lines else match.linenumber,
        url=rule.source_url,
    )
