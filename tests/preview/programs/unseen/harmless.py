"""Decides on unknown values in functions given to `apply` that construct nothing."""
import abc
import asyncio
import collections
import contextlib
import dataclasses
import enum
import functools


import csv
import hashlib
import io
import ipaddress
import json
import logging
import queue
import re
import threading
import types
import typing
import weakref

import pulumi
import pulumi_aws as aws
from common import Thing, bad, other, role, vpc, zones


import urllib.parse

import pulumi
import pulumi_aws as aws
from common import other, plain, role, vpc, zones


def fallback():
    pulumi.export("a", vpc.id.apply(lambda i: f"{(i or 'none')}!"))


fallback()


def decision():
    pulumi.export("b", vpc.id.apply(lambda i: "yes" if i == "vpc-1" else "no"))


decision()


def text():
    pulumi.export("c", vpc.id.apply(lambda i: f"vpc/{i}/x"))


text()


def upper():
    pulumi.export("d", vpc.id.apply(lambda i: i.upper().replace("-", "_")))


upper()


def json_form():
    pulumi.export("e", vpc.id.apply(lambda i: json.dumps({"Vpc": i})))


json_form()


def log_form():
    vpc.id.apply(lambda i: pulumi.log.info(f"the vpc is {i}"))


log_form()


def logging_form():
    vpc.id.apply(lambda i: logging.getLogger("x").info("the vpc is %s", i))


logging_form()


def print_form():
    vpc.id.apply(print)


print_form()


def list_form():
    vpc.id.apply([].append)


list_form()


def join():
    pulumi.export("f", zones.names.apply(lambda names: ",".join(names)))


join()


def loop():
    pulumi.export("g", zones.names.apply(lambda names: [f"{name}!" for name in names]))


loop()


def late():
    pulumi.export("h", role.unique_id.apply(lambda i: "x" if i == "y" else "z"))


late()


def other_stack():
    pulumi.export("i", other.get_output("x").apply(lambda x: x["y"]))


other_stack()


def resource_that_is_referred_to():
    pulumi.export("j", vpc.id.apply(lambda i: i == "a" and role.name))


resource_that_is_referred_to()


def helper():
    def shown(value):
        return "none" if not value else f"<{value}>"
    pulumi.export("k", vpc.id.apply(shown))


helper()


def regular_expression():
    pulumi.export("l", vpc.id.apply(lambda i: bool(re.match("vpc-", i))))


regular_expression()


def network():
    pulumi.export("m", vpc.cidr_block.apply(lambda block: str(ipaddress.ip_network(block))))


network()


def digest():
    pulumi.export("n", vpc.id.apply(lambda i: hashlib.sha256(i.encode()).hexdigest()[:8]))


digest()


def coroutine():
    async def later(i):
        await asyncio.sleep(0)
        return len(i)
    pulumi.export("o", vpc.id.apply(later))


coroutine()


def swallowed():
    def swallowed(i):
        try:
            return int(i)
        except ValueError:
            return 0
    pulumi.export("p", vpc.id.apply(swallowed))


swallowed()


def named_tuple():
    class Spec(typing.NamedTuple):
        name: str
        def shown(self): return self.name.upper()
        def create(self): return bad(self.name)
    spec = Spec('x')
    role.unique_id.apply(lambda i: spec.shown() == i)


named_tuple()


def text_enum():
    class Acl(str, enum.Enum):
        PUBLIC = 'public-read'
        def shown(self): return self.value
        def on(self, bucket): return bad(bucket)
    acl = Acl.PUBLIC
    role.unique_id.apply(lambda i: [acl.shown(), Acl('public-read').value, i == acl])


text_enum()


def cached_property():
    class Site:
        @functools.cached_property
        def text(self): return 'x'
        def build(self): return bad()
    site = Site()
    role.unique_id.apply(lambda i: site.text == i)


cached_property()


