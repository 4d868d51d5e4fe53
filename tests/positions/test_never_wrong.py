"""A line is right or missing: random documents in random styles, with statements that the source hides or computes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import Kind, Outcome, Position, Resource
from stackguard.positions import lines_of
from tests.reports.sample import WILDCARD

POOL = [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"},
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
    {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    {"Sid": "Read", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
]
STYLES = ("literal", "name", "hidden", "computed", "function", "appended")
Chosen = list[tuple[int, str]]


def source(chosen: Chosen, *, turned: bool) -> tuple[str, list[dict[str, Any]]]:
    """The program, with a mark behind each statement, and the statements as the program passes them."""
    before, items, appended = ["def same(**statement): return statement"], [], []
    actual: list[tuple[int, dict[str, Any]]] = []
    last: list[tuple[int, dict[str, Any]]] = []
    for number, (index, style) in enumerate(chosen):
        statement = POOL[index]
        text, mark = json.dumps(statement), f"  # S{number};"
        match style:
            case "literal":
                items.append(f"    {text},{mark}")
            case "name":
                before.append(f"name{number} = {text}{mark}")
                items.append(f"    name{number},")
            case "hidden":
                items.append(f"    *library.statements({number}),")
            case "computed":
                some = {key: value for key, value in statement.items() if key != "Action"}
                items.append(f"    {{'Action': library.actions, **{json.dumps(some)}}},{mark}")
            case "function":
                items.append(f"    same(**{text}),{mark}")
            case "appended":
                appended.append(f"statements.append({text}){mark}")
        (last if style == "appended" else actual).append((number, statement))
    lines = [*before, "statements = [", *items, "]", *appended]
    lines.append("RolePolicy('x', policy=json.dumps({'Statement': statements}))")
    passed = [*actual, *last]
    if turned:
        lines.insert(-1, "statements.reverse()")
        passed.reverse()
    return "\n".join(lines), [{**statement, "#": number} for number, statement in passed]


@settings(max_examples=300, deadline=None)
@given(
    chosen=st.lists(st.tuples(st.integers(0, len(POOL) - 1), st.sampled_from(STYLES)), min_size=1, max_size=6),
    turned=st.booleans(),
)
def test_a_stated_line_is_that_of_the_statement(chosen: Chosen, *, turned: bool) -> None:
    text, passed = source(chosen, turned=turned)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / ".git").mkdir()
        (folder / "__main__.py").write_text(text)
        lines = text.split("\n")
        statements = [{key: value for key, value in statement.items() if key != "#"} for statement in passed]
        resource = Resource(
            "aws:iam/rolePolicy:RolePolicy",
            "x",
            {"policy": json.dumps({"Statement": statements})},
            position=Position("__main__.py", len(lines)),
        )
        for index, statement in enumerate(passed):
            outcome = Outcome(Kind.VIOLATION, WILDCARD, resource, f"policy.Statement[{index}].Action", "", "")
            stated = lines_of(outcome, folder).stated
            if stated is None:
                continue
            line = lines[stated.line - 1]
            assert f"# S{statement['#']};" in line or f"name{statement['#']}," in line, (text, statements, index)


def test_the_styles_that_are_plain_have_lines(tmp_path: Path) -> None:
    text, passed = source([(0, "literal"), (1, "name"), (6, "literal")], turned=False)
    (tmp_path / ".git").mkdir()
    (tmp_path / "__main__.py").write_text(text)
    statements = [{key: value for key, value in statement.items() if key != "#"} for statement in passed]
    position = Position("__main__.py", text.count("\n") + 1)
    inputs = {"policy": json.dumps({"Statement": statements})}
    resource = Resource("aws:iam/rolePolicy:RolePolicy", "x", inputs, position=position)
    for index in range(3):
        outcome = Outcome(Kind.VIOLATION, WILDCARD, resource, f"policy.Statement[{index}]", "", "")
        stated = lines_of(outcome, tmp_path).stated
        assert stated
        assert f"# S{index};" in text.split("\n")[stated.line - 1]
