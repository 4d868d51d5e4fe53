"""Decides on what only the cloud knows in functions given to `apply` that construct nothing."""
import asyncio
import hashlib
import ipaddress
import json
import logging
import re

import pulumi
import pulumi_aws as aws
from common import other, role, vpc, zones


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
