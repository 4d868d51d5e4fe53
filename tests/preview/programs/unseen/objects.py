"""Decides in objects, generators and other values that wrap a function."""
import asyncio
import bisect
import collections
import datetime
import functools
import io
import operator
import pickle
import subprocess
import types

import pulumi
import pulumi_aws as aws
from common import bad, role, vpc


def key_in_map():
    vpc.tags.apply(lambda t: [bad() for k in ("a", "b") if k in t])


key_in_map()


def missing_tag():
    vpc.tags.apply(lambda t: bad() if t.get("public") is None else None)


missing_tag()


def pickle_form():
    vpc.id.apply(lambda i: bad() if pickle.loads(pickle.dumps(i)) == "vpc-1" else None)


pickle_form()


def print_into_stringio_and_compare():
    def f(i):
        b = io.StringIO(); print(i, file=b)
        if b.getvalue() == "vpc-1\n": bad()
    vpc.id.apply(f)


print_into_stringio_and_compare()


def subprocess_form():
    vpc.id.apply(lambda i: bad() if subprocess.run(["test", i, "=", "vpc-1"]).returncode == 0 else None)


subprocess_form()


def datetime_form():
    def f(i):
        try: datetime.datetime.strptime(i, "%Y")
        except ValueError: bad()
    vpc.id.apply(f)


datetime_form()


def sum_of_booleans():
    vpc.id.apply(lambda i: bad() if sum(map(operator.eq, ["vpc-1"], [i])) else None)


sum_of_booleans()


def bisect_form():
    vpc.id.apply(lambda i: bad() if bisect.bisect(["a", "z"], i) == 1 else None)


bisect_form()


def simplenamespace_attr_plain():
    vpc.id.apply(lambda i: bad() if types.SimpleNamespace(a=i) == types.SimpleNamespace(a="vpc-1") else None)


simplenamespace_attr_plain()


def class_body_if():
    def f(i):
        class X:
            if i == "vpc-1":
                bad()
    vpc.id.apply(f)


class_body_if()


def raised():
    def f(i):
        raise RuntimeError(i)
    vpc.id.apply(f).apply(lambda x: bad())


raised()


def output_of_an_output():
    vpc.id.apply(lambda i: role.unique_id).apply(lambda u: bad())


output_of_an_output()


def getattr_on_self_dispatch():
    class M:
        def on_vpc(self): bad()
        def run(self, i): getattr(self, "on_" + i[:3], lambda: None)()
    vpc.id.apply(M().run)


getattr_on_self_dispatch()


def globals_form():
    def f(i):
        globals()["zz"] = bad if i == "vpc-1" else print
        globals()["zz"]()
    vpc.id.apply(f)


globals_form()


def resource_in_a_default_dict_factory():
    d = collections.defaultdict(bad)
    vpc.id.apply(lambda i: d["x"] if i == "vpc-1" else None)


resource_in_a_default_dict_factory()


def context_manager_constructing():
    class C:
        def __enter__(self): bad()
        def __exit__(self, *a): pass
    def f(i):
        if i == "vpc-1":
            with C(): pass
    vpc.id.apply(f)


context_manager_constructing()


def property_constructing():
    class C:
        @property
        def make(self): bad()
    c = C()
    vpc.id.apply(lambda i: c.make if i == "vpc-1" else None)


property_constructing()


def operator_overload():
    class C:
        def __add__(self, o): bad()
    c = C()
    vpc.id.apply(lambda i: c + 1 if i == "vpc-1" else None)


operator_overload()


def singledispatch():
    @functools.singledispatch
    def g(x): pass
    @g.register
    def _(x: int): bad()
    vpc.id.apply(lambda i: g(1) if i == "vpc-1" else None)


singledispatch()


def generator():
    def gen():
        yield 1
        bad()
        yield 2
    g = gen()
    vpc.id.apply(lambda i: list(g) if i == "vpc-1" else None)


generator()


def subscribers():
    class Bus:
        def __init__(self): self.subs = []
        def fire(self):
            for s in self.subs: s()
    bus = Bus(); bus.subs.append(bad)
    vpc.id.apply(lambda i: bus.fire() if i == "vpc-1" else None)


subscribers()


def loop_call_soon():
    vpc.id.apply(lambda i: asyncio.get_event_loop().call_soon(bad) if i == "vpc-1" else None)


loop_call_soon()


def length_hint_tuple_unpack():
    def f(z):
        a, b = z
        bad()
    aws.get_availability_zones_output().names.apply(f)


length_hint_tuple_unpack()


def deprecated_field():
    vpc.ipv6_association_id.apply(lambda n: bad() if not n else None)


deprecated_field()


def output_json_loads():
    pulumi.Output.json_loads(pulumi.Output.json_dumps({"a": vpc.id})).apply(lambda d: bad() if d["a"] == "vpc-1" else None)


output_json_loads()


def output_lifting_item():
    pulumi.Output.from_input({"a": vpc.id})["a"].apply(lambda d: bad() if d == "vpc-1" else None)


output_lifting_item()


def read_resource():
    aws.ec2.Vpc.get("got", vpc.id).cidr_block.apply(lambda d: bad() if d == "10." else None)


read_resource()


def secret():
    pulumi.Output.secret(vpc.id).apply(lambda d: bad() if d == "10." else None)


secret()
