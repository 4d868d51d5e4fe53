"""Decides on values that derive from unknown ones."""
import fnmatch
import functools
import hashlib
import ipaddress
import itertools
import json
import operator
import os
import random
import re
import zlib

import pulumi
import pulumi_aws as aws
from common import Component, bad, other, plain, role, vpc


def apply_on_a_method():
    vpc.id.apply("vpc-1 vpc-2".count).apply(lambda found: bad() if found else None)


apply_on_a_method()


def walrus():
    vpc.id.apply(lambda i: bad() if (word := i[4:]) == "1" else None)


walrus()


def f_string():
    vpc.id.apply(lambda i: bad() if f"{i}-x" == "vpc-1-x" else None)


f_string()


def join():
    vpc.id.apply(lambda i: bad() if ",".join(["a", i]) == "a,vpc-1" else None)


join()


def format_form():
    vpc.id.apply(lambda i: bad() if "{}-{:>3}".format(i, 1) == "vpc-1" else None)


format_form()


def percent():
    vpc.id.apply(lambda i: bad() if "%s-x" % i == "vpc-1-x" else None)


percent()


def percent_with_several():
    vpc.id.apply(lambda i: bad() if ("%s-%.2s" % ("x", i)).startswith("x-v") else None)


percent_with_several()


def percent_in_place():
    def f(i):
        text = "%s-x"
        text %= i
        if text == "vpc-1-x":
            bad()
    vpc.id.apply(f)


percent_in_place()


def argument_of_startswith():
    vpc.id.apply(lambda i: bad() if "vpc-1".startswith(i) else None)


argument_of_startswith()


def json_form():
    vpc.id.apply(lambda i: bad() if json.loads(json.dumps({"id": i}))["id"] == "vpc-1" else None)


json_form()


def file():
    vpc.id.apply(lambda i: bad() if os.path.exists(f"{i}.json") else None)


file()


def environment():
    vpc.id.apply(lambda i: bad() if os.environ.get(i) is None else None)


environment()


def config():
    vpc.id.apply(lambda i: bad() if pulumi.Config().get(i) is None else None)


config()


def sorted_form():
    vpc.id.apply(lambda i: bad() if sorted([i, "vpc-1"])[0] == "vpc-1" else None)


sorted_form()


def max_form():
    vpc.id.apply(lambda i: bad(max(i, "vpc-1")))


max_form()


def hash_form():
    vpc.id.apply(lambda i: bad() if hash(i) % 2 else None)


hash_form()


def digest():
    vpc.id.apply(lambda i: bad() if int(hashlib.sha256(i.encode()).hexdigest(), 16) % 2 else None)


digest()


def checksum():
    vpc.id.apply(lambda i: bad() if zlib.crc32(i.encode()) % 2 else None)


checksum()


def bytes_form():
    vpc.id.apply(lambda i: bad() if i.encode() == b"vpc-1" else None)


bytes_form()


def random_form():
    vpc.id.apply(lambda i: bad() if random.Random(i).random() < 0.5 else None)


random_form()


def fnmatch_form():
    vpc.id.apply(lambda i: bad() if fnmatch.fnmatch(i, "vpc-*") else None)


fnmatch_form()


def operator_form():
    vpc.id.apply(lambda i: bad() if operator.contains("vpc-1 vpc-2", i) else None)


operator_form()


def network():
    vpc.cidr_block.apply(lambda block: bad() if ipaddress.ip_network(block).num_addresses > 256 else None)


network()


def type_form():
    vpc.cidr_block_associations.apply(lambda found: bad() if isinstance(found, list) and found else None)


type_form()


def component():
    vpc.id.apply(lambda i: Component("deciding", i))


component()


def closed_over():
    pulumi.Output.from_input(1).apply(lambda _: bad() if plain.id == "vpc-1" else None)


closed_over()


def echoed():
    aws.ec2.Subnet("echoing", vpc_id=vpc.id, cidr_block="10.0.0.0/24").vpc_id.apply(
        lambda i: bad() if i == "vpc-1" else None)


echoed()


def built_by_the_sdk():
    pulumi.Output.concat("a-", vpc.id).apply(lambda text: bad() if text == "a-vpc-1" else None)


built_by_the_sdk()


