"""Nothing hides behind `apply`: what a function constructs that cannot run to its end is undecided, and blocks."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from policypack.policy import Kind
from stackguard.errors import CannotJudge
from stackguard.gate import Request, judge
from stackguard.preview import Preview, run
from stackguard.reports import Report
from stackguard.sources import HowToRun

POLICY = "pulumi-unseen-resource"
PREAMBLE = """
import asyncio, contextlib, fnmatch, functools, hashlib, io, ipaddress, itertools, json, logging, operator, os, re
import random, string, urllib.parse, uuid, zlib
from re import match as matches
import pulumi, pulumi_aws as aws

vpc = aws.ec2.get_vpc_output(default=True)
plain = aws.ec2.get_vpc(default=True)
zones = aws.get_availability_zones_output(state="available")
other = pulumi.StackReference("acme/network/dev")
role = aws.iam.Role("role", assume_role_policy=json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}))

class Thing(pulumi.CustomResource):
    def __init__(self, name, opts=None, **props):
        super().__init__("test:index:Thing", name, props, opts)

def bad(name="bad"):
    return aws.s3.BucketAcl(name, bucket="b", acl="public-read")

def behind(value):
    if value == "vpc-1":
        bad()

def further(value):
    behind(value)

class Maker:
    kind = aws.s3.BucketAcl

    def __init__(self, word):
        self.word = word

    def make(self, value):
        if value.endswith(self.word):
            self.kind("bad", bucket="b", acl="public-read")

    def __call__(self, value):
        self.make(value)

class Component(pulumi.ComponentResource):
    def __init__(self, name, value):
        super().__init__("my:index:Component", name)
        if value > "vpc-5":
            bad(name)

