"""Constructs resources in functions given to `apply` that decide on no unknown value."""
import asyncio
import json
import logging
import os
import re
import shlex
import string
import textwrap
import urllib.parse

import pulumi
import pulumi_aws as aws
import yaml
from common import Thing, role, vpc, zones


def property_form():
    vpc.id.apply(lambda i: Thing("s1", vpc_id=i))


property_form()


def text():
    vpc.id.apply(lambda i: Thing("s2", text=f"x-{i}", upper=i.upper()))


text()


def name():
    vpc.id.apply(lambda i: Thing(f"s3-{i}"))


name()


def document():
    vpc.id.apply(lambda i: Thing("s4", doc=json.dumps({"Vpc": i}), more=",".join([i, "x"])))


document()


def parts():
    vpc.cidr_block.apply(lambda block: Thing("s5", block=block.split("/")[0] + "/24"))


parts()


def first_of_a_list():
    zones.names.apply(lambda names: [Thing(f"s6-{n}", zone=z) for n, z in enumerate(names[:2])])


first_of_a_list()


def coroutine():
    async def constructing(i):
        await asyncio.sleep(0)
        Thing("s7", vpc_id=i)
    vpc.id.apply(constructing)


coroutine()


def whole():
    vpc.apply(lambda found: Thing("s8", vpc_id=found.id, block=found.cidr_block))


whole()


def all_form():
    pulumi.Output.all(vpc.id, role.arn).apply(lambda both: Thing("s9", both=both))


all_form()


def known():
    role.arn.apply(lambda arn: Thing("s10", arn=arn) if arn.startswith("arn:") else None)


known()


def formatted():
    vpc.id.apply(lambda i: Thing("s11", a="%s!" % i, b="{}!".format(i), c="a-" + i, d=str(i)))


formatted()


def log_form():
    def chatty(i):
        print(i)
        logging.getLogger("x").warning("%s", i)
        pulumi.log.info(i)
        Thing("s12", vpc_id=i)
    vpc.id.apply(chatty)


log_form()


def dictionary():
    vpc.id.apply(lambda i: Thing("s13", **{"tags": dict(Name=i), "list": [*map(str, [i])]}))


dictionary()


def quoted():
    vpc.id.apply(lambda i: Thing("s14", a=repr([i]), b=string.Template("$a!").substitute(a=i)))


quoted()


def type_form():
    vpc.id.apply(lambda i: Thing("s15", a=i if isinstance(i, str) else "x"))


type_form()


def replaced():
    vpc.id.apply(lambda i: Thing("s16", a=re.sub("[^a-z]", "-", i), b="a-b".replace("b", i)))


replaced()


def joined():
    def f(i):
        path = os.path.join("/a", i, "b")
        Thing("s17", a=path, b=shlex.quote(i), c=urllib.parse.urljoin("https://x/", i), d=textwrap.indent(i, "  "))
    vpc.id.apply(f)


joined()


def yaml_form():
    vpc.id.apply(lambda i: Thing("s18", text=yaml.safe_dump({"a": i, "b": [f"x{i}"]})))


yaml_form()


def built_step_by_step():
    def lines(i):
        yield "# all of it"
        yield from (f"{key}={value}" for key, value in {"a": i, "b": "x"}.items())
    def f(i):
        text, _ = re.subn("-", "_", i)
        tags = {"text": text}
        tags.setdefault("x", "y")
        tags.update(z=i, lines="\n".join(lines(i)))
        Thing("s19", tags=tags)
    vpc.id.apply(f)


built_step_by_step()
