"""Decides on outputs that derive from unknown ones."""
import collections
import contextvars
import functools
import itertools
import os
import re
import sys
import types

import pulumi
import pulumi_aws as aws
from common import bad, role, vpc


def generator_join():
    vpc.id.apply(lambda i: bad() if "".join(c for c in [i, "x"]) == "vpc-1x" else None)


generator_join()


def nested_fstring_in_format_spec():
    d = {("a", "vpc-1"): bad}
    vpc.id.apply(lambda i: d.get(("a", i), print)())


nested_fstring_in_format_spec()


def search_in_a_shown_dictionary():
    s = re.search
    vpc.id.apply(lambda i: bad() if s("vpc-1", str({"a": i})) else None)


search_in_a_shown_dictionary()


def for_else():
    def f(i):
        for x in ["vpc-1"]:
            if x == i: break
        else: bad()
    vpc.id.apply(f)


for_else()


def while_loop():
    def f(i):
        while not i.isdigit(): i = i[1:]; bad(); break
    vpc.id.apply(f)


while_loop()


def try_finally():
    def f(i):
        try:
            if i > "b": return
        finally:
            bad()
    vpc.id.apply(f)


try_finally()


def class_registry():
    class Factory:
        registry = {"x": bad}
        @classmethod
        def go(cls, i): cls.registry["x" if i == "vpc-1" else "y"]()
    vpc.id.apply(Factory.go)


class_registry()


def staticmethod_form():
    class F:
        @staticmethod
        def go(i):
            if not i: bad()
    vpc.id.apply(F.go)


staticmethod_form()


def all_of_nested():
    pulumi.Output.all(x=[{"y": role.unique_id}]).apply(lambda d: bad())


all_of_nested()


def from_input_nested():
    pulumi.Output.from_input({"a": [role.unique_id, vpc.id]}).apply(lambda d: bad())


from_input_nested()


def chain_unknown_text_construct():
    role.unique_id.apply(lambda u: f"x{u}").apply(lambda t: t.upper()).apply(lambda t: bad(t))


chain_unknown_text_construct()


def item_lifted():
    aws.lambda_.get_function_output(function_name="x").environments[0].variables.apply(lambda t: [bad() for k in t])


item_lifted()


def function_with_unknown_argument():
    aws.ec2.get_vpc_output(id=role.unique_id).cidr_block.apply(lambda c: bad())


function_with_unknown_argument()


def json_loads_of_output_from_concat():
    pulumi.Output.json_dumps({"a": vpc.id}).apply(lambda s: bad() if '"a": "vpc-1"' in s else None)


json_loads_of_output_from_concat()


def sum_len_via_unpack():
    vpc.cidr_block.apply(lambda c: bad() if len([*c]) > 3 else None)


sum_len_via_unpack()


def decorated_function():
    def deco(g):
        @functools.wraps(g)
        def inner(*a): return g(*a)
        return inner
    @deco
    def f(i):
        if i == "vpc-1": bad()
    vpc.id.apply(f)


decorated_function()


def partialmethod_reduce():
    vpc.id.apply(lambda i: functools.reduce(lambda acc, x: bad() if x == "vpc-1" else acc, [i, i], 0))


partialmethod_reduce()


def contextvar_held_constructor():
    cv = contextvars.ContextVar("cv", default=bad)
    vpc.id.apply(lambda i: cv.get()() if i == "vpc-1" else None)


contextvar_held_constructor()


def itertools_cycle_of_classes():
    it = itertools.cycle([bad])
    vpc.id.apply(lambda i: next(it)() if i == "vpc-1" else None)


itertools_cycle_of_classes()


def task():
    async def make(): bad()
    async def f(i):
        if i == "vpc-1": await make()
    vpc.id.apply(f)


task()


def constructor_passed_in_value():
    pulumi.Output.all(vpc.id, 1).apply(lambda v: [v[0], bad]).apply(lambda p: p[1]() if p[0] == "vpc-1" else None)


constructor_passed_in_value()


def os_environ_mutated():
    vpc.id.apply(lambda i: bad() if os.environ.setdefault("X", i) == "vpc-1" else None)


os_environ_mutated()


def sys_modules_by_name():
    vpc.id.apply(lambda i: sys.modules["pulumi_aws"].s3.BucketAcl("q", bucket="b") if i == "vpc-1" else None)


sys_modules_by_name()


def type_existing_resource():
    b = aws.s3.Bucket("b24")
    vpc.id.apply(lambda i: type(b)("b24b") if i == "vpc-1" else None)


type_existing_resource()


def lambda_stored_on_module_attribute():
    m = types.ModuleType("dyn"); m.mk = bad
    vpc.id.apply(lambda i: m.mk() if i == "vpc-1" else None)


lambda_stored_on_module_attribute()


def namespace():
    ns = types.SimpleNamespace(mk=bad)
    vpc.id.apply(lambda i: ns.mk() if i == "vpc-1" else None)


namespace()


def namedtuple():
    P = collections.namedtuple("P", "mk")
    p = P(bad)
    vpc.id.apply(lambda i: p.mk() if i == "vpc-1" else None)


namedtuple()


def map_over_a_choice():
    vpc.id.apply(lambda i: list(map(bad, [1] if i == "vpc-1" else [])))


map_over_a_choice()


def number_arithmetic():
    aws.ebs.get_volume_output().size.apply(lambda n: [bad() for _ in range(n // 100)])


number_arithmetic()


def number_formatted():
    aws.ebs.get_volume_output().size.apply(lambda n: bad() if f"{n:04d}" == "0100" else None)


number_formatted()


def list_slicing_then_equality():
    aws.get_availability_zones_output().names.apply(lambda n: bad() if n[:2] == ["a", "b"] else None)


list_slicing_then_equality()


def list_concatenation():
    aws.get_availability_zones_output().names.apply(lambda n: [bad() for x in n + ["a"]])


list_concatenation()


def spread_map():
    vpc.tags.apply(lambda t: bad() if {**t}.get("public") else None)


spread_map()


def merged_map():
    vpc.tags.apply(lambda t: bad() if ({"a": 1} | t).get("public") else None)


merged_map()


def unpacked_arguments():
    vpc.cidr_block.apply(lambda c: (lambda a, b: bad())(*c.split("/")))


unpacked_arguments()


def get_output_details():
    async def f(i):
        d = await pulumi.StackReference("o/p/q").get_output_details("x")
        if d.value: bad()
    pulumi.Output.from_input(1).apply(f)


get_output_details()
