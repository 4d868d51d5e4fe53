"""Nothing hides behind `apply`: what a function constructs that cannot run to its end is undecided, and blocks."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from policypack.core.policy import Kind, Unknown, Unseen
from stackguard.errors import CannotJudge
from stackguard.gate.request import CheckRequest, judge
from stackguard.preview import Preview, run
from stackguard.reports import Report
from stackguard.reports.places import place_of
from stackguard.sources import RunOptions

PROGRAM = Path(__file__).parents[1] / "programs" / "unseen"
POLICY = "pulumi-unseen-resource"
BAD = "aws:s3/bucketAcl:BucketAcl"
DECIDING = ("decisions", "reaching", "texts", "libraries", "objects", "outputs", "slices")
ELSEWHERE = {
    "helper": "behind",
    "two_helpers": "behind",
    "index_behind_a_helper": "third",
    "method": "Maker",
    "object_that_is_called": "Maker",
    "partial_of_a_class": "Component",
    "component": "Component",
    "method_that_keeps": "Seen",
    "method_of_a_class_that_keeps": "Seen",
    "function_that_is_handed_one": "handed",
}
"""The forms of which a function or class of `common.py` decides."""
UNWINDING = {"try_finally"}
"""The forms that construct a resource although they do not run to their end."""


def functions(module: str) -> dict[str, range]:
    """The functions and classes of a module of the program, with their lines."""
    tree = ast.parse((PROGRAM / f"{module}.py").read_text())
    definitions = [definition for definition in tree.body if isinstance(definition, (ast.FunctionDef, ast.ClassDef))]
    return {
        definition.name: range(definition.lineno, (definition.end_lineno or definition.lineno) + 1)
        for definition in definitions
    }


def forms(*modules: str) -> list[tuple[str, str]]:
    return [(module, name) for module in modules for name in functions(module)]


@cache
def preview(*modules: str) -> Preview:
    return run(PROGRAM, config={"asks:forms": " ".join(modules)}, timeout=120)


def unseen(preview: Preview, module: str, name: str) -> list[Unseen]:
    """The unseen places in the lines of a form."""
    file, name = ("common", ELSEWHERE[name]) if name in ELSEWHERE else (module, name)
    lines = functions(file)[name]
    return [
        place
        for place in preview.unseen
        if place.position and place.position.file == f"{file}.py" and place.position.line in lines
    ]


@pytest.mark.parametrize(("module", "name"), forms(*DECIDING))
def test_a_resource_that_depends_on_a_decision_in_apply_is_not_seen(module: str, name: str) -> None:
    places = unseen(preview(*DECIDING), module, name)
    assert places
    for place in places:
        assert place.why.startswith("constructs resources in a function given to `apply` that ")
        assert place.position
        assert f"`{place.position.file}:{place.position.line}`" in place.why
        assert place.fix.endswith(".")


def test_no_resource_that_depends_on_a_decision_is_invented() -> None:
    bad = [resource for resource in preview(*DECIDING).resources if resource.type == BAD]
    assert len(bad) == len(UNWINDING)


@pytest.mark.parametrize(("module", "name"), forms("keeping"))
def test_a_decision_that_a_function_keeps_is_not_seen(module: str, name: str) -> None:
    places = unseen(preview("keeping"), module, name)
    assert places
    for place in places:
        assert place.why.startswith(
            "keeps what resources may follow from in a function given to `apply` that needs `id`"
        )


@pytest.mark.parametrize(("module", "name"), forms("harmless"))
def test_a_function_that_constructs_nothing_is_not_reported(module: str, name: str) -> None:
    assert unseen(preview("harmless", "seen"), module, name) == []


@pytest.mark.parametrize(("module", "name"), forms("seen"))
def test_a_resource_that_depends_on_no_decision_is_seen(module: str, name: str) -> None:
    ran = preview("harmless", "seen")
    assert unseen(ran, module, name) == []
    positions = [resource.position for resource in ran.resources if resource.type == "test:index:Thing"]
    lines = functions(module)[name]
    assert any(position and position.file == f"{module}.py" and position.line in lines for position in positions)


def report_of(*modules: str, own: bool = True) -> Report:
    options = RunOptions(config={"asks:forms": " ".join(modules)}, timeout=120)
    return judge(CheckRequest(str(PROGRAM), options, own=own))


@pytest.mark.parametrize("own", [True, False])
def test_the_gate_closes_on_each_place(*, own: bool) -> None:
    report = report_of("decisions", own=own)
    outcomes = [outcome for outcome in report.outcomes if outcome.policy.id == POLICY]
    assert report.exit_code == 1
    assert {outcome.kind for outcome in outcomes} == {Kind.UNDECIDED}
    assert {outcome.resource.type for outcome in outcomes} == {"pulumi:pulumi:Stack"}
    places = [
        (outcome.resource.position.file, outcome.resource.position.line)
        for outcome in outcomes
        if outcome.resource.position
    ]
    assert len(places) == len(preview("decisions").unseen)
    assert {Path(place_of(outcome, report)[0].relative).name for outcome in outcomes} == {"decisions.py"}


def test_nothing_else_closes_it() -> None:
    report = report_of("harmless", "seen")
    assert [(outcome.policy.id, outcome.message) for outcome in report.outcomes] == []
    assert report.exit_code == 0


def test_no_note_repeats_an_outcome() -> None:
    assert [note.about for note in preview("texts").notes] == []


PREAMBLE = """
import contextlib, json, os, re; from concurrent import futures
import pulumi, pulumi_aws as aws
plain = aws.ec2.get_vpc(default=True)
"""
BAD_ACL = 'aws.s3.BucketAcl("bad", bucket="b", acl="public-read")'


def program(folder: Path, source: str) -> Path:
    (folder / "Pulumi.yaml").write_text("name: asks\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    (folder / "__main__.py").write_text(PREAMBLE + source)
    return folder


@pytest.mark.parametrize(
    "condition",
    [
        'f"{plain.id}-x" == "vpc-1-x"',
        'plain.id in "vpc-1 vpc-2"',
        're.compile("vpc-1").match(plain.id)',
        '",".join([plain.id]) == "vpc-1"',
        '("%s" % plain.id).isdigit()',
        "not os.path.exists(plain.id)",
        '"".join(each for each in [plain.id]).startswith("vpc")',
        "plain.enable_dns_support is True",
        "True is plain.default",
        'plain.tags.get("x") == None',
        '[*map(str.upper, [plain.id])] == ["VPC-1"]',
        'len(plain.id.split(",")[:2]) < 2',
        "sum(1 for _ in plain.cidr_block_associations[:1]) < 1",
    ],
)
def test_outside_of_apply_the_lines_for_the_mock_file_are_printed(tmp_path: Path, condition: str) -> None:
    with pytest.raises(CannotJudge, match="give it with `--mock FILE`") as caught:
        run(program(tmp_path, f"if {condition}: {BAD_ACL}\n"), timeout=60)
    assert "functions:\n  - token: aws:ec2/getVpc:getVpc" in caught.value.detail
    assert f"__main__.py:5: if {condition}" in caught.value.detail


@pytest.mark.parametrize(
    "body",
    [
        "int(plain.id, 16)",
        'print(plain.tags["x"])',
        'futures.ThreadPoolExecutor(1).submit(re.match, "v", f"{plain.id}x").result()',
    ],
)
def test_a_caught_failure_outside_of_apply_ends_the_program(tmp_path: Path, body: str) -> None:
    source = f"def look():\n    {body}\n\n\ntry:\n    look()\nexcept (ValueError, KeyError):\n    {BAD_ACL}\n"
    with pytest.raises(CannotJudge, match="give it with `--mock FILE`"):
        run(program(tmp_path, source), timeout=60)


TRANSFORM = """
def transform(args):
    {body}
    return pulumi.ResourceTransformResult(args.props, args.opts)
