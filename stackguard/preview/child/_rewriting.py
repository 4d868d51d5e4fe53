"""Compiles the program's own modules so that no placeholder is lost in them: the child's side of `_operations.py`.

A placeholder is a text, and `f"{vpc.id}-x"`, `x in "literal"` or `re.match(pattern, x)` run in C on its letters. So the
program's modules, and none that is installed, are compiled with calls of `_operations.py` in such places. Names, lines,
frames and what a module says of itself stay as they are; nothing is written to `__pycache__`.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import itertools
import pkgutil
import runpy
import sys
import types
from pathlib import Path
from typing import Any


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


PLAIN_NAMES = words(
    "print range super locals globals vars dir eval exec type id callable property staticmethod classmethod "
    "object next slice breakpoint input help exit quit"
)
"""Functions that no placeholder is lost in, and those that look at the frame that they are called from."""
LOOPING = words("list tuple set frozenset sorted reversed min max sum any all enumerate zip map filter iter dict")
"""Functions that ask each placeholder themselves."""
GIVEN = words(
    "map filter filterfalse takewhile dropwhile starmap reduce accumulate groupby submit run_in_executor to_thread"
)
"""Functions that call the functions that they are given."""
PLAIN_METHODS = words("append extend insert add update setdefault apply pop popleft appendleft clear keys values items")
LOOKING = words(
    "startswith endswith find rfind index rindex count split rsplit splitlines partition rpartition strip "
    "lstrip rstrip removeprefix removesuffix replace join format format_map translate match search fullmatch "
    "findall finditer sub subn __contains__ __eq__ __ne__"
)
"""Methods of texts and of patterns that run in C; they are replaced where they are not called at once, too."""
KEPT = (ast.Name, ast.Attribute, ast.Subscript, ast.NamedExpr, ast.Call, ast.Await, ast.IfExp, ast.BinOp)
"""Expressions that may give a plain text with a placeholder in it."""
RECURSION = 20_000
"""Enough for any expression that Python itself compiles."""


class Rewriter(ast.NodeTransformer):
    """Puts calls of the operations into the tree of a module, that of a file."""

    places = itertools.count()

    def __init__(self, modules: Any, file: str) -> None:
        self.names: dict[str, str] = modules.operations.NAMES
        """By operation, the builtin that it is."""
        self.catching, self.loops, self.file = modules.catching, modules.loops, file
        self.scope = 0
        """The first line of the function that is rewritten; 0 of the module."""
        self.deciding: set[int] = set()
        """The loops that leave behind how often they ran."""

    def visit_Module(self, node: Any) -> Any:
        """A whole module."""
        self.deciding = self.loops.deciding(node)
        return self.generic_visit(node)

    def operation(self, name: str, like: ast.expr, *args: ast.expr) -> ast.Call:
        """A call of an operation, at the place of an expression."""
        function = ast.copy_location(ast.Name(self.names[name], ast.Load()), like)
        return ast.copy_location(ast.Call(function, list(args), []), like)

    def kept(self, node: ast.expr) -> ast.expr:
        """An expression, and the placeholder that a plain text of it is one of."""
        if isinstance(node, KEPT):
            return self.operation("keep", node, node)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        """`f(x)`."""
        function = node.func
        node.args = [self.visit(each) for each in node.args]
        node.keywords = [self.visit(each) for each in node.keywords]
        self.given(node)
        if isinstance(function, ast.Name):
            if function.id in {"exec", "eval"} and node.args:
                mode = ast.copy_location(ast.Constant(function.id), function)
                node.args[0] = self.operation("code", node.args[0], node.args[0], mode)
            if function.id == "next":
                node.func = self.operation("consumer", function, function)
            if function.id in PLAIN_NAMES or function.id == self.names["typed"]:
                return node
            if function.id == "len" and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
                node.args = [function, *node.args]
                node.func = ast.copy_location(ast.Name(self.names["count"], ast.Load()), function)
                return node
            if function.id in LOOPING:
                node.args = [self.kept(each) for each in node.args]
                node.func = self.operation("consumer", function, function)
                return node
        elif isinstance(function, ast.Attribute):
            function.value = self.visit(function.value)
            if function.attr == "__len__" and not node.args:
                length = ast.copy_location(ast.Name("len", ast.Load()), function)
                return self.operation("count", node, length, function.value)
            unbound = isinstance(function.value, ast.Name) and function.value.id in {"str", "bytes"}
            dunder = function.attr.startswith("__") and function.attr not in LOOKING and not unbound
            if function.attr in PLAIN_METHODS or dunder:
                return node
        else:
            function = self.visit(function)
        node.func = self.operation("guard", function, function)
        return node

    def given(self, node: ast.Call) -> None:
        """Replace functions that a function calls: `map(str.upper, x)`, `sorted(x, key=str.lower)`."""
        for keyword in node.keywords:
            if keyword.arg == "key" and isinstance(keyword.value, (ast.Name, ast.Attribute)):
                keyword.value = self.operation("guard", keyword.value, keyword.value)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in GIVEN:
            functions = (ast.Name, ast.Attribute, ast.Call)
            node.args = [self.operation("guard", x, x) if isinstance(x, functions) else x for x in node.args]

    def visit_Try(self, node: Any) -> Any:
        """`try`: an error that is caught, and not raised again, decides what follows."""
        for handler in node.handlers:
            if not isinstance(handler.body[-1], ast.Raise):
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                self.caught(node, None if handler.type is None else kinds)
        return self.generic_visit(node)

    visit_TryStar = visit_Try  # noqa: N815 (as `ast` calls them)

    def caught(self, node: Any, kinds: list[Any] | None) -> None:
        """Note which errors are caught in the body of a statement: those of a few classes, or all."""
        names = None if kinds is None else [getattr(each, "id", getattr(each, "attr", "")) for each in kinds]
        self.catching.note(self.file, self.scope, node.body[0].lineno, node.body[-1].end_lineno, names)

    def visit_With(self, node: Any) -> Any:
        """`with contextlib.suppress(KeyError)`."""
        for each in node.items:
            call = each.context_expr
            if isinstance(call, ast.Call) and "suppress" in ast.dump(call.func):
                self.caught(node, call.args)
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        """A function without a name."""
        return self.scoped(node)

    def scoped(self, node: Any) -> Any:
        """Rewrite a function or class, whose code is one of its own."""
        first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
        before, self.scope = self.scope, first
        self.generic_visit(node)
        self.scope = before
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        """`x = y`, and `x, y = z`."""
        self.generic_visit(node)
        if any(isinstance(each, (ast.Tuple, ast.List)) for each in node.targets):
            node.value = self.operation("unpacked", node.value, node.value)
        return node

    def visit_ListComp(self, node: Any) -> Any:
        """`[x for x in y]`, and `{x: y for x, y in z}`."""
        self.generic_visit(node)
        return self.listed(node, [(each, "iter") for each in node.generators])

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        """`{x for x in y}`, which says how much there is of what is known."""
        self.generic_visit(node)
        for each in node.generators:
            each.iter = self.operation("each", each.iter, each.iter)
        return node

    visit_DictComp = visit_ListComp  # noqa: N815 (as `ast` calls them)

    def visit_List(self, node: ast.List) -> Any:
        """`[*x, y]`."""
        self.generic_visit(node)
        starred = [(each, "value") for each in node.elts if isinstance(each, ast.Starred)]
        return self.listed(node, starred) if starred and isinstance(node.ctx, ast.Load) else node

    def listed(self, node: Any, sources: list[tuple[Any, str]]) -> Any:
        """A list that is made of what others hold, of which nobody may know how much it is."""
        place = ast.copy_location(ast.Constant(next(self.places)), node)
        sources = [(source, field) for source, field in sources if isinstance(getattr(source, field), KEPT)]
        for source, field in sources:
            value = getattr(source, field)
            setattr(source, field, self.operation("looped", value, value, place))
        return self.operation("listed", node, node, place) if sources else node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """`x.startswith`, which is not called at once."""
        self.generic_visit(node)
        looking = isinstance(node.ctx, ast.Load) and node.attr in LOOKING
        return self.operation("method", node, node) if looking else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        """`f"{x}"`."""
        self.parts(node)
        return self.operation("keep", node, node)

    def parts(self, node: ast.JoinedStr) -> None:
        """Rewrite what stands in braces; a format is part of the text and stays one."""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                part.value = self.visit(part.value)
                if isinstance(part.format_spec, ast.JoinedStr):
                    self.parts(part.format_spec)

    def visit_Compare(self, node: ast.Compare) -> Any:
        """`x == y`, `x in y`, `x is y`."""
        middle = node.comparators[:-1]
        looking = any(isinstance(each, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for each in node.ops)
        if looking and middle and all(isinstance(each, (ast.Name, ast.Constant)) for each in middle):  # `x is y is z`
            pairs = zip([node.left, *middle], node.ops, node.comparators)  # noqa: B905 (Python 3.9)
            parts: list[Any] = [ast.copy_location(ast.Compare(x, [how], [y]), node) for x, how, y in pairs]
            return self.visit(ast.copy_location(ast.BoolOp(ast.And(), parts), node))
        node.left, *node.comparators = [self.typed(each) for each in (node.left, *node.comparators)]
        self.generic_visit(node)
        operator, right = node.ops[0], node.comparators[0]
        if len(node.ops) == 1 and isinstance(operator, (ast.In, ast.NotIn)):
            found = self.operation("contains", node, node.left, right)
        elif len(node.ops) == 1 and isinstance(operator, (ast.Is, ast.IsNot)):
            found = self.operation("same", node, node.left, right)
        else:
            node.left = self.kept(node.left)
            node.comparators = [self.kept(each) for each in node.comparators]
            return node
        if isinstance(operator, (ast.NotIn, ast.IsNot)):
            return ast.copy_location(ast.UnaryOp(ast.Not(), found), node)
        return found

    def typed(self, node: ast.expr) -> ast.expr:
        """`type(x)`, which is compared."""
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"
        args = node.args if called and isinstance(node, ast.Call) else []
        return self.operation("typed", node, *args) if len(args) == 1 and not isinstance(args[0], ast.Starred) else node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """`"%s" % x`."""
        self.generic_visit(node)
        number = isinstance(node.left, ast.Constant) and not isinstance(node.left.value, (str, bytes))
        if isinstance(node.op, ast.Mod) and not number:
            return self.operation("modulo", node, node.left, node.right)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """`x %= y`."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod) and isinstance(node.target, ast.Name):
            left = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
            value = self.operation("modulo", node.value, left, node.value)
            return ast.copy_location(ast.Assign([node.target], value), node)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """`x or y`."""
        self.generic_visit(node)
        node.values = [self.kept(each) for each in node.values]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """`not x`."""
        self.generic_visit(node)
        node.operand = self.kept(node.operand) if isinstance(node.op, ast.Not) else node.operand
        return node

    def tested(self, node: Any) -> Any:
        """`if x`, and whatever else has a test."""
        self.generic_visit(node)
        node.test = self.kept(node.test)
        return node

    visit_If = visit_While = visit_IfExp = visit_Assert = tested  # noqa: N815 (as `ast` calls them)

    def looped(self, node: Any) -> Any:
        """`for x in y`."""
        self.generic_visit(node)
        node.iter = self.operation("each", node.iter, node.iter) if id(node) in self.deciding else self.kept(node.iter)
        if isinstance(node, ast.comprehension):
            node.ifs = [self.kept(each) for each in node.ifs]
        return node

    visit_For = visit_AsyncFor = visit_comprehension = looped  # noqa: N815 (the same)

    def visit_Match(self, node: Any) -> Any:
        """`match x`; the patterns themselves are no expressions."""
        subject = node.subject
        cases: Any = ast.Tuple([self.case(each, subject) for each in node.cases], ast.Load())
        node.subject = self.operation("subject", subject, self.visit(subject), ast.copy_location(cases, subject))
        for case in node.cases:
            case.guard = self.kept(self.visit(case.guard)) if case.guard else None
            case.body = [self.visit(each) for each in case.body]
        return node

    def case(self, case: Any, like: ast.expr) -> ast.expr:
        """What one case looks at, as `Operations.matches` reads it, and whether it has a guard."""
        value: Any = (self.pattern(case.pattern), case.guard is not None)
        return ast.copy_location(ast.Constant(value), like)

    def pattern(self, node: Any) -> Any:
        """A pattern as a constant."""
        kind = type(node).__name__
        if kind == "MatchValue":
            try:
                return "value", ast.literal_eval(node.value)
            except ValueError:  # a name
                return ("any",)
        if kind == "MatchSingleton":
            return "single", node.value
        if kind == "MatchSequence":
            return "list", tuple(self.pattern(each) for each in node.patterns)
        if kind == "MatchMapping":
            keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
            return "map", tuple(zip(keys, [self.pattern(each) for each in node.patterns]))  # noqa: B905 (Python 3.9)
        if kind == "MatchClass":
            named = zip(node.kwd_attrs, [self.pattern(each) for each in node.kwd_patterns])  # noqa: B905 (the same)
            return "class", tuple(self.pattern(each) for each in node.patterns), tuple(named)
        if kind == "MatchOr":
            return "or", tuple(self.pattern(each) for each in node.patterns)
        if kind == "MatchStar":
            return ("star",)
        return self.pattern(node.pattern) if node.pattern is not None else ("yes",)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """A class; a dynamic provider's runs in the engine and is sent there as it is."""
        bases = [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in node.bases]
        return node if any(each.endswith("ResourceProvider") for each in bases) else self.scoped(node)

    def visit_arg(self, node: ast.arg) -> Any:
        """A parameter: its annotation stays as it is written."""
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """A variable with an annotation, which stays as it is written."""
        node.target = self.visit(node.target)
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_FunctionDef(self, node: Any) -> Any:
        """A function; what it is said to return stays as it is written."""
        returns, node.returns = node.returns, None
        self.scoped(node)
        node.returns = returns
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 (the same)