def another_stack():
    other.get_output("x").apply(lambda x: bad())


another_stack()


def another_stack_required():
    other.require_output("x").apply(lambda x: bad())


another_stack_required()


def known_after_the_update():
    role.unique_id.apply(lambda i: bad())


known_after_the_update()


def one_of_several_known_after_the_update():
    pulumi.Output.all(role.arn, role.unique_id).apply(lambda both: bad(both[0]))


one_of_several_known_after_the_update()


def number_of_bytes():
    vpc.id.apply(lambda i: bad() if int.from_bytes(i.encode(), "big") % 2 else None)


number_of_bytes()


def bytes_in_place():
    vpc.id.apply(lambda i: bad() if bytearray(i.encode())[0] == 118 else None)


bytes_in_place()


def bool_itself():
    vpc.default.apply(bool).apply(lambda found: bad() if found else None)


bool_itself()


def any_itself():
    pulumi.Output.all(vpc.default, vpc.enable_dns_support).apply(any).apply(lambda found: bad() if found else None)


any_itself()


def all_itself():
    pulumi.Output.all(vpc.default, vpc.enable_dns_support).apply(all).apply(lambda found: bad() if found else None)


all_itself()


def set_itself():
    pulumi.Output.all(vpc.id, vpc.arn).apply(set).apply(lambda found: bad() if len(found) == 1 else None)


set_itself()


def get_of_a_dictionary():
    vpc.id.apply({"vpc-1": "bad"}.get).apply(lambda found: bad() if found else None)


get_of_a_dictionary()


def membership_in_a_set():
    vpc.id.apply({"vpc-1"}.__contains__).apply(lambda found: bad() if found else None)


membership_in_a_set()


def count_of_a_list():
    vpc.id.apply(["vpc-1"].count).apply(lambda found: bad() if found else None)


count_of_a_list()


def partial_of_an_operator():
    vpc.id.apply(functools.partial(operator.eq, "vpc-1")).apply(lambda found: bad() if found else None)


partial_of_an_operator()


def partial_of_a_pattern():
    vpc.id.apply(functools.partial(re.match, "vpc-1")).apply(lambda found: bad() if found else None)


partial_of_a_pattern()


def partial_of_fnmatch():
    vpc.id.apply(functools.partial(fnmatch.fnmatch, pat="vpc-1*")).apply(lambda found: bad() if found else None)


partial_of_fnmatch()


def unbound_upper():
    vpc.id.apply(lambda i: bad() if list(map(str.upper, [i]))[0] == "VPC-1" else None)


unbound_upper()


def unbound_isdigit():
    vpc.id.apply(lambda i: bad() if any(map(str.isdigit, [i])) else None)


unbound_isdigit()


def unbound_lower_as_a_key():
    vpc.id.apply(lambda i: bad() if sorted([i, "b"], key=str.lower)[0] == "a" else None)


unbound_lower_as_a_key()


def library_function_in_map():
    vpc.id.apply(lambda i: bad() if any(map(fnmatch.fnmatch, [i], ["vpc-1*"])) else None)


library_function_in_map()


def groups_by_an_unbound_method():
    vpc.id.apply(lambda i: bad() if len([*itertools.groupby([i, "VPC-1"], key=str.upper)]) == 1 else None)


groups_by_an_unbound_method()


def digest_that_is_updated():
    def f(i):
        h = hashlib.sha256()
        h.update(i.encode())
        if int(h.hexdigest(), 16) % 2:
            bad()
    vpc.id.apply(f)


digest_that_is_updated()


def digest_by_name():
    def f(i):
        h = hashlib.new("sha1")
        h.update(b"x")
        h.copy().update(i.encode())
        h.update(f"{i}".encode())
        if h.hexdigest()[0] in "0123":
            bad()
    vpc.id.apply(f)


digest_by_name()


def bytes_that_grow():
    def f(i):
        buffer = bytearray()
        buffer.extend(i.encode())
        if buffer.startswith(b"vpc-1"):
            bad()
    vpc.id.apply(f)


bytes_that_grow()


def bits():
    vpc.default.apply(lambda d: bad() if (d ^ False) & True else None)


bits()


def quotient():
    vpc.default.apply(lambda d: bad() if divmod(d, 2)[1] else None)


quotient()
