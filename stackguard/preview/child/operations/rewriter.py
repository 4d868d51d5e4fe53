"""Compiles, imports and runs the program's own modules so that no placeholder is lost in them.

A placeholder is a text, and `f"{vpc.id}-x"`, `x in "literal"` or `re.match(pattern, x)` run in C on its letters. So the
program's own modules, and no installed one, are compiled with calls of this room's operations in such places. Names,
lines, frames and a module's attributes stay unchanged; nothing is written to `__pycache__`.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import itertools
import pkgutil
import runpy
import sys
import types
from pathlib import Path
from typing import Any

from .. import frames, words
from ..decisions import loops
from ..placeholders import finding
from ..placeholders.base import Placeholder, need
from . import calls, comparing, counting

PLAIN_NAMES = words(
    "print range super locals globals vars dir eval exec type id callable property staticmethod classmethod "
    "object next slice breakpoint input help exit quit"
)
"""Functions that keep placeholders, and those that read the calling frame."""
LOOPING = words("list tuple set frozenset sorted reversed min max sum any all enumerate zip map filter iter dict")
"""Functions that call the methods of each placeholder."""
CALLING = words(
    "map filter filterfalse takewhile dropwhile starmap reduce accumulate groupby submit run_in_executor to_thread"
)
"""Functions that call their arguments."""
PLAIN_METHODS = words("append extend insert add update setdefault apply pop popleft appendleft clear keys values items")
LOOKING = words(
    "startswith endswith find rfind index rindex count split rsplit splitlines partition rpartition strip "
    "lstrip rstrip removeprefix removesuffix replace join format format_map translate match search fullmatch "
    "findall finditer sub subn __contains__ __eq__ __ne__"
)
"""Methods of texts and of patterns that run in C; they are replaced even if they are not called at once."""
KEPT = (ast.Name, ast.Attribute, ast.Subscript, ast.NamedExpr, ast.Call, ast.Await, ast.IfExp, ast.BinOp)
"""Expressions whose value may be a plain text with a placeholder in it."""
TESTED: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((ast.If, ast.While, ast.IfExp, ast.Assert), ("test",)),
    **dict.fromkeys((ast.For, ast.AsyncFor), ("iter",)),
    ast.comprehension: ("iter", "ifs"),
    ast.BoolOp: ("values",),
    ast.UnaryOp: ("operand",),
}
"""By node, its expressions that are tested or looped over."""
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
RECURSION = 20_000
"""Enough for any expression that Python itself compiles."""
OPERATIONS = (
    *(finding.keep, calls.guard, calls.method, comparing.contains, comparing.same, comparing.typed, comparing.modulo),
    *(counting.count, counting.consumer, counting.looped, counting.listed, counting.counted, counting.unpacked),
    comparing.subject,
)


class Rewriter(ast.NodeTransformer):
    """Puts calls of the operations into the tree of a file's module."""

    places = itertools.count()

    def __init__(self, file: str) -> None:
        self.file = file
        self.scope = 0
        """The first line of the current function; 0 for the module."""
        self.deciding: set[int] = set()
        """The loops that reveal how often they ran."""

    def generic_visit(self, node: Any) -> Any:
        """Rewrite the parts of a node; annotations stay unchanged."""
        annotations = {name: vars(node).pop(name) for name in ("annotation", "returns") if name in vars(node)}
        before = self.scope
        if isinstance(node, SCOPES):  # its code is one of its own
            self.scope = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
        super().generic_visit(node)
        self.scope = before
        vars(node).update(annotations)
        for field in TESTED.get(type(node), ()):
            value = getattr(node, field)
            if id(node) in self.deciding:
                node.iter = self.operation("counted", value, value)
            else:
                setattr(node, field, [*map(self.kept, value)] if isinstance(value, list) else self.kept(value))
        return node

    def operation(self, name: str, like: ast.expr, *args: ast.expr) -> Any:
        """A call of an operation, at the place of an expression."""
        return at(like, ast.Call(at(like, ast.Name(builtin_name(name), ast.Load())), list(args), []))

    def kept(self, node: ast.expr) -> ast.expr:
        """An expression that turns a plain text with a placeholder into one."""
        return self.operation("keep", node, node) if isinstance(node, KEPT) else node

    def visit_Module(self, node: Any) -> Any:
        """A module."""
        self.deciding = loops.deciding(node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """`f(x)`."""
        function = node.func
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        self.guard_arguments(node)
        if isinstance(function, ast.Name):
            if function.id in {"exec", "eval"} and node.args:
                node.args[0] = self.operation(
                    "code", node.args[0], node.args[0], at(function, ast.Constant(function.id))
                )
            if function.id == "next":
                node.func = self.operation("consumer", function, function)
            if function.id in PLAIN_NAMES or function.id == builtin_name("typed"):
                return node
            if function.id == "len" and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
                return self.operation("count", node, function, *node.args)
            if function.id in LOOPING:
                node.args = [*map(self.kept, node.args)]
                node.func = self.operation("consumer", function, function)
                return node
        elif isinstance(function, ast.Attribute):
            function.value = self.visit(function.value)
            if function.attr == "__len__" and not node.args:
                return self.operation("count", node, at(function, ast.Name("len", ast.Load())), function.value)
            unbound = isinstance(function.value, ast.Name) and function.value.id in {"str", "bytes"}
            dunder = function.attr.startswith("__") and function.attr not in LOOKING and not unbound
            if function.attr in PLAIN_METHODS or dunder:
                return node
        else:
            function = self.visit(function)
        node.func = self.operation("guard", function, function)
        return node

    def guard_arguments(self, node: ast.Call) -> None:
        """Replace functions that a function calls: `map(str.upper, x)`, `sorted(x, key=str.lower)`."""
        for keyword in node.keywords:
            if keyword.arg == "key" and isinstance(keyword.value, (ast.Name, ast.Attribute)):
                keyword.value = self.operation("guard", keyword.value, keyword.value)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in CALLING:
            functions = (ast.Name, ast.Attribute, ast.Call)
            node.args = [self.operation("guard", x, x) if isinstance(x, functions) else x for x in node.args]

    def visit_Try(self, node: Any) -> Any:
        """`try`: an error that is caught, and not raised again, decides what follows."""
        for handler in node.handlers:
            if not isinstance(handler.body[-1], ast.Raise):
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                self.note_caught(node, None if handler.type is None else kinds)
        return self.generic_visit(node)

    visit_TryStar = visit_Try  # noqa: N815 (as `ast` calls them)

    def visit_With(self, node: Any) -> Any:
        """`with contextlib.suppress(KeyError)`."""
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and "suppress" in ast.dump(call.func):
                self.note_caught(node, call.args)
        return self.generic_visit(node)

    def note_caught(self, node: Any, kinds: list[Any] | None) -> None:
        """Record which errors are caught in the body of a statement: those of these classes, or all."""
        names = None if kinds is None else [getattr(kind, "id", getattr(kind, "attr", "")) for kind in kinds]
        frames.note_caught(self.file, self.scope, node.body[0].lineno, node.body[-1].end_lineno, names)

    def visit_Assign(self, node: ast.Assign) -> Any:
        """`x = y`, and `x, y = z`."""
        self.generic_visit(node)
        if any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets):
            node.value = self.operation("unpacked", node.value, node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """`x %= y`."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod) and isinstance(node.target, ast.Name):
            left = at(node.target, ast.Name(node.target.id, ast.Load()))
            return at(node, ast.Assign([node.target], self.operation("modulo", node.value, left, node.value)))
        return node

    def visit_ListComp(self, node: Any) -> Any:
        """`[x for x in y]`, and `{x: y for x, y in z}`."""
        self.generic_visit(node)
        place = self.place(node)
        for generator in node.generators:
            generator.iter = self.looped(generator.iter, place)
        return self.operation("listed", node, node, place)

    visit_DictComp = visit_ListComp  # noqa: N815 (as `ast` calls them)

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        """`{x for x in y}`, whose size depends on the number of elements."""
        self.generic_visit(node)
        for generator in node.generators:
            generator.iter = self.operation("counted", generator.iter, generator.iter)
        return node

    def visit_List(self, node: ast.List) -> Any:
        """`[*x, y]`."""
        self.generic_visit(node)
        place, starred = self.place(node), [part for part in node.elts if isinstance(part, ast.Starred)]
        if not starred or not isinstance(node.ctx, ast.Load):
            return node
        for part in starred:
            part.value = self.looped(part.value, place)
        return self.operation("listed", node, node, place)

    def visit_Dict(self, node: ast.Dict) -> Any:
        """`{**x, "y": z}`."""
        self.generic_visit(node)
        if None not in node.keys:
            return node
        place, pairs = self.place(node), [*zip(node.keys, node.values)]
        node.values = [self.looped(part, place) if key is None else part for key, part in pairs]
        return self.operation("listed", node, node, place)

    def looped(self, value: ast.expr, place: ast.expr) -> ast.expr:
        """The source of the list or dictionary at a place."""
        return self.operation("looped", value, value, place) if isinstance(value, KEPT) else value

    def place(self, node: Any) -> ast.Constant:
        """A number for a list or dictionary that is created from others, perhaps of unknown length."""
        number: ast.Constant = at(node, ast.Constant(next(self.places)))
        return number

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """`x.startswith`, which is not called at once."""
        self.generic_visit(node)
        looking = isinstance(node.ctx, ast.Load) and node.attr in LOOKING
        return self.operation("method", node, node) if looking else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        """`f"{x}"`."""
        self.generic_visit(node)
        return self.operation("keep", node, node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> Any:
        """The expression in braces; its format is part of the text."""
        node.value = self.visit(node.value)
        if node.format_spec is not None:
            self.generic_visit(node.format_spec)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """`"%s" % x`."""
        self.generic_visit(node)
        number = isinstance(node.left, ast.Constant) and not isinstance(node.left.value, (str, bytes))
        if isinstance(node.op, ast.Mod) and not number:
            return self.operation("modulo", node, node.left, node.right)
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        """`x == y`, `x in y`, `x is y`."""
        middle = node.comparators[:-1]
        looking = any(isinstance(how, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for how in node.ops)
        if looking and middle and all(isinstance(side, (ast.Name, ast.Constant)) for side in middle):  # `x is y is z`
            pairs = zip([node.left, *middle], node.ops, node.comparators)
            parts: list[Any] = [at(node, ast.Compare(left, [how], [right])) for left, how, right in pairs]
            return self.visit(at(node, ast.BoolOp(ast.And(), parts)))
        node.left, *node.comparators = [self.typed(side) for side in (node.left, *node.comparators)]
        self.generic_visit(node)
        how, right = node.ops[0], node.comparators[0]
        if len(node.ops) == 1 and isinstance(how, (ast.In, ast.NotIn, ast.Is, ast.IsNot)):
            name = "contains" if isinstance(how, (ast.In, ast.NotIn)) else "same"
            result = self.operation(name, node, node.left, right)
            return at(node, ast.UnaryOp(ast.Not(), result)) if isinstance(how, (ast.NotIn, ast.IsNot)) else result
        node.left, *node.comparators = [*map(self.kept, (node.left, *node.comparators))]
        return node

    def typed(self, node: ast.expr) -> ast.expr:
        """`type(x)`, which is compared."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"):
            return node
        single = len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
        return self.operation("typed", node, *node.args) if single else node

    def visit_Match(self, node: Any) -> Any:
        """`match x`."""
        self.generic_visit(node)
        place = at(node.subject, ast.Constant(len(comparing.CASES)))
        comparing.CASES.append(node.cases)
        node.subject = self.operation("subject", node.subject, node.subject, place)
        return node

    def visit_match_case(self, node: Any) -> Any:
        """A case; its pattern is no expression."""
        node.guard = self.kept(self.visit(node.guard)) if node.guard else None
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """A class; a dynamic provider's runs in the engine and is sent there unchanged."""
        bases = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
        return node if any(name.endswith("ResourceProvider") for name in bases) else self.generic_visit(node)