def containers():
    made = [map(str, [1]), iter([1]), {'x': 1}.values(), queue.Queue(), threading.Lock(), contextlib.ExitStack(),
            types.MappingProxyType({}), collections.ChainMap({}), collections.UserDict(x=1), weakref.WeakSet(),
            re.compile('x'), {'x': 1}.get, collections.OrderedDict(x=1), collections.Counter('x')]
    role.unique_id.apply(lambda i: [made, i == 'x'])


containers()


def dictionary_of_ones_own():
    class Names(dict):
        def __missing__(self, key): return key
    names = Names()
    role.unique_id.apply(lambda i: names[i])


dictionary_of_ones_own()


def abstract_class():
    class Shown(abc.ABC):
        def build(self): return bad()
        @abc.abstractmethod
        def shown(self): pass
    class Text(Shown):
        def shown(self): return 'x'
    text = Text()
    role.unique_id.apply(lambda i: text.shown() == i)


abstract_class()


def logger():
    log = logging.getLogger('of the program')
    role.unique_id.apply(lambda i: log.info('%s', i))


logger()


def namespace():
    made = types.SimpleNamespace(name='x', make=bad)
    role.unique_id.apply(lambda i: made.name == i)


namespace()


def name_of_a_type():
    thing = Thing('named')
    role.unique_id.apply(lambda i: f'{type(thing).__name__} {i}')


name_of_a_type()


def name_of_a_class_of_an_object():
    thing = Thing('named-too')
    role.unique_id.apply(lambda i: f'{thing.__class__.__name__} {thing.__class__.__qualname__} {i}')


name_of_a_class_of_an_object()


def name_of_a_class():
    kind = aws.s3.Bucket
    role.unique_id.apply(lambda i: f'{kind.__name__} {aws.s3.BucketAcl.__name__} {i}')


name_of_a_class()


def instance_of_a_class():
    kind = aws.s3.Bucket
    role.unique_id.apply(lambda i: [isinstance(i, kind), isinstance(i, aws.s3.BucketAcl), isinstance(i, (kind, pulumi.Resource))])


instance_of_a_class()


