"""Decides in functions that reach a constructor through other code."""
import asyncio
import collections
import contextlib
import enum
import functools
import operator
import queue
import threading
import types
import typing
import weakref

import pulumi
import pulumi_aws as aws
from common import Component, Maker, bad, behind, further, role, vpc, zones

KEPT = []


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


def named_tuple():
    class Spec(typing.NamedTuple):
        name: str
        def create(self): return bad(self.name)
    spec = Spec('x')
    role.unique_id.apply(lambda i: spec.create())


named_tuple()


def text_enum():
    class Acl(str, enum.Enum):
        PUBLIC = 'public-read'
        def on(self, bucket): return bad(bucket)
    acl = Acl.PUBLIC
    role.unique_id.apply(lambda i: acl.on('b'))


text_enum()


def text_enum_by_its_class():
    class Acl(str, enum.Enum):
        PUBLIC = 'public-read'
        def on(self, bucket): return bad(bucket)
    role.unique_id.apply(lambda i: Acl['PUBLIC'].on('b'))


text_enum_by_its_class()


def number_enum():
    class Level(enum.IntEnum):
        HIGH = 3
        def make(self): return bad()
    level = Level.HIGH
    role.unique_id.apply(lambda i: level.make())


number_enum()


def text_of_ones_own():
    class Name(str):
        def make(self): return bad(self)
    name = Name('x')
    role.unique_id.apply(lambda i: name.make())


text_of_ones_own()


def number_of_ones_own():
    class Count(int):
        def __add__(self, other): return bad()
    count = Count(1)
    role.unique_id.apply(lambda i: count + 1)


number_of_ones_own()


def enum_of_constructors():
    class Other(enum.Enum):
        PUBLIC = (bad,)
    role.unique_id.apply(lambda i: Other['PUBLIC'].value[0]())


enum_of_constructors()


def cached_property():
    class Site:
        @functools.cached_property
        def acl(self): return bad()
    site = Site()
    role.unique_id.apply(lambda i: site.acl)


cached_property()


def cached_property_that_asks_its_object():
    class Site:
        def __init__(self): self.kind = bad
        @functools.cached_property
        def acl(self): return self.kind()
    site = Site()
    role.unique_id.apply(lambda i: site.acl)


cached_property_that_asks_its_object()


def single_dispatch_method():
    class Site:
        @functools.singledispatchmethod
        def on(self, value): pass
        @on.register
        def _(self, value: str): return bad()
    site = Site()
    role.unique_id.apply(lambda i: site.on(i))


single_dispatch_method()


def map_object():
    made = map(bad, ['x'])
    role.unique_id.apply(lambda i: next(made))


map_object()


def filter_object():
    made = filter(bad, ['x'])
    role.unique_id.apply(lambda i: list(made))


filter_object()


def zip_object():
    made = zip([bad], [1])
    role.unique_id.apply(lambda i: next(made)[0]())


zip_object()


def iterator():
    made = iter([bad])
    role.unique_id.apply(lambda i: next(made)())


iterator()


def iterator_of_a_function():
    made = iter(bad, None)
    role.unique_id.apply(lambda i: next(made))


iterator_of_a_function()


def view_of_values():
    made = {'x': bad}.values()
    role.unique_id.apply(lambda i: [make() for make in made])


view_of_values()


def weak_reference():
    class Box:
        make = staticmethod(bad)
    box = Box()
    KEPT.append(box)
    ref = weakref.ref(box)
    role.unique_id.apply(lambda i: ref().make())


weak_reference()


def weak_method():
    maker = Maker('x')
    KEPT.append(maker)
    ref = weakref.WeakMethod(maker.make)
    role.unique_id.apply(lambda i: ref()('x'))


weak_method()


def weak_proxy():
    maker = Maker('x')
    KEPT.append(maker)
    proxy = weakref.proxy(maker)
    role.unique_id.apply(lambda i: proxy.make('x'))


weak_proxy()


def weak_dictionary():
    maker = Maker('x')
    KEPT.append(maker)
    makers = weakref.WeakValueDictionary(x=maker)
    role.unique_id.apply(lambda i: makers['x'].make('x'))


weak_dictionary()


def queue_form():
    makers = queue.Queue()
    makers.put(bad)
    role.unique_id.apply(lambda i: makers.get()())


queue_form()


def timer():
    timer = threading.Timer(0, bad)
    role.unique_id.apply(lambda i: timer.start())


timer()


def mapping_proxy():
    makers = types.MappingProxyType({'x': bad})
    role.unique_id.apply(lambda i: makers['x']())


mapping_proxy()


def chain_map():
    makers = collections.ChainMap({}, {'x': bad})
    role.unique_id.apply(lambda i: makers['x']())


chain_map()


def user_dict():
    makers = collections.UserDict(x=bad)
    role.unique_id.apply(lambda i: makers['x']())


