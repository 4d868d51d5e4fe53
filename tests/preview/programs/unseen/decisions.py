"""Compares, counts, loops over, matches and swallows what only the cloud knows."""
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
