"""Compares, counts, loops over and matches unknown values, and catches their errors."""
import contextlib
import re
from re import match as matches

import pulumi
import pulumi_aws as aws
from common import bad, factories, other, vpc, zones


def startswith():
    def f(i):
        if i.startswith("vpc-"):
            bad()
    vpc.id.apply(f)


startswith()


def comparison():
    vpc.id.apply(lambda i: bad() if i == "vpc-1" else None)


comparison()


def order():
    vpc.id.apply(lambda i: bad() if i < "vpc-1" else None)


order()


def truth():
    vpc.id.apply(lambda i: i and bad())


truth()


def truth_of_a_flag():
    vpc.enable_dns_support.apply(lambda on: None if on else bad())


truth_of_a_flag()


def is_form():
    vpc.enable_dns_support.apply(lambda on: None if on is True else bad())


is_form()


def membership():
    vpc.id.apply(lambda i: bad() if i in ("vpc-1", "vpc-2") else None)


membership()


def membership_in_a_set():
    vpc.id.apply(lambda i: bad() if i in {"vpc-1", "vpc-2"} else None)


membership_in_a_set()


def membership_in_a_text():
    vpc.id.apply(lambda i: bad() if i in "vpc-1 vpc-2" else None)


membership_in_a_text()


def not_in_a_text():
    vpc.id.apply(lambda i: bad() if i not in "vpc-1 vpc-2" else None)


not_in_a_text()


def length():
    zones.names.apply(lambda names: bad() if len(names) > 2 else None)


length()


def loop():
    def f(names):
        for name in names:
            bad(name)
    zones.names.apply(f)


loop()


def comprehension():
    zones.names.apply(lambda names: [bad(name) for name in names if name])


comprehension()


def comprehension_filter():
    zones.names.apply(lambda names: [bad(name) for name in names[:2] if name != "a"])


comprehension_filter()


def conversion():
    vpc.cidr_block.apply(lambda block: bad() if int(block.split("/")[1]) < 20 else None)


conversion()


def conversion_with_a_base():
    def f(i):
        try:
            int(i, 16)
        except ValueError:
            return
        bad()
    vpc.id.apply(f)


conversion_with_a_base()


def conversion_of_a_number_that_is_counted_to():
    def f(i):
        for number in range(int(i)):
            bad(str(number))
    vpc.id.apply(f)


conversion_of_a_number_that_is_counted_to()


def length_that_is_counted_to():
    zones.names.apply(lambda names: [bad(str(number)) for number in range(len(names))])


length_that_is_counted_to()


def regular_expression():
    vpc.id.apply(lambda i: bad() if re.match("vpc-[0-9]+", i) else None)


regular_expression()


def precompiled():
    pattern = re.compile("vpc-[0-9]+")
    vpc.id.apply(lambda i: bad() if pattern.fullmatch(i) else None)


precompiled()


def match_by_its_name():
    vpc.id.apply(lambda i: bad() if matches("vpc-[0-9]+", i) else None)


match_by_its_name()


def method_that_is_handed_on():
    vpc.id.apply(lambda i: [bad() for _ in filter(re.compile("vpc").match, [i])])


method_that_is_handed_on()


def match_statement():
    def f(i):
        match i:
            case "vpc-1":
                bad()
    vpc.id.apply(f)


match_statement()


def match_statement_on_a_list():
    def f(names):
        match names:
            case [one, two]:
                bad()
    zones.names.apply(f)


match_statement_on_a_list()


def dictionary():
    vpc.id.apply(lambda i: factories.get(i, factories["other"])())


dictionary()


def dictionary_of_factories():
    vpc.id.apply(lambda i: factories[i]())


dictionary_of_factories()


def exception():
    def f(i):
        try:
            number = int(i)
        except Exception:
            number = 0
        if number:
            bad()
    vpc.id.apply(f)


exception()


def nothing_by_equality():
    vpc.tags.apply(lambda t: bad() if t.get("public") == None else None)


nothing_by_equality()


def not_nothing_by_equality():
    vpc.tags.apply(lambda t: bad() if t.get("public") != None else None)


not_nothing_by_equality()


def nothing_among_others():
    vpc.tags.apply(lambda t: bad() if None in [t.get("public")] else None)


nothing_among_others()


def among_nothing():
    vpc.tags.apply(lambda t: bad() if t.get("public") in (None,) else None)


among_nothing()


def type_of_nothing():
    vpc.tags.apply(lambda t: bad() if type(t.get("public")) is type(None) else None)


type_of_nothing()


def truth_on_the_left():
    vpc.default.apply(lambda d: bad() if True is d else None)


truth_on_the_left()


def truth_by_name():
    want = True
    vpc.default.apply(lambda d: bad() if d is want else None)


truth_by_name()


def truth_in_a_chain():
    vpc.default.apply(lambda d: bad() if d is True is not False else None)


truth_in_a_chain()


def match_a_field():
    def f(v):
        match v:
            case aws.ec2.GetVpcResult(default=True):
                bad()
    vpc.apply(f)


match_a_field()


def match_in_a_mapping():
    def f(d):
        match {"default": d}:
            case {"default": True}:
                bad()
    vpc.default.apply(f)


match_in_a_mapping()


def match_in_a_tuple():
    def f(d):
        match ("dev", d):
            case ("dev", True):
                bad()
    vpc.default.apply(f)


match_in_a_tuple()


def match_deep_in_a_mapping():
    def f(t):
        match {"tags": t}:
            case {"tags": {"env": "prod"}}:
                bad()
    vpc.tags.apply(f)


match_deep_in_a_mapping()


def match_deep_in_a_list():
    def f(names):
        match [names]:
            case [[_first, *_rest]]:
                bad()
    zones.names.apply(f)


match_deep_in_a_list()


def match_nothing():
    def f(t):
        match [t.get("private")]:
            case [None]:
                bad()
    vpc.tags.apply(f)


match_nothing()


def slice_by_truth():
    zones.names.apply(lambda names: bad() if names[:1] else None)


slice_by_truth()


def slice_by_equality():
    zones.names.apply(lambda names: bad() if names[:1] == [] else None)


slice_by_equality()


def slice_by_length():
    zones.names.apply(lambda names: bad() if len(names[:3]) < 3 else None)


slice_by_length()


def parts_by_length():
    vpc.id.apply(lambda i: bad() if len(i.split(",")[:5]) < 5 else None)


parts_by_length()


def no_such_element():
    def f(names):
        try:
            names[0]
        except IndexError:
            bad()
    zones.names.apply(f)


no_such_element()


def no_such_key():
    def f(tags):
        try:
            tags["private"]
        except (KeyError, ValueError):
            bad()
    vpc.tags.apply(f)


no_such_key()


def no_such_key_suppressed():
    def f(tags):
        found = False
        with contextlib.suppress(KeyError):
            tags["private"]
            found = True
        if not found:
            bad()
    vpc.tags.apply(f)


no_such_key_suppressed()


def no_such_network():
    def f(i):
        try:
            aws.ec2.get_vpc(id=i)
        except Exception:
            bad()
    vpc.id.apply(f)


no_such_network()
