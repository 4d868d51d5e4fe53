"""Reading any code ends within a number of steps, and reports code that needs more."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.lambda_code.archive import archive_of
from policypack.python.handling.summary import handling
from policypack.python.interpret import ProgramReading, read
from policypack.python.modules import PythonPackage
from policypack.python.reader import ROUNDS, STEPS

NAMES = ("f", "g", "h", "x", "y")


def reading(text: str, **files: str) -> ProgramReading:
    contents = {f"{name}.py": source.encode() for name, source in {"index": text, **files}.items()}
    return read(PythonPackage(archive_of(contents)), "index.handler")


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from([*NAMES, "event", "event['Records']", "'a'", "None", "self", "lib.x", "[]", "{}", "f.a"])

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pairs = st.tuples(st.sampled_from(FORMS), inner, inner)
        return pairs.map(lambda parts: parts[0].format(parts[1], parts[2]))

    return st.recursive(leaves, grown, max_leaves=6)


FORMS = (
    "{}({})",
    "{}[{}]",
    "({}).run({})",
    "({}, {})",
    "[{}, *{}]",
    "{{{}: {}}}",
    "(lambda y: {}({}))",
    "({} + {})",
    "[{} for x in {}]",
    "getattr({}, {})",
    "map({}, {})",
    "partial({}, {})",
    "pool.submit({}, {})",
    "Kind({}, {})",
    "(await_ or {} or {})",
    "lib.call({}, {})",
)


def statements() -> st.SearchStrategy[str]:
    forms = st.sampled_from(
        [
            "{0} = {1}",
            "{0}.a = {1}",
            "{0}[{1}] = {1}",
            "{0} += {1}",
            "return {1}",
            "yield {1}",
            "{0}.append({1})",
            "for {0} in {1}: pass",
            "while {1}: {0} = {1}",
            "if {1}: return {0}",
            "global {0}",
            "def g({0}): return {1}",
        ]
    )
    return st.tuples(forms, st.sampled_from(NAMES), expressions()).map(
        lambda parts: parts[0].format(parts[1], parts[2])
    )


@st.composite
def programs(draw: st.DrawFn) -> str:
    lines = ["import lib", "from functools import partial", "class Kind(lib.Base):"]
    lines += ["    def __init__(self, x, y):", "        self.a = x", "        self.b = self.run"]
    lines += [
        "    def run(self, x=None):",
        *(f"        {line}" for line in draw(st.lists(statements(), max_size=3))),
        "        pass",
    ]
    for name in ("f", "g", "h"):
        body = draw(st.lists(statements(), max_size=4))
        lines += [f"def {name}(x, *y):", "    event = x", *(f"    {line}" for line in body), "    pass"]
    lines += [
        "def handler(event, context):",
        *(f"    {line}" for line in draw(st.lists(statements(), max_size=4))),
        "    f(event)",
    ]
    return "\n".join(lines)


@given(programs())
def test_reading_ends_on_any_module(text: str) -> None:
    try:
        compile(text, "index.py", "exec")
    except SyntaxError:
        return
    program = reading(text)
    assert program.reader.steps <= STEPS + 1
    assert program.reader.round <= ROUNDS + 1
    assert program.exceeded == any("too large" in problem.why for problem in program.calls.unresolved)
    handling(program)


ENDLESS = {
    "functions in functions": "def f(k):\n    def g():\n        return k\n    return f(g)",
    "lists in lists": "def f(x):\n    return f([x, [x]])",
    "dictionaries in dictionaries": "def f(x):\n    return f({'a': x, x: 'b'})",
    "longer and longer texts": "def f(x):\n    return f(x + 'a') or f('b' + x)",
    "attributes of attributes": "import lib\ndef f(x):\n    node = lib.first\n    while node:\n        node = node.next.after()\n    return node",
    "calls of calls": "import lib\ndef f(x):\n    y = lib.make\n    while True:\n        y = y()\n    return y",
    "partials of partials": "from functools import partial\ndef f(x):\n    return f(partial(x, x))",
    "instances in instances": "class A:\n    def __init__(self, x):\n        self.x = x\ndef f(x):\n    return f(A(x))",
    "classes in functions": "def f(x):\n    class A:\n        y = x\n    return f(A)",
    "attributes that swap": "class A: pass\na, b = A(), A()\ndef f(x):\n    a.x, b.x = b.x, [a.x]\n    return f(a)",
    "futures of futures": "def f(x):\n    return f(pool.submit(f, pool.submit(f, x)))",
    "decorators of decorators": "def d(g):\n    @d\n    def h(*a):\n        return g(*a)\n    return h\ndef f(x):\n    return d(f)(x)",
    "two modules": "from other import g\ndef f(x):\n    return g(x)",
    "twenty ways at each step": "def f(*x):\n    " + "\n    ".join(f"f({n}, *x) or f([{n}], x)" for n in range(20)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_reading_ends_where_the_code_does_not(name: str) -> None:
    text = f"{ENDLESS[name]}\ndef handler(event, context):\n    return f(event)\n"
    program = reading(text, other="from index import f\ndef g(x):\n    return f([x])\n")
    assert program.reader.steps <= STEPS + 1
    handling(program)


@pytest.mark.parametrize(
    "around", ["except ValueError:\n            print(1)", "finally:\n            continue"], ids=["except", "finally"]
)
def test_what_a_failure_loses_is_found_where_functions_call_each_other_without_end(around: str) -> None:
    loop = f"for r in event['Records']:\n        try:\n            f(r)\n        {around}"
    text = f"{ENDLESS['twenty ways at each step']}\ndef handler(event, context):\n    {loop}\n"
    assert handling(reading(text)) is not None


def test_where_all_is_too_much_the_nearest_modules_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policypack.python.reader.STEPS", 2_000)
    many = {f"m{n}": f"import m{n + 1}\n" for n in range(24)} | {"m24": "x = 1\n" * 2_000}
    text = """
        import m0
        def handler(event, context):
            for record in event["Records"]:
                return record
    """
    program = reading(textwrap.dedent(text), **many)
    assert ["too large" in problem.why for problem in program.calls.unresolved] == [True]
    assert [len(loop.exits) for loop in handling(program).loops] == [1]
    assert reading(textwrap.dedent(text), m0="x = 1\n" * 2_000).exceeded


def test_modules_that_are_too_many_leave_the_calls_undecided() -> None:
    many = {f"m{n}": "x = 1\n" for n in range(260)}
    imports = f"import {', '.join(many)}\n"
    program = reading(f"{imports}def handler(event, context):\n    pass\n", **many)
    assert [str(problem.place) for problem in program.calls.unresolved] == ["index.py:1"]
    assert not program.exceeded


def test_code_that_is_nested_too_deeply_is_undecided() -> None:
    program = reading(f"def handler(event, context):\n    return {'f(' * 90}event{')' * 90}\n")
    assert program.exceeded == any("too large" in problem.why for problem in program.calls.unresolved)