user_dict()


def user_dict_of_ones_own():
    class Makers(collections.UserDict): pass
    makers = Makers(x=bad)
    role.unique_id.apply(lambda i: makers['x']())


user_dict_of_ones_own()


def method_of_a_dictionary():
    find = {'x': bad}.get
    role.unique_id.apply(lambda i: find('x')())


method_of_a_dictionary()


def wrapper_of_a_method():
    find = {'x': bad}.__getitem__
    call = bad.__call__
    role.unique_id.apply(lambda i: [find('x'), call()])


wrapper_of_a_method()


def method_of_a_list():
    take = [bad].pop
    role.unique_id.apply(lambda i: take()())


method_of_a_list()


def dictionary_that_makes_what_is_missing():
    class Makers(dict):
        def __missing__(self, key): return bad(key)
    makers = Makers()
    role.unique_id.apply(lambda i: makers['x'])


dictionary_that_makes_what_is_missing()


def list_of_ones_own():
    class Names(list):
        def make(self): return [bad(each) for each in self]
    names = Names(['x'])
    role.unique_id.apply(lambda i: names.make())


list_of_ones_own()


def list_that_holds_itself_elsewhere():
    class Names(list):
        def __iter__(self): return iter([])
    names = Names([bad])
    role.unique_id.apply(lambda i: names[0]())


list_that_holds_itself_elsewhere()


def exit_stack():
    stack = contextlib.ExitStack()
    stack.callback(bad)
    role.unique_id.apply(lambda i: stack.close())


exit_stack()


def method_caller():
    maker = Maker('x')
    call = operator.methodcaller('make', 'x')
    role.unique_id.apply(lambda i: call(maker))


method_caller()


def attribute_getter():
    get = operator.attrgetter('s3.BucketAcl')
    role.unique_id.apply(lambda i: get(aws)('x', bucket='b'))


attribute_getter()


def partial_as_a_special_method():
    class Site:
        __call__ = functools.partialmethod(bad)
    site = Site()
    role.unique_id.apply(lambda i: site())


partial_as_a_special_method()


def namespace_by_a_name_that_is_made_up():
    made = types.SimpleNamespace(make=bad)
    role.unique_id.apply(lambda i: getattr(made, 'ma' + 'ke')())


namespace_by_a_name_that_is_made_up()


def getattr_over_names_that_are_not_constant():
    class Site:
        def build(self): return bad()
    site = Site()
    names = ['build']
    role.unique_id.apply(lambda i: [getattr(site, name)() for name in names])


getattr_over_names_that_are_not_constant()


def getattr_over_constant_names():
    class Site:
        def build(self): return bad()
    site = Site()
    role.unique_id.apply(lambda i: [getattr(site, name)() for name in ('build',)])


getattr_over_constant_names()


def getattr_over_a_variable_that_changes():
    class Site:
        def build(self): return bad()
    site = Site()
    def f(i):
        for name in ('x',):
            name = 'bu' + 'ild'
            getattr(site, name)()
    role.unique_id.apply(f)


getattr_over_a_variable_that_changes()


def type_that_is_named_and_called():
    bucket = aws.s3.Bucket('named-and-called')
    role.unique_id.apply(lambda i: [type(bucket).__name__, type(bucket)('x')])


type_that_is_named_and_called()


def class_that_is_named_and_called():
    acl = aws.s3.BucketAcl
    role.unique_id.apply(lambda i: [acl.__name__, acl('x', bucket='b')])


class_that_is_named_and_called()


def class_that_is_asked_for_and_called():
    role.unique_id.apply(lambda i: [isinstance(i, aws.s3.BucketAcl), aws.s3.BucketAcl('x', bucket='b')])


class_that_is_asked_for_and_called()


def class_of_an_object_that_is_named_and_called():
    bucket = aws.s3.Bucket('class-of-it')
    role.unique_id.apply(lambda i: [bucket.__class__.__name__, bucket.__class__('x')])


class_of_an_object_that_is_named_and_called()


def thread_of_ones_own():
    class Worker(threading.Thread):
        def run(self): bad()
    worker = Worker()
    role.unique_id.apply(lambda i: worker.start())


thread_of_ones_own()


def enum_that_makes_what_is_missing():
    class Acl(enum.Enum):
        PUBLIC = 1
        @classmethod
        def _missing_(cls, value): bad()
    role.unique_id.apply(lambda i: Acl(i))


enum_that_makes_what_is_missing()


def finalizer():
    class Box: pass
    box = Box()
    KEPT.append(box)
    end = weakref.finalize(box, bad)
    end.atexit = False
    role.unique_id.apply(lambda i: end())


finalizer()


def class_attribute_of_a_method():
    maker = Maker('x')
    role.unique_id.apply(lambda i: maker.make(i))


class_attribute_of_a_method()
