"""Keeps decisions on unknown values, in functions given to `apply` that construct nothing."""
import functools
import queue
import threading
import types

from common import Seen, handed, vpc

PUBLIC = False
STATE = {}


def filled():
    state = {}
    vpc.id.apply(lambda i: state.update(public=i.startswith("x")))


filled()


def global_form():
    def f(i):
        global PUBLIC
        PUBLIC = i == "vpc-1"
    vpc.id.apply(f)


global_form()


def nonlocal_form():
    public = False
    def f(i):
        nonlocal public
        if i == "vpc-1":
            public = True
    vpc.id.apply(f)


nonlocal_form()


def key():
    def f(i):
        if i == "vpc-1":
            STATE[str(i)] = True
    vpc.id.apply(f)


key()


def element():
    found = []
    vpc.id.apply(lambda i: found.append(i) if i == "x" else None)


element()


def attribute():
    holder = types.SimpleNamespace()
    def f(i):
        holder.public = i == "x"
    vpc.id.apply(f)


attribute()


def attribute_by_name():
    def f(i):
        setattr(STATE, "public", i == "x")
    vpc.id.apply(f)


attribute_by_name()


def default():
    def f(i, state={}):
        state["public"] = i == "x"
    vpc.id.apply(f)


default()


def other_name():
    state = {}
    def f(i):
        same = state
        same["public"] = i == "x"
    vpc.id.apply(f)


other_name()


def counter():
    count = [0]
    def f(i):
        count[0] += i == "x"
    vpc.id.apply(f)


counter()


def counter_of_an_object():
    def f(i):
        Seen.public += 1 if i == "x" else 0
    vpc.id.apply(f)


counter_of_an_object()


def event():
    seen = threading.Event()
    vpc.id.apply(lambda i: seen.set() if i == "x" else None)


event()


def queue_form():
    made = queue.Queue()
    vpc.id.apply(lambda i: made.put(i == "x"))


queue_form()


def coroutine():
    flags = [False]
    async def f(i):
        flags[0] = i == "x"
    vpc.id.apply(f)


coroutine()


def method_that_keeps():
    vpc.id.apply(Seen().see)


method_that_keeps()


def method_of_a_class_that_keeps():
    vpc.id.apply(lambda i: Seen.note(i))


method_of_a_class_that_keeps()


def function_that_is_handed_one():
    vpc.id.apply(functools.partial(handed, {}))


function_that_is_handed_one()
