"""Names that the patterns of a `match` statement give to parts of its subject."""

from __future__ import annotations

import ast

from policypack.python import expressions, records
from policypack.python.model import Shape
from policypack.python.reader import Reader
from policypack.python.values import EMPTY, UNKNOWN, ListValue, Scope, Values, either, shapes


def bind(reader: Reader, pattern: ast.pattern, subject: Values, scope: Scope) -> None:  # noqa: C901 (one case for each kind of pattern)
    """Let the names of a pattern hold what they may stand for, where the subject matches it."""
    reader.saw(pattern, subject)
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            _let(name, subject, scope)
            if inner:
                bind(reader, inner, subject, scope)
        case ast.MatchMapping(keys=keys, patterns=inner_ones, rest=rest):
            for key, inner in zip(keys, inner_ones, strict=True):
                index = expressions.value(reader, key, scope)
                bind(reader, inner, expressions.item(subject, index, key), scope)
            _let(rest, UNKNOWN, scope)
        case ast.MatchSequence(patterns=inner_ones):
            each = expressions.iterated(reader, subject, ast.copy_location(ast.Constant(None), pattern), scope)
            for inner in inner_ones:
                if isinstance(inner, ast.MatchStar):
                    some = frozenset({Shape.SOME}) if shapes(subject) & records.MANY else records.NONE_OF_THEM
                    _let(inner.name, frozenset({ListValue((each,), alike=True, of=some)}), scope)
                else:
                    bind(reader, inner, each, scope)
        case ast.MatchOr(patterns=inner_ones):
            for inner in inner_ones:
                bind(reader, inner, subject, scope)
        case ast.MatchClass(patterns=inner_ones, kwd_patterns=named):
            for inner in (*inner_ones, *named):
                bind(reader, inner, UNKNOWN, scope)


def _let(name: str | None, values: Values, scope: Scope) -> None:
    if name is not None:
        scope.names[name] = either((scope.names.get(name, EMPTY), values))
