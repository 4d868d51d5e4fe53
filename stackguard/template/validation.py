"""cfn-lint over a template: all of its rules, offline, and the same on every machine.

Source: https://github.com/aws-cloudformation/cfn-lint.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from policypack.evaluation.masking import hidden
from stackguard.errors import CannotJudge
from stackguard.reports import Report

if TYPE_CHECKING:
    from cfnlint.config import ConfigMixIn
    from cfnlint.match import Match

PRIMARY = "us-east-1"
"""The region that a template is held to where nobody knows better: the one that has every resource type."""
LEVELS = ["E", "W", "I"]
"""What the ids of cfn-lint's rules begin with: errors, warnings, informational."""


class Level(enum.StrEnum):
    """How bad cfn-lint calls what it found. Only an error closes the gate."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class Result:
    """What one of cfn-lint's rules says of one place in a template."""

    rule: str
    """Its id, such as `E3002`."""
    title: str
    """What the rule is about: one line."""
    level: Level
    message: str
    path: tuple[str | int, ...]
    """Keys and indexes from the template's root; empty where the rule names no place."""
    line: int
    """Where that is in `written(template)`, counted from 1."""
    url: str

    @property
    def logical_id(self) -> str:
        """The resource that it is about; empty where it is about none."""
        return str(self.path[1]) if len(self.path) > 1 and self.path[0] == "Resources" else ""


@dataclass(frozen=True, slots=True)
class Lint:
    """What came of cfn-lint over one template."""

    version: str
    """cfn-lint's own."""
    region: str
    """What the template was held to."""
    rules: int
    """How many rules ran."""
    left_out: tuple[str, ...]
    """The ids of the rules that did not: those that cfn-lint calls experimental."""
    results: tuple[Result, ...]
    """In the order of the template's lines."""

    @property
    def errors(self) -> tuple[Result, ...]:
        """What CloudFormation would refuse."""
        return tuple(result for result in self.results if result.level is Level.ERROR)


@dataclass(frozen=True, slots=True)
class Validation:
    """Everything that was found in one template: by cfn-lint, and by our own policies over what it creates."""

    file: str
    """The template's file as a person would name it."""
    text: str
    """What stands in it."""
    lint: Lint
    report: Report
    """Our own outcomes over the resources that are read back from the template."""
    differences: tuple[str, ...] = ()
    """Where that is not what they say of the program: a line each."""
    left_out: tuple[str, ...] = ()
    """What the program has and the template does not say: a line each."""

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """0 valid, 1 errors of cfn-lint's, outcomes that block or another verdict than the program's, 2 could not judge."""
        return self.report.exit_code or (1 if self.lint.errors or self.differences else 0)


def written(template: Mapping[str, Any]) -> str:
    """The template as it stands in its file: indented JSON in the template's own order, ending in a line break."""
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def lint(template: Mapping[str, Any], region: str | None = None, secrets: Sequence[str] = ()) -> Lint:
    """Hold a template to every rule of cfn-lint that is not experimental, the informational ones too.

    Neither a `.cfnlintrc` of the user's nor the template's own metadata chooses, loosens or switches off a rule.

    Args:
        template: of JSON's types alone.
        region: what resource types and values must exist in; None is `us-east-1`.
        secrets: texts that no message may quote, longest first.

    Raises:
        CannotJudge: cfn-lint is not installed, or does not know the region.
    """
    if find_spec("cfnlint") is None:
        raise CannotJudge("cfn-lint, which validates templates, is missing; install `stackguard[template]`")
    from cfnlint.decode import cfn_json
    from cfnlint.runner import Runner
    from cfnlint.version import __version__

    config = _config(region or PRIMARY, __version__)
    runner = Runner(config)
    matches = runner.validate_template(cfn_json.loads(written(template)))
    results = sorted(
        (_result(match, secrets) for match in matches), key=lambda each: (each.line, each.rule, each.message)
    )
    ran = {rule for rule in runner.rules if runner.rules.is_rule_enabled(rule, config)}
    return Lint(__version__, region or PRIMARY, len(ran), tuple(sorted(set(runner.rules) - ran)), tuple(results))


def _config(region: str, version: str) -> ConfigMixIn:
    from cfnlint.config import ConfigMixIn
    from cfnlint.helpers import REGIONS

    class Unconfigured(ConfigMixIn):  # type: ignore[misc] # cfn-lint publishes no types
        """A configuration that neither a file of the user's nor the template has a part in."""

        def _find_config(self) -> tuple[str, str]:
            return "", ""

        def set_template_args(self, template: Mapping[str, Any]) -> None:  # noqa: ARG002 (what it overrides takes it)
            """Take nothing from its metadata."""
            super().set_template_args({})

    if region not in REGIONS:
        raise CannotJudge(
            f"cfn-lint {version} does not know the region `{region}`, so the template cannot be held to it; "
            "mend `aws:region`, or take a cfn-lint that knows it"
        )
    return Unconfigured([], regions=[region], include_checks=LEVELS, mandatory_checks=LEVELS)


def _result(match: Match, secrets: Sequence[str]) -> Result:
    rule, message = match.rule, hidden(match.message, secrets)
    return Result(
        rule=rule.id,
        title=rule.shortdesc,
        level=Level(rule.severity),
        message=message,
        path=tuple(key if isinstance(key, int) else str(key) for key in getattr(match, "path", None) or ()),
        line=match.linenumber,
        url=rule.source_url,
    )
