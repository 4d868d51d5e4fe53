"""Decides where a resource's constructor is far away."""
import asyncio
import contextlib
import functools

import pulumi
import pulumi_aws as aws
from common import Component, Maker, bad, behind, further, vpc, zones


def base_exception():
    def f(i):
        try:
            found = i == "vpc-1"
        except BaseException:
            found = False
        if found:
            bad()
    vpc.id.apply(f)


base_exception()


def bare_except():
    def f(i):
        try:
            if i == "vpc-1":
                bad()
        except:
            pass
    vpc.id.apply(f)


bare_except()


def suppress():
    def f(i):
        with contextlib.suppress(BaseException):
            if i == "vpc-1":
                bad()
    vpc.id.apply(f)


suppress()


def failure():
    vpc.id.apply(lambda i: bad(i.nothing))


failure()


def all_form():
    pulumi.Output.all(vpc.id, zones.id).apply(lambda both: bad() if both[0] == both[1] else None)


all_form()


def all_by_name():
    pulumi.Output.all(vpc=vpc.id, one=1).apply(lambda both: bad() if both["vpc"] == "vpc-1" else None)


all_by_name()


def helper():
    vpc.id.apply(behind)


helper()


def two_helpers():
    vpc.id.apply(lambda i: further(i))


two_helpers()


def method():
    vpc.id.apply(Maker("1").make)


method()


def object_that_is_called():
    vpc.id.apply(Maker("1"))


object_that_is_called()


def closure():
    def around(make):
        def f(i):
            if i == "vpc-1":
                make()
        return f
    vpc.id.apply(around(bad))


closure()


def partial():
    def f(make, i):
        if i == "vpc-1":
            make()
    vpc.id.apply(functools.partial(f, bad))


partial()


def partial_of_a_class():
    vpc.id.apply(functools.partial(Component, "partial"))


partial_of_a_class()


def default():
    vpc.id.apply(lambda i, make=bad: make() if i == "vpc-1" else None)


default()


def getattr_form():
    vpc.id.apply(lambda i: getattr(aws.s3, "Bucket" + "Acl")("x", bucket="b") if i == "vpc-1" else None)


getattr_form()


def import_inside():
    def f(i):
        from pulumi_aws.s3 import BucketAcl
        if i == "vpc-1":
            BucketAcl("bad", bucket="b")
    vpc.id.apply(f)


import_inside()


def coroutine():
    async def f(i):
        await asyncio.sleep(0)
        if i == "vpc-1":
            bad()
    vpc.id.apply(f)


coroutine()


def nested_apply():
    vpc.id.apply(lambda i: zones.id.apply(lambda z: bad() if z == "x" else None))


nested_apply()


def apply_on_a_decision():
    vpc.id.apply(lambda i: i == "vpc-1").apply(lambda found: bad() if found else None)


apply_on_a_decision()


def apply_on_a_swallowed_decision():
    def f(i):
        try:
            return i == "vpc-1"
        except BaseException:
            return False
    vpc.id.apply(f).apply(lambda found: bad() if found else None)


apply_on_a_swallowed_decision()
