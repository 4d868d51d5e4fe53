"""Queries of libraries, rewritten as subscripts and comprehensions: `jmespath.search("Records[0].s3", event)`.

So is the event of a function that Powertools' parser gives the records only. A query that is not read stays as it is.

Sources: https://jmespath.org/specification.html, https://glom.readthedocs.io/en/latest/api.html,
https://github.com/h2non/jsonpath-ng, https://pydash.readthedocs.io/en/latest/deeppath.html,
https://toolz.readthedocs.io/en/latest/api.html, https://more-itertools.readthedocs.io/en/stable/api.html and
https://docs.powertools.aws.dev/lambda/python/latest/utilities/parser/#envelopes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from policypack.python.spellings.assigned import assigned_calls

_LIBRARIES = re.compile(r"jmespath|glom|pydash|toolz|jsonpath|more_itertools|[eE]nvelope")
"""What is in the text of a module that has such a query."""
_STEP = re.compile(
    r"""\s*(?:
        (?P<index>\[\s*(-?\d+)\s*\] | (?<=\.)(-?\d+)\b)
        | (?P<slice>\[\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?\])
        | (?P<all>\[\s*\*?\s*\])
        | (?P<some>\[\?[^\[\]]*\])
        | (?P<key>[A-Za-z_]\w*(?!\w*\() | "[^"]+" | \['[^']+'\])
        | (?P<root>\$|@)
        | (?P<dot>\.)
        | (?P<pipe>\|)
        | (?P<call>powertools_(?:json|base64|base64_gzip)\(\s*(?P<argument>[\w@.]+)\s*\))
    )\s*""",
    re.VERBOSE,
)
_ENVELOPES = re.compile(r"(Sqs|SnsSqs|Kinesis\w*|DynamoDB\w*)Envelope|(S3_)?(SNS_)?SQS|KINESIS_DATA_STREAM")
"""Envelopes that make a list of the records."""
_BY_PATH = {
    "jmespath.search": ("expression", "data"),
    "glom.glom": ("spec", "target"),
    "pydash.get": ("path", "obj"),
    "pydash.objects.get": ("path", "obj"),
    "toolz.get_in": ("keys", "coll"),
    "cytoolz.get_in": ("keys", "coll"),
    "aws_lambda_powertools.utilities.jmespath_utils.query": ("envelope", "data"),
    "aws_lambda_powertools.utilities.jmespath_utils.extract_data_from_envelope": ("envelope", "data"),
    "aws_lambda_powertools.utilities.parser.parse": ("envelope", "event"),
}
"""By function, the names of its path and of what it searches."""
_PATH_FIRST = {"jmespath.search", "toolz.get_in", "cytoolz.get_in"}
_COMPILING = {"jmespath.compile", "jsonpath_ng.parse", "jsonpath_ng.ext.parse"}
_ELEMENTS = {
    f"{library}.{name}": bound
    for library in ("more_itertools", "toolz", "cytoolz", "toolz.itertoolz")
    for name, bound in {"first": 0, "last": -1, "take": None}.items()
}
"""By function, the index of what it takes; None for the first ones."""


def plain(tree: ast.Module, text: str) -> ast.Module:
    """The module of this text with subscripts for its queries."""
    if not _LIBRARIES.search(text):
        return tree
    compiled = dict(assigned_calls(tree))
    rewritten: ast.Module = _Rewriter(_imported(tree), compiled).visit(tree)
    return ast.fix_missing_locations(rewritten)


def _imported(tree: ast.Module) -> dict[str, str]:
    """By name, the module or member that it is imported from."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.asname: alias.name for alias in aliases if alias.asname}
            case ast.ImportFrom(module=str() as module, names=aliases):
                names |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
    return names


class _Rewriter(ast.NodeTransformer):
    """Rewrites a module by what its names are imported from, and the calls that its constants are."""

    def __init__(self, imported: Mapping[str, str], compiled: Mapping[str, ast.Call]) -> None:
        self.imported = imported
        self.compiled = compiled

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite a call."""
        self.generic_visit(node)
        name = self._name(node.func)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        result: ast.expr | None = None
        if name in _BY_PATH:
            path, searched = _BY_PATH[name]
            order = (path, searched) if name in _PATH_FIRST else (searched, path)
            given: dict[str | None, ast.expr] = dict(zip(order, node.args, strict=False))
            given |= keywords
            if path in given and searched in given:
                result = self._followed(given[searched], given[path])
        elif name in _ELEMENTS and node.args:
            index = _ELEMENTS[name]
            if index is not None:
                result = _item(node.args[0], index)
            elif len(node.args) > 1:
                result = ast.Subscript(node.args[1], ast.Slice(None, node.args[0], None), ast.Load())
        else:
            match node:
                case ast.Call(func=ast.Attribute(value=query, attr="search" | "find" as method), args=[data]):
                    call = self.compiled.get(query.id) if isinstance(query, ast.Name) else query
                    if isinstance(call, ast.Call) and call.args and self._name(call.func) in _COMPILING:
                        result = self._followed(data, call.args[0])
                        many = isinstance(result, ast.ListComp) or method == "search"
                        result = result if many or result is None else ast.List([result], ast.Load())
        return node if result is None else ast.copy_location(result, node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Give a function whose decorator passes it the records only an event that is a list."""
        self.generic_visit(node)
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and self._name(decorator.func).endswith(".parser.event_parser"):
                given = {keyword.arg: keyword.value for keyword in decorator.keywords}
                records = self._followed(ast.Name("event", ast.Load()), given.get("envelope", decorator))
                if records and node.args.args:
                    event = node.args.args[0].arg
                    value = _item(ast.Name(event, ast.Load()), "Records")
                    given_event = ast.Assign([ast.Name(event, ast.Store())], value)
                    node.body.insert(0, ast.copy_location(given_event, node.body[0]))
        return node

    def _name(self, node: ast.expr) -> str:
        """The dotted name of a function, as far as imports give it."""
        match node:
            case ast.Name(id=name):
                return self.imported.get(name, name)
            case ast.Attribute(value=base, attr=name):
                return f"{self._name(base)}.{name}"
        return ""

    def _followed(self, data: ast.expr, path: ast.expr) -> ast.expr | None:
        """What a path leads to; None if it is not read."""
        match path:
            case ast.Constant(value=str() as text):
                return _query(data, text)
            case ast.List(elts=keys) if all(isinstance(key, ast.Constant) for key in keys):
                for key in keys:
                    data = ast.Subscript(data, key, ast.Load())
                return data
            case ast.Name(id=name) | ast.Attribute(attr=name) if _ENVELOPES.fullmatch(name):
                return _query(data, "Records[*].body")
        return None


def _query(base: ast.expr, text: str) -> ast.expr | None:
    """The subscripts of a path. What follows a `[*]` or a slice is of each element, up to a `|`."""
    element: ast.expr | None = None
    tests: list[ast.expr] = []
    position = 0
    current = base
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None or step.end() == position:
            return None
        position = step.end()
        if step["pipe"] and element is not None:
            current, element, tests = _projected(current, element, tests), None, []
        is_list = step["slice"] or step["all"] or step["some"]
        if is_list and element is not None:
            return None  # lists of lists are not read
        if step["slice"]:
            bounds = [ast.Constant(int(bound)) if bound else None for bound in step.group(5, 6, 7)]
            current = ast.Subscript(current, ast.Slice(*bounds), ast.Load())
        if is_list:
            element = ast.Name("element", ast.Load())
            tests = [ast.Call(ast.Name("bool", ast.Load()), [element], [])] if step["some"] else []
            continue
        key = _key(step)
        if key is not None and element is not None:
            element = _item(element, key)
        elif key is not None:
            current = _item(current, key)
    return current if element is None else _projected(current, element, tests)


def _key(step: re.Match[str]) -> str | int | None:
    if step["index"]:
        return int(step[2] or step[3])
    if step["call"] and step["argument"] != "@":
        return step["argument"]
    return step["key"].strip("[]'\"") if step["key"] else None


def _projected(source: ast.expr, element: ast.expr, tests: list[ast.expr]) -> ast.expr:
    target = ast.Name("element", ast.Store())
    return ast.ListComp(element, [ast.comprehension(target, source, tests, is_async=0)])


def _item(base: ast.expr, key: str | int) -> ast.expr:
    index: ast.expr = (
        ast.UnaryOp(ast.USub(), ast.Constant(-key)) if isinstance(key, int) and key < 0 else ast.Constant(key)
    )
    return ast.Subscript(base, index, ast.Load())
