"""Passes unknown values to the standard library, and decides on the results."""
import ast
import asyncio
import collections
import csv
import dataclasses
import decimal
import difflib
import enum
import functools
import io
import itertools
import operator
import pathlib
import shlex
import textwrap
from re import match as matches

import pulumi
import pulumi_aws as aws
import yaml
from common import bad, role, vpc


def with_unknowns():
    role.unique_id.apply(lambda i: bad() if i == "x" else None, run_with_unknowns=True)


with_unknowns()


def buffer():
    def f(i):
        buffer = io.StringIO()
        buffer.write(i)
        if buffer.getvalue().startswith("vpc-1"):
            bad()
    vpc.id.apply(f)


buffer()


def enum_lookup():
    class E(enum.Enum):
        A = "vpc-1"
    def f(i):
        try: E(i)
        except ValueError: return
        bad()
    vpc.id.apply(f)


enum_lookup()


def dataclass_eq():
    @dataclasses.dataclass
    class D:
        id: str
    vpc.id.apply(lambda i: bad() if D(i) == D("vpc-1") else None)


dataclass_eq()


def path():
    vpc.id.apply(lambda i: bad() if (pathlib.Path("/") / i).exists() else None)


path()


def tuple_compare():
    vpc.id.apply(lambda i: bad() if ("a", i) == ("a", "vpc-1") else None)


tuple_compare()


def list_index():
    def f(i):
        try: ["vpc-1"].index(i)
        except ValueError: return
        bad()
    vpc.id.apply(f)


list_index()


def counter():
    vpc.id.apply(lambda i: bad() if collections.Counter(["vpc-1"])[i] else None)


counter()


def str_methods_unbound():
    vpc.id.apply(lambda i: bad() if str.startswith("vpc-1", i) else None)


str_methods_unbound()


def methodcaller():
    vpc.id.apply(lambda i: bad() if operator.methodcaller("startswith", "v")(i) else None)


methodcaller()


def difflib_form():
    vpc.id.apply(lambda i: bad() if difflib.get_close_matches(i, ["vpc-1"]) else None)


difflib_form()


def translate_encode_hex():
    vpc.id.apply(lambda i: bad() if i.encode("utf-8").hex().startswith("76") else None)


translate_encode_hex()


def async_future():
    async def main():
        value = await vpc.id.apply(lambda i: i == "vpc-1").future()
        if value: bad()
    asyncio.ensure_future(main())


async_future()


def eval_form():
    vpc.id.apply(lambda i: bad() if eval("i == 'vpc-1'", {"i": i}) else None)


eval_form()


def exec_form():
    ns = {"bad": bad}
    exec("def g(i):\n    if f'{i}' == 'vpc-1': bad()", ns)
    vpc.id.apply(ns["g"])


exec_form()


def any_all_map():
    vpc.id.apply(lambda i: bad() if any(map("vpc-1".__eq__, [i])) else None)


any_all_map()


def lru_cache():
    @functools.lru_cache
    def known(i): return i == "vpc-1"
    vpc.id.apply(lambda i: bad() if known(i) else None)


lru_cache()


def groupby():
    vpc.id.apply(lambda i: [bad() for k, g in itertools.groupby([i, "x"]) if k == "x"])


groupby()


def slice_of_literal_by_number():
    vpc.cidr_block.apply(lambda c: [bad() for _ in "abc"[: c.count("/")]])


slice_of_literal_by_number()


def ast_literal_eval():
    def f(i):
        try: ast.literal_eval(i)
        except Exception: bad()
    vpc.id.apply(f)


ast_literal_eval()


def own_comparison():
    class S(str):
        def __eq__(self, o): return str.__eq__(self, str(o))
        __hash__ = str.__hash__
    vpc.id.apply(lambda i: bad() if S("vpc-1") == i else None)


own_comparison()


def str_subclass_copies():
    class S(str): pass
    vpc.id.apply(lambda i: bad() if S(i) == "vpc-1" else None)


str_subclass_copies()


def userstring():
    vpc.id.apply(lambda i: bad() if collections.UserString(i) == "vpc-1" else None)


userstring()


def csv_form():
    vpc.id.apply(lambda i: bad() if next(csv.reader([f"{i},b"]))[0] == "vpc-1" else None)


csv_form()


def shlex_form():
    vpc.id.apply(lambda i: bad() if shlex.split(f"a {i}")[1] == "vpc-1" else None)


shlex_form()


def textwrap_len():
    vpc.id.apply(lambda i: bad() if len(textwrap.dedent(f"  {i}")) > 5 else None)


textwrap_len()


def decimal_form():
    def f(i):
        try: decimal.Decimal(i)
        except decimal.InvalidOperation: bad()
    vpc.id.apply(f)


decimal_form()


def yaml_form():
    vpc.id.apply(lambda i: bad() if yaml.safe_load(f"id: {i}")["id"] == "vpc-1" else None)


yaml_form()


def key_in_a_buffer():
    def f(i):
        buffer = io.StringIO()
        buffer.write(i)
        {"vpc-1": bad}.get(buffer.getvalue(), print)()
    vpc.id.apply(f)


key_in_a_buffer()


def rows():
    def f(i):
        buffer = io.StringIO()
        csv.writer(buffer).writerow([i, "x"])
        if buffer.getvalue() == "vpc-1,x":
            bad()
    vpc.id.apply(f)


rows()