def compiled(source: Any, file: str, modules: Any, mode: str = "exec") -> types.CodeType:
    """The code of a module, with the operations in it."""
    limit = sys.getrecursionlimit()
    tree: Any = compile(source, file, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
    sys.setrecursionlimit(max(limit, RECURSION))
    try:
        tree = ast.fix_missing_locations(Rewriter(modules, file).visit(tree))
        code: types.CodeType = compile(tree, file, mode, dont_inherit=True)
    finally:
        sys.setrecursionlimit(limit)
    return code


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of the program's own."""

    modules: Any

    def get_code(self, fullname: str) -> Any:
        """Its code, compiled anew: what lies in `__pycache__` is without the operations."""
        path = self.get_filename(fullname)
        return compiled(self.get_data(path), path, self.modules)


class Finder(importlib.abc.MetaPathFinder):
    """Finds what the other finders find, and has the program's own modules loaded by `Loader`."""

    def __init__(self, modules: Any) -> None:
        self.origins, self.modules = modules.origins, modules

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """The module's specification."""
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: Any = find(fullname, path, target) if find else None
            if spec is not None:
                break
        else:
            return None
        plain = type(spec.loader) is importlib.machinery.SourceFileLoader
        if plain and spec.origin and self.origins.origin(spec.origin) == self.origins.OWN:
            spec.loader = Loader(spec.loader.name, spec.loader.path)
            spec.loader.modules = self.modules
        return spec


def install(modules: Any) -> None:
    """Have every module that the program imports from now on compiled with the operations, where it is its own."""
    sys.meta_path.insert(0, Finder(modules))


def run(program: Path, modules: Any) -> None:
    """Run a program: a file, or a folder or archive with a `__main__` in it, as `runpy.run_path` does."""
    if program.is_file() and program.suffix != ".pyc" and pkgutil.get_importer(str(program)) is None:
        code = compiled(program.read_bytes(), str(program), modules)
        runner: Any = runpy
        runner._run_module_code(code, None, "__main__", pkg_name="", script_name=str(program))  # noqa: SLF001 (as `run_path`)
        return
    runpy.run_path(str(program), run_name="__main__")