def component():
    class Site(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("my:index:Site", name)
            self.text = role.unique_id.apply(lambda i: f"{type(self).__name__} {i}")
            self.other = role.unique_id.apply(lambda i: f"{self.__class__.__name__} {i}")
            self.third = role.unique_id.apply(self.shown)

        def shown(self, i):
            return f"{self.__class__.__name__} {type(self).__name__} {i}"
    Site("site")


component()


def getattr_over_constant_names():
    @dataclasses.dataclass
    class Site:
        name: str

        def shown(self, i):
            return {field: getattr(self, field) for field in ("name",)}, getattr(self, "name", None), [
                getattr(self, field) for field in ["name", "name"]
            ]

        def build(self):
            return bad(self.name)
    role.unique_id.apply(Site("x").shown)


getattr_over_constant_names()


def unbound_methods():
    pulumi.export("q", vpc.id.apply(str.upper))
    pulumi.export("r", ",".join(map(str.lower, [plain.id, "X"])))
    pulumi.export("s", sorted(["b", "A"], key=str.lower))


unbound_methods()


def rows():
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([plain.id, plain.cidr_block])
    writer.writerows([["a", plain.arn]])
    pulumi.export("t", buffer.getvalue())


rows()


def digest_that_is_updated():
    known = hashlib.sha256()
    known.update(b"x")
    assert known.hexdigest().startswith("2d711642")
    assert known.digest_size == 32
    unknown = hashlib.new("sha256", b"x")
    unknown.update(plain.id.encode())
    pulumi.export("u", f"{unknown.hexdigest()[:8]}")


digest_that_is_updated()


def slice_that_is_looped_over():
    names = aws.get_availability_zones(state="available").names
    pulumi.export("v", [f"{name}!" for name in names[:2]])
    pulumi.export("w", json.dumps({"zones": names[:2], "first": list(names[:1])}))
    pulumi.export("x", [*names[1:3][:1], *zip(names[:2], ["a", "b"])])


slice_that_is_looped_over()


def pattern_beside_it():
    match {"kind": "a", "id": plain.id, "tags": {"x": plain.arn}, "list": [plain.id, 1]}:
        case {"kind": "b", "id": "vpc-1"}:
            found = ""
        case {"list": [_, 2]} | {"kind": ("c" | "d"), "tags": {"x": None}}:
            found = ""
        case {"kind": "a", "id": name, "tags": {"x": arn}, "list": [_, *_rest]} if name is not arn:
            found = f"{name}/{arn}"
    pulumi.export("y", found)


pattern_beside_it()


def error_that_is_raised_again():
    try:
        network = aws.ec2.get_vpc(default=True)
        label = f"{network.id}-{network.tags['Name']}"
    except Exception as error:
        raise ValueError("no network") from error
    try:
        label += {"a": "b"}["a"] + pulumi.get_stack()
    except (KeyError, IndexError):
        label += "none"
    pulumi.export("z", label)


error_that_is_raised_again()


def nothing_that_cannot_be():
    assert plain.id != None and plain.id is not None and None not in [plain.id]
    assert type(plain.id) is str and type(plain.tags) == dict and type("x") is not type(None)
    assert 1 < len([plain.id, plain.arn]) < 3
    known, wanted = True, True
    assert known is wanted is True is not False


nothing_that_cannot_be()


def truth_that_is_handed_on():
    pulumi.export("aa", {"both": plain.default & plain.enable_dns_support, "rest": divmod(plain.default, 2)})


truth_that_is_handed_on()


def address():
    pulumi.export("ab", "https://x/?" + urllib.parse.urlencode({"vpc": plain.id}))


address()


def texts_that_are_collected():
    texts, state = [], {}
    class Seen:
        def see(self, i):
            self.last = i.upper()
            texts.append(i)
    vpc.id.apply(lambda i: texts.append(f"x-{i}"))
    vpc.id.apply(lambda i: state.update(vpc=i, arn=f"arn:{i}"))
    vpc.id.apply(Seen().see)
    role.unique_id.apply(lambda i: texts.append(i))
    other.get_output("x").apply(lambda x: state.setdefault("x", x))


texts_that_are_collected()


def decision_that_is_not_kept():
    names = {"a": "b"}
    class Report:
        def __init__(self, i):
            self.text = "x" if i == "a" else names["a"]
    def f(i):
        tags, lines, count = {}, [], 0
        tags["x"] = i or "none"
        lines.append("y" if i == "x" else "n")
        def inner():
            nonlocal count
            count += i == "x"
        inner()
        return [tags, lines, Report(i).text, names]
    vpc.id.apply(f)


decision_that_is_not_kept()


def slice_that_things_are_made_of():
    names = aws.get_availability_zones(state="available").names
    number, things = 0, []
    for name in names[:2]:
        kind = "public"
        things.append(Thing(f"{kind}-{number}", zone=name))
        number += 1
    for name in names[:2]:
        kind = "private"
        Thing(f"{kind}-{number}", zone=name)
        number += 1
    made = [Thing(f"zone-{place}", zone=zone, block=block) for place, (zone, block) in enumerate(zip(names[:2], "ab"))]
    by = {f"z{place}": zone for place, zone in enumerate(names[:2])}
    first, second = names[:2]
    Thing("all", ids=[each.id for each in made], first=made[0].id, things=[each.id for each in things], zones=by)
    Thing("two", a=first, b=second, c=by["z0"], d=tuple(names[:2]), e=[*names[:2]], f=",".join(f"{z}!" for z in names[:2]))
    try:
        for name in names[:2]:
            Thing(f"x-{name}", first=next(iter(names[:1])))
    except Exception as error:
        raise RuntimeError("no zones") from error


slice_that_things_are_made_of()