def at(like: Any, node: Any) -> Any:
    """A new node at the place of another one."""
    return ast.copy_location(node, like)


def builtin_name(operation: str) -> str:
    """The name under which rewritten code finds an operation among the builtins."""
    return f"_pulumi_{operation}"


def install() -> None:
    """Rewrite every module of the program's own that it imports from now on.

    Rewritten and pickled code finds the operations by their names among the builtins.
    """
    sys.meta_path.insert(0, Finder())
    for operation in (*OPERATIONS, code):
        name = builtin_name(operation.__name__)
        setattr(builtins, name, operation)
        operation.__module__, operation.__qualname__, operation.__name__ = "builtins", name, name


def code(source: Any, mode: str) -> Any:
    """The code that `exec` or `eval` runs: a text is the program's own code, too."""
    source = finding.keep(source)
    if isinstance(source, Placeholder):
        need(source, "runs it as code")
    return compiled(source, "<string>", mode) if type(source) is str else source


def compiled(source: Any, file: str, mode: str = "exec") -> types.CodeType:
    """The code of a module, with calls of the operations."""
    limit = sys.getrecursionlimit()
    try:
        tree: Any = compile(source, file, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        if error.filename is None:  # of a NUL byte, Python states no place
            error.filename, error.lineno = file, line_of_nul(source)
        raise
    sys.setrecursionlimit(max(limit, RECURSION))
    try:
        tree = ast.fix_missing_locations(Rewriter(file).visit(tree))
        module: types.CodeType = compile(tree, file, mode, dont_inherit=True)
    finally:
        sys.setrecursionlimit(limit)
    return module


def line_of_nul(source: Any) -> int:
    """The line of the first NUL character of a text."""
    return 1 + (
        source.partition("\0")[0].count("\n") if isinstance(source, str) else source.partition(b"\0")[0].count(b"\n")
    )


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of the program's own."""

    def get_code(self, fullname: str) -> Any:
        """Its code, always compiled: `__pycache__` has none with the operations."""
        path = self.get_filename(fullname)
        return compiled(self.get_data(path), path)


class Finder(importlib.abc.MetaPathFinder):
    """Finds modules by the other finders, and loads the program's own with `Loader`."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """The module's specification."""
        finders = [getattr(finder, "find_spec", None) for finder in sys.meta_path if finder is not self]
        specs = (find(fullname, path, target) for find in finders if find)
        spec: Any = next((spec for spec in specs if spec is not None), None)
        plain = spec is not None and type(spec.loader) is importlib.machinery.SourceFileLoader
        if plain and spec.origin and frames.origin(spec.origin) == frames.OWN:
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def run(program: Path) -> None:
    """Run a program: a file, or a folder or archive with a `__main__` in it, as `runpy.run_path` does."""
    if program.is_file() and program.suffix != ".pyc" and pkgutil.get_importer(str(program)) is None:
        code = compiled(program.read_bytes(), str(program))
        runner: Any = runpy
        runner._run_module_code(code, None, "__main__", pkg_name="", script_name=str(program))  # as `run_path` does
    else:
        runpy.run_path(str(program), run_name="__main__")