vpc = aws.ec2.get_vpc_output(default=True)
aws.ec2.SecurityGroup("group", vpc_id=vpc.id, opts=pulumi.ResourceOptions(transforms=[transform]))
"""


def test_a_transform_that_decides_ends_the_program(tmp_path: Path) -> None:
    """The engine returns a transform's arguments as plain texts."""
    body = 'aws.s3.BucketAcl("a", bucket="b", acl={"vpc-1": "public-read"}.get(args.props["vpcId"], "private"))'
    with pytest.raises(CannotJudge, match="uses it as a key"):
        run(program(tmp_path, TRANSFORM.format(body=body)), timeout=60)


def test_a_transform_that_builds_texts_runs(tmp_path: Path) -> None:
    body = 'args.props["description"] = f"in {args.props[\'vpcId\']}"'
    ran = run(program(tmp_path, TRANSFORM.format(body=body)), timeout=60)
    (group,) = (resource for resource in ran.resources if resource.name == "group")
    assert isinstance(group.inputs["description"], Unknown)
    assert ran.unseen == ()


@pytest.mark.parametrize(
    "helper",
    [
        "",
        "def look(): return aws.ec2.get_vpc(id='vpc-1')\n",
        "import functools\nlook = functools.partial(aws.ec2.get_vpc, id='vpc-1')\n",
    ],
)
def test_a_caught_failure_of_a_call_is_a_decision(tmp_path: Path, helper: str) -> None:
    call = "look()" if helper else "aws.ec2.get_vpc(id='vpc-1')"
    source = f"{helper}try:\n    {call}\nexcept Exception:\n    {BAD_ACL}\n"
    with pytest.raises(CannotJudge, match="catches what it raises"):
        run(program(tmp_path, source), timeout=60)
    mock = tmp_path / "mock.yaml"
    mock.write_text("functions: [{token: aws:ec2/getVpc:getVpc, args: {id: vpc-1}, result: {id: vpc-1}}]")
    assert [
        resource.type for resource in run(tmp_path, timeout=60, mock=[mock]).resources if resource.type == BAD
    ] == []