factories = {"vpc-1": bad, "other": lambda: None}
"""

DECIDING: Mapping[str, str] = {
    "startswith": """
        def f(i):
            if i.startswith("vpc-"):
                bad()
        vpc.id.apply(f)
    """,
    "comparison": """
        vpc.id.apply(lambda i: bad() if i == "vpc-1" else None)
    """,
    "order": """
        vpc.id.apply(lambda i: bad() if i < "vpc-1" else None)
    """,
    "truth": """
        vpc.id.apply(lambda i: i and bad())
    """,
    "truth of a flag": """
        vpc.enable_dns_support.apply(lambda on: None if on else bad())
    """,
    "is": """
        vpc.enable_dns_support.apply(lambda on: None if on is True else bad())
    """,
    "membership": """
        vpc.id.apply(lambda i: bad() if i in ("vpc-1", "vpc-2") else None)
    """,
    "membership in a set": """
        vpc.id.apply(lambda i: bad() if i in {"vpc-1", "vpc-2"} else None)
    """,
    "membership in a text": """
        vpc.id.apply(lambda i: bad() if i in "vpc-1 vpc-2" else None)
    """,
    "not in a text": """
        vpc.id.apply(lambda i: bad() if i not in "vpc-1 vpc-2" else None)
    """,
    "length": """
        zones.names.apply(lambda names: bad() if len(names) > 2 else None)
    """,
    "loop": """
        def f(names):
            for name in names:
                bad(name)
        zones.names.apply(f)
    """,
    "comprehension": """
        zones.names.apply(lambda names: [bad(name) for name in names if name])
    """,
    "comprehension filter": """
        zones.names.apply(lambda names: [bad(name) for name in names[:2] if name != "a"])
    """,
    "conversion": """
        vpc.cidr_block.apply(lambda block: bad() if int(block.split("/")[1]) < 20 else None)
    """,
    "conversion with a base": """
        def f(i):
            try:
                int(i, 16)
            except ValueError:
                return
            bad()
        vpc.id.apply(f)
    """,
    "conversion of a number that is counted to": """
        def f(i):
            for number in range(int(i)):
                bad(str(number))
        vpc.id.apply(f)
    """,
    "length that is counted to": """
        zones.names.apply(lambda names: [bad(str(number)) for number in range(len(names))])
    """,
    "regular expression": """
        vpc.id.apply(lambda i: bad() if re.match("vpc-[0-9]+", i) else None)
    """,
    "precompiled": """
        pattern = re.compile("vpc-[0-9]+")
        vpc.id.apply(lambda i: bad() if pattern.fullmatch(i) else None)
    """,
    "match by its name": """
        vpc.id.apply(lambda i: bad() if matches("vpc-[0-9]+", i) else None)
    """,
    "method that is handed on": """
        vpc.id.apply(lambda i: [bad() for _ in filter(re.compile("vpc").match, [i])])
    """,
    "match statement": """
        def f(i):
            match i:
                case "vpc-1":
                    bad()
        vpc.id.apply(f)
    """,
    "match statement on a list": """
        def f(names):
            match names:
                case [one, two]:
                    bad()
        zones.names.apply(f)
    """,
    "dictionary": """
        vpc.id.apply(lambda i: factories.get(i, factories["other"])())
    """,
    "dictionary of factories": """
        vpc.id.apply(lambda i: factories[i]())
    """,
    "exception": """
        def f(i):
            try:
                number = int(i)
            except Exception:
                number = 0
            if number:
                bad()
        vpc.id.apply(f)
    """,
    "base exception": """
        def f(i):
            try:
                found = i == "vpc-1"
            except BaseException:
                found = False
            if found:
                bad()
        vpc.id.apply(f)
    """,
    "bare except": """
        def f(i):
            try:
                if i == "vpc-1":
                    bad()
            except:
                pass
        vpc.id.apply(f)
    """,
    "suppress": """
        def f(i):
            with contextlib.suppress(BaseException):
                if i == "vpc-1":
                    bad()
        vpc.id.apply(f)
    """,
    "failure": """
        vpc.id.apply(lambda i: bad(i.nothing))
    """,
    "all": """
        pulumi.Output.all(vpc.id, zones.id).apply(lambda both: bad() if both[0] == both[1] else None)
    """,
    "all by name": """
        pulumi.Output.all(vpc=vpc.id, one=1).apply(lambda both: bad() if both["vpc"] == "vpc-1" else None)
    """,
    "helper": """
        vpc.id.apply(behind)
    """,
    "two helpers": """
        vpc.id.apply(lambda i: further(i))
    """,
    "method": """
        vpc.id.apply(Maker("1").make)
    """,
    "object that is called": """
        vpc.id.apply(Maker("1"))
    """,
    "closure": """
        def around(make):
            def f(i):
                if i == "vpc-1":
                    make()
            return f
        vpc.id.apply(around(bad))
    """,
    "partial": """
        def f(make, i):
            if i == "vpc-1":
                make()
        vpc.id.apply(functools.partial(f, bad))
    """,
    "partial of a class": """
        vpc.id.apply(functools.partial(Component, "partial"))
    """,
    "default": """
        vpc.id.apply(lambda i, make=bad: make() if i == "vpc-1" else None)
    """,
    "getattr": """
        vpc.id.apply(lambda i: getattr(aws.s3, "Bucket" + "Acl")("x", bucket="b") if i == "vpc-1" else None)
    """,
    "import inside": """
        def f(i):
            from pulumi_aws.s3 import BucketAcl
            if i == "vpc-1":
                BucketAcl("bad", bucket="b")
        vpc.id.apply(f)
    """,
    "coroutine": """
        async def f(i):
            await asyncio.sleep(0)
            if i == "vpc-1":
                bad()
        vpc.id.apply(f)
    """,
    "nested apply": """
        vpc.id.apply(lambda i: zones.id.apply(lambda z: bad() if z == "x" else None))
    """,
    "apply on a decision": """
        vpc.id.apply(lambda i: i == "vpc-1").apply(lambda found: bad() if found else None)
    """,
    "apply on a swallowed decision": """
        def f(i):
            try:
                return i == "vpc-1"
            except BaseException:
                return False
        vpc.id.apply(f).apply(lambda found: bad() if found else None)
    """,
    "apply on a method": """
        vpc.id.apply("vpc-1 vpc-2".count).apply(lambda found: bad() if found else None)
    """,
    "walrus": """
        vpc.id.apply(lambda i: bad() if (word := i[4:]) == "1" else None)
    """,
    "f-string": """
        vpc.id.apply(lambda i: bad() if f"{i}-x" == "vpc-1-x" else None)
    """,
    "join": """
        vpc.id.apply(lambda i: bad() if ",".join(["a", i]) == "a,vpc-1" else None)
    """,
    "format": """
        vpc.id.apply(lambda i: bad() if "{}-{:>3}".format(i, 1) == "vpc-1" else None)
    """,
    "percent": """
        vpc.id.apply(lambda i: bad() if "%s-x" % i == "vpc-1-x" else None)
    """,
    "percent with several": """
        vpc.id.apply(lambda i: bad() if ("%s-%.2s" % ("x", i)).startswith("x-v") else None)
    """,
    "percent in place": """
        def f(i):
            text = "%s-x"
            text %= i
            if text == "vpc-1-x":
                bad()
        vpc.id.apply(f)
    """,
    "argument of startswith": """
        vpc.id.apply(lambda i: bad() if "vpc-1".startswith(i) else None)
    """,
    "json": """
        vpc.id.apply(lambda i: bad() if json.loads(json.dumps({"id": i}))["id"] == "vpc-1" else None)
    """,
    "file": """
        vpc.id.apply(lambda i: bad() if os.path.exists(f"{i}.json") else None)
    """,
    "environment": """
        vpc.id.apply(lambda i: bad() if os.environ.get(i) is None else None)
    """,
    "config": """
        vpc.id.apply(lambda i: bad() if pulumi.Config().get(i) is None else None)
    """,
    "sorted": """
        vpc.id.apply(lambda i: bad() if sorted([i, "vpc-1"])[0] == "vpc-1" else None)
    """,
    "max": """
        vpc.id.apply(lambda i: bad(max(i, "vpc-1")))
    """,
    "hash": """
        vpc.id.apply(lambda i: bad() if hash(i) % 2 else None)
    """,
    "digest": """
        vpc.id.apply(lambda i: bad() if int(hashlib.sha256(i.encode()).hexdigest(), 16) % 2 else None)
    """,
    "checksum": """
        vpc.id.apply(lambda i: bad() if zlib.crc32(i.encode()) % 2 else None)
    """,
    "bytes": """
        vpc.id.apply(lambda i: bad() if i.encode() == b"vpc-1" else None)
    """,
    "random": """
        vpc.id.apply(lambda i: bad() if random.Random(i).random() < 0.5 else None)
    """,
    "fnmatch": """
        vpc.id.apply(lambda i: bad() if fnmatch.fnmatch(i, "vpc-*") else None)
    """,
    "operator": """
        vpc.id.apply(lambda i: bad() if operator.contains("vpc-1 vpc-2", i) else None)
    """,
    "network": """
        vpc.cidr_block.apply(lambda block: bad() if ipaddress.ip_network(block).num_addresses > 256 else None)
    """,
    "type": """
        vpc.cidr_block_associations.apply(lambda found: bad() if isinstance(found, list) and found else None)
    """,
    "component": """
        vpc.id.apply(lambda i: Component("deciding", i))
    """,
    "closed over": """
        pulumi.Output.from_input(1).apply(lambda _: bad() if plain.id == "vpc-1" else None)
    """,
    "echoed": """
        aws.ec2.Subnet("echoing", vpc_id=vpc.id, cidr_block="10.0.0.0/24").vpc_id.apply(
            lambda i: bad() if i == "vpc-1" else None)
    """,
    "built by the SDK": """
        pulumi.Output.concat("a-", vpc.id).apply(lambda text: bad() if text == "a-vpc-1" else None)
    """,
    "another stack": """
        other.get_output("x").apply(lambda x: bad())
    """,
    "another stack, required": """
        other.require_output("x").apply(lambda x: bad())
    """,
    "known after the update": """
        role.unique_id.apply(lambda i: bad())
    """,
    "one of several known after the update": """
        pulumi.Output.all(role.arn, role.unique_id).apply(lambda both: bad(both[0]))
    """,
    "with unknowns": """
        role.unique_id.apply(lambda i: bad() if i == "x" else None, run_with_unknowns=True)
    """,
    "buffer": """
        def f(i):
            buffer = io.StringIO()
            buffer.write(i)
            if buffer.getvalue().startswith("vpc-1"):
                bad()
        vpc.id.apply(f)
    """,
}

HARMLESS: Mapping[str, str] = {
    "fallback": """pulumi.export("a", vpc.id.apply(lambda i: f"{(i or 'none')}!"))""",
    "decision": """pulumi.export("b", vpc.id.apply(lambda i: "yes" if i == "vpc-1" else "no"))""",
    "text": """pulumi.export("c", vpc.id.apply(lambda i: f"vpc/{i}/x"))""",
    "upper": """pulumi.export("d", vpc.id.apply(lambda i: i.upper().replace("-", "_")))""",
    "json": """pulumi.export("e", vpc.id.apply(lambda i: json.dumps({"Vpc": i})))""",
    "log": """vpc.id.apply(lambda i: pulumi.log.info(f"the vpc is {i}"))""",
    "logging": """vpc.id.apply(lambda i: logging.getLogger("x").info("the vpc is %s", i))""",
    "print": """vpc.id.apply(print)""",
    "list": """vpc.id.apply([].append)""",
    "join": """pulumi.export("f", zones.names.apply(lambda names: ",".join(names)))""",
    "loop": """pulumi.export("g", zones.names.apply(lambda names: [f"{name}!" for name in names]))""",
    "late": """pulumi.export("h", role.unique_id.apply(lambda i: "x" if i == "y" else "z"))""",
    "other stack": """pulumi.export("i", other.get_output("x").apply(lambda x: x["y"]))""",
    "resource that is referred to": """pulumi.export("j", vpc.id.apply(lambda i: i == "a" and role.name))""",
    "helper": """
        def shown(value):
            return "none" if not value else f"<{value}>"
        pulumi.export("k", vpc.id.apply(shown))
    """,
    "regular expression": """pulumi.export("l", vpc.id.apply(lambda i: bool(re.match("vpc-", i))))""",
    "network": """pulumi.export("m", vpc.cidr_block.apply(lambda block: str(ipaddress.ip_network(block))))""",
    "digest": """pulumi.export("n", vpc.id.apply(lambda i: hashlib.sha256(i.encode()).hexdigest()[:8]))""",
    "coroutine": """
        async def later(i):
            await asyncio.sleep(0)
            return len(i)
        pulumi.export("o", vpc.id.apply(later))
    """,
    "swallowed": """
        def swallowed(i):
            try:
                return int(i)
            except ValueError:
                return 0
        pulumi.export("p", vpc.id.apply(swallowed))
    """,
}

UNDECIDING: Mapping[str, str] = {
    "property": """vpc.id.apply(lambda i: Thing("s1", vpc_id=i))""",
    "text": """vpc.id.apply(lambda i: Thing("s2", text=f"x-{i}", upper=i.upper()))""",
    "name": """vpc.id.apply(lambda i: Thing(f"s3-{i}"))""",
    "document": """vpc.id.apply(lambda i: Thing("s4", doc=json.dumps({"Vpc": i}), more=",".join([i, "x"])))""",
    "parts": """vpc.cidr_block.apply(lambda block: Thing("s5", block=block.split("/")[0] + "/24"))""",
    "first of a list": """zones.names.apply(lambda names: [Thing(f"s6-{n}", zone=z) for n, z in enumerate(names[:2])])""",
    "coroutine": """
        async def constructing(i):
            await asyncio.sleep(0)
            Thing("s7", vpc_id=i)
        vpc.id.apply(constructing)
    """,
    "whole": """vpc.apply(lambda found: Thing("s8", vpc_id=found.id, block=found.cidr_block))""",
    "all": """pulumi.Output.all(vpc.id, role.arn).apply(lambda both: Thing("s9", both=both))""",
    "known": """role.arn.apply(lambda arn: Thing("s10", arn=arn) if arn.startswith("arn:") else None)""",
    "formatted": """vpc.id.apply(lambda i: Thing("s11", a="%s!" % i, b="{}!".format(i), c="a-" + i, d=str(i)))""",
    "log": """
        def chatty(i):
            print(i)
            logging.getLogger("x").warning("%s", i)
            pulumi.log.info(i)
            Thing("s12", vpc_id=i)
        vpc.id.apply(chatty)
    """,
    "dictionary": """vpc.id.apply(lambda i: Thing("s13", **{"tags": dict(Name=i), "list": [*map(str, [i])]}))""",
    "quoted": """vpc.id.apply(lambda i: Thing("s14", a=repr([i]), b=string.Template("$a!").substitute(a=i)))""",
    "type": """vpc.id.apply(lambda i: Thing("s15", a=i if isinstance(i, str) else "x"))""",
    "replaced": """vpc.id.apply(lambda i: Thing("s16", a=re.sub("[^a-z]", "-", i), b="a-b".replace("b", i)))""",
}

OUTSIDE: Mapping[str, str] = {
    "f-string": """if f"{plain.id}-x" == "vpc-1-x": bad()""",
    "text": """if plain.id in "vpc-1 vpc-2": bad()""",
    "pattern": """if re.compile("vpc-1").match(plain.id): bad()""",
    "join": """if ",".join([plain.id]) == "vpc-1": bad()""",
    "percent": """if ("%s" % plain.id).isdigit(): bad()""",
    "file": """if not os.path.exists(plain.id): bad()""",
    "swallowed": """
        try:
            int(plain.id, 16)
        except ValueError:
            bad()
    """,
}


def program(folder: Path, source: str) -> Path:
    (folder / "Pulumi.yaml").write_text("name: asks\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    (folder / "__main__.py").write_text(source)
    return folder


def judged(folder: Path, source: str) -> Report:
    return judge(Request(str(program(folder, PREAMBLE + textwrap.dedent(source))), HowToRun(timeout=60)))


@cache
def blocks(kind: str) -> tuple[Mapping[str, range], Preview]:
    """One program with all forms of a kind in it, and the lines of each."""
    forms = {"deciding": DECIDING, "harmless": HARMLESS, "undeciding": UNDECIDING}[kind]
    source, lines = PREAMBLE, {}
    for number, (name, text) in enumerate(forms.items()):
        body = textwrap.indent(textwrap.dedent(text).strip("\n"), "    ")
        start = source.count("\n") + 1
        source += f"def form_{number}():\n{body}\nform_{number}()\n"
        lines[name] = range(start, source.count("\n") + 1)
    with TemporaryDirectory() as folder:
        return lines, run(program(Path(folder), source), timeout=120)


@pytest.mark.parametrize("form", DECIDING)
def test_what_follows_a_decision_in_apply_is_not_seen(form: str) -> None:
    lines, preview = blocks("deciding")
    found = [each for each in preview.unseen if each.position and each.position.line in lines[form]]
    helpers = {"helper": "behind", "two helpers": "behind", "method": "make", "object that is called": "make"}
    if form in {*helpers, "component", "partial of a class"}:
        found = [each for each in preview.unseen if each.position and each.position.line < min(lines["startswith"])]
    assert found
    assert all(each.why.startswith("constructs resources in a function given to `apply` that ") for each in found)
    assert all(each.position and each.position.file == "__main__.py" for each in found)
    assert all(f"`__main__.py:{each.position.line}`" in each.why for each in found if each.position)


def test_no_resource_of_a_decision_is_made_up() -> None:
    assert [each.name for each in blocks("deciding")[1].resources if each.type == "aws:s3/bucketAcl:BucketAcl"] == []


@pytest.mark.parametrize("form", HARMLESS)
def test_a_function_that_constructs_nothing_is_not_disturbed(form: str) -> None:
    lines, preview = blocks("harmless")
    assert [each for each in preview.unseen if each.position and each.position.line in lines[form]] == []


@pytest.mark.parametrize("form", UNDECIDING)
def test_a_function_that_constructs_and_does_not_decide_is_seen(form: str) -> None:
    lines, preview = blocks("undeciding")
    assert [each for each in preview.unseen if each.position and each.position.line in lines[form]] == []
    at = [each.position for each in preview.resources if each.type == "test:index:Thing" and each.position]
    assert any(position.line in lines[form] for position in at)


@pytest.mark.parametrize("form", OUTSIDE)
def test_outside_of_apply_the_lines_for_the_mock_file_are_printed(tmp_path: Path, form: str) -> None:
    with pytest.raises(CannotJudge, match="give it with `--mock FILE`") as caught:
        judged(tmp_path, OUTSIDE[form])
    assert "functions:\n  - token: aws:" in caught.value.detail


def test_the_gate_closes_and_says_where_why_and_what_to_give(tmp_path: Path) -> None:
    report = judged(tmp_path, DECIDING["startswith"] + DECIDING["known after the update"])
    found = [each for each in report.outcomes if each.policy.id == POLICY]
    assert report.exit_code == 1
    assert [each.kind for each in found] == [Kind.UNDECIDED] * 2
    assert [each.resource.type for each in found] == ["pulumi:pulumi:Stack"] * 2
    lines = (tmp_path / "__main__.py").read_text().splitlines()
    decides, waits = found
    assert decides.resource.position
    assert 'i.startswith("vpc-")' in lines[decides.resource.position.line - 1]
    assert "needs `id` of `aws:ec2/getVpc:getVpc`, which only the cloud knows" in decides.message
    assert "`- {token: 'aws:ec2/getVpc:getVpc', args: {default: true}, result: {id: <text>}}`" in decides.fix
    assert waits.waits_for[0].endswith("::aws:iam/role:Role::role")
    assert waits.resource.position
    assert "role.unique_id.apply" in lines[waits.resource.position.line - 1]


def test_a_stack_with_look_alikes_only_is_clean(tmp_path: Path) -> None:
    source = "\n".join(textwrap.dedent(each).strip("\n") for each in (*HARMLESS.values(), *UNDECIDING.values()))
    report = judged(tmp_path, source)
    assert [(each.policy.id, each.message) for each in report.outcomes] == []
    assert report.exit_code == 0