def test_a_program_that_awaits_an_unknown_value_is_reported(tmp_path: Path) -> None:
    source = f"""
role = aws.iam.Role("role", assume_role_policy="{{}}")
async def main():
    if not await role.unique_id.future():
        {BAD_ACL}
pulumi.run(main) if hasattr(pulumi, "run") else __import__("asyncio").ensure_future(main())
"""
    (place,) = run(program(tmp_path, source), timeout=60).unseen
    assert place.position
    assert place.position.line == 8
    assert place.waits_for[0].endswith("::aws:iam/role:Role::role")


def test_an_outcome_has_the_place_the_reason_and_the_answer_to_give(tmp_path: Path) -> None:
    source = f"""
role = aws.iam.Role("role", assume_role_policy="{{}}")
other = pulumi.StackReference("acme/network/dev")
make = lambda value: {BAD_ACL}
vpc = aws.ec2.get_vpc_output(default=True)
vpc.id.apply(lambda i: make(i) if i == "vpc-1" else None)
role.unique_id.apply(make)
other.get_output("x").apply(make)
"""
    decides, late, stack = run(program(tmp_path, source), timeout=60).unseen
    assert decides.function == "aws:ec2/getVpc:getVpc"
    assert decides.why.endswith(
        " needs `id` of `aws:ec2/getVpc:getVpc`, which only the cloud knows, and `__main__.py:10` compares it"
    )
    assert decides.fix == (
        "Give it with `--mock FILE`: `- {token: 'aws:ec2/getVpc:getVpc', args: {default: true},"
        " result: {id: <text>}}` under `functions:`."
    )
    assert late.why.endswith(" waits at `__main__.py:11` for a value that is known only after the update")
    assert (late.function, late.waits_for[0].rpartition("::")[2]) == ("", "role")
    assert stack.why.endswith(
        " waits at `__main__.py:12` for an output of the stack `acme/network/dev`, which only its state knows"
    )
    assert stack.fix == "Give it with `--mock FILE`: `acme/network/dev: {x: <value>}` under `stacks:`."


def test_an_answer_opens_the_gate(tmp_path: Path) -> None:
    source = f'aws.ec2.get_vpc_output(default=True).id.apply(lambda i: {BAD_ACL} if i == "vpc-1" else None)'
    mock = tmp_path / "mock.yaml"
    mock.write_text("functions: [{token: aws:ec2/getVpc:getVpc, args: {default: true}, result: {id: vpc-1}}]")
    ran = run(program(tmp_path, source), timeout=60, mock=[mock])
    assert ran.unseen == ()
    assert [resource.name for resource in ran.resources if resource.type == BAD] == ["bad"]


def test_a_traceback_shows_the_programs_frames_and_none_of_ours(tmp_path: Path) -> None:
    source = "def fails(x):\n    return json.loads(x)\n\n\nfails('{')\n"
    with pytest.raises(CannotJudge) as caught:
        run(program(tmp_path, source), timeout=60)
    assert f'File "{tmp_path}/__main__.py", line 6, in fails' in caught.value.detail
    assert "stackguard" not in caught.value.detail.replace(str(tmp_path), "")


def test_a_module_keeps_its_attributes(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        '"""What it is."""\nfrom __future__ import annotations\nimport inspect\n'
        "class Shape:\n    size: int = 1\n    def area(self, by: 'int') -> str:\n        return f'{by}'\n"
        "SAYS = (__doc__, __name__, __spec__.name, Shape.__annotations__, Shape.area.__annotations__,"
        " inspect.getsource(Shape.area), __file__)\n"
    )
    source = "import own, __main__\npulumi.export('says', [str(each) for each in own.SAYS])\npulumi.export('main', __file__)\n"
    ran = run(program(tmp_path, source), timeout=60)
    assert ran.outputs["says"] == [
        "What it is.",
        "own",
        "own",
        "{'size': 'int'}",
        "{'by': \"'int'\", 'return': 'str'}",
        "    def area(self, by: 'int') -> str:\n        return f'{by}'\n",
        str(tmp_path / "own.py"),
    ]
    assert ran.outputs["main"] == str(tmp_path / "__main__.py")
    assert not list((tmp_path / "__pycache__").glob("own.*")) if (tmp_path / "__pycache__").exists() else True
