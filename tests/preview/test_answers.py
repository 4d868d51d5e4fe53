"""Values that only the cloud knows: passed on as placeholders, read from a mock file, or reported with the lines to write."""

from __future__ import annotations

import textwrap
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from policypack.core.policy import UNKNOWN, Resource, Unknown
from stackguard.errors import CannotJudge
from stackguard.notes import NoteKind
from stackguard.preview import Preview, run

PREAMBLE = """
import base64, hashlib, json
import pulumi, pulumi_aws as aws

class Thing(pulumi.CustomResource):
    def __init__(self, name, opts=None, **props):
        super().__init__("test:index:Thing", name, props, opts)

vpc = aws.ec2.get_vpc(default=True)
zones = aws.get_availability_zones(state="available")
"""

VPC = "{token: aws:ec2/getVpc:getVpc, args: {default: true}, result: %s}"
ZONES = "{token: 'aws:index/getAvailabilityZones:getAvailabilityZones', result: {names: [eu-west-1a, eu-west-1b]}}"


def preview(folder: Path, source: str, mock: str = "") -> Preview:
    """A program that asks the cloud for a VPC and for zones, and goes on with `source`."""
    (folder / "Pulumi.yaml").write_text("name: asks\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    (folder / "__main__.py").write_text(PREAMBLE + textwrap.dedent(source))
    (folder / "mock.yaml").write_text(textwrap.dedent(mock))
    return run(folder, timeout=60, mock=[folder / "mock.yaml"] if mock else [])


def named(preview: Preview, name: str) -> Resource:
    (named,) = [resource for resource in preview.resources if resource.name == name]
    return named


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "__main__.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@cache
def carried() -> Preview:
    """A program that passes unknown values on in every way that needs no answer."""
    with TemporaryDirectory() as folder:
        return preview(
            Path(folder),
            """
            Thing("plain", id=vpc.id, tags=vpc.tags, count=vpc.dhcp_options_id)
            Thing("text", longer=f"vpc/{vpc.id}/x", added="a-" + vpc.id, formatted="{}!".format(vpc.id), upper=vpc.id.upper())
            Thing("json", doc=json.dumps({"Vpc": vpc.id, "fixed": 1}))
            Thing("hidden", encoded=base64.b64encode(vpc.id.encode()).decode(), digest=hashlib.sha256(vpc.id.encode()).hexdigest())
            Thing("listed", first=zones.names[0], last=zones.names[-1], two=zones.names[:2], cidr=vpc.cidr_block_associations[0].cidr_block)
            Thing(f"called-{vpc.id}", x=1)
            Thing("in-apply", late=pulumi.Output.from_input(1).apply(lambda n: "yes" if vpc.id == "vpc-1" else "no"))
            output = aws.ec2.get_vpc_output(default=False)
            Thing("output", id=output.id, applied=output.id.apply(lambda value: value + "!"))
            pulumi.export("vpc", vpc.id)
            """,
        )


class TestCarried:
    @pytest.mark.parametrize(
        ("name", "key", "path"),
        [
            ("plain", "id", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("plain", "tags", "`tags` of `aws:ec2/getVpc:getVpc`"),
            ("text", "longer", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("text", "added", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("text", "formatted", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("text", "upper", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("hidden", "encoded", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("hidden", "digest", "`id` of `aws:ec2/getVpc:getVpc`"),
            ("listed", "first", "`names[0]` of `aws:index/getAvailabilityZones:getAvailabilityZones`"),
            ("listed", "last", "`names[-1]` of `aws:index/getAvailabilityZones:getAvailabilityZones`"),
            ("listed", "cidr", "`cidrBlockAssociations[0].cidrBlock` of `aws:ec2/getVpc:getVpc`"),
        ],
    )
    def test_an_unknown_value_has_the_reason(self, name: str, key: str, path: str) -> None:
        value = named(carried(), name).inputs[key]
        assert isinstance(value, Unknown)
        assert value.why == f"needs {path}, which only the cloud knows"
        assert "with `--mock FILE`: `- {token: '" in value.fix

    def test_the_known_parts_around_it_stay_known(self) -> None:
        first, second = named(carried(), "listed").inputs["two"]
        assert isinstance(first, Unknown)
        assert isinstance(second, Unknown)
        assert isinstance(named(carried(), "json").inputs["doc"], Unknown)

    def test_a_name_shows_what_is_in_it(self) -> None:
        assert named(carried(), "called-<getVpc.id>").urn.endswith("::called-<getVpc.id>")

    def test_what_cannot_run_in_an_apply_is_unknown_as_in_pulumi(self) -> None:
        assert named(carried(), "in-apply").inputs["late"] == UNKNOWN

    def test_an_output_needs_the_same_as_a_plain_result(self) -> None:
        inputs = named(carried(), "output").inputs
        needs = "needs `id` of `aws:ec2/getVpc:getVpc`, which only the cloud knows"
        assert (inputs["id"].why, inputs["applied"].why) == (needs, needs)

    def test_an_export_is_unknown(self) -> None:
        assert isinstance(carried().outputs["vpc"], Unknown)

    def test_each_call_is_noted_with_the_line_that_answers_it(self) -> None:
        notes = {(note.kind, note.about): note.message for note in carried().notes}
        assert set(notes) == {
            (NoteKind.UNANSWERED, "aws:ec2/getVpc:getVpc"),
            (NoteKind.UNANSWERED, "aws:index/getAvailabilityZones:getAvailabilityZones"),
        }
        zones = notes[NoteKind.UNANSWERED, "aws:index/getAvailabilityZones:getAvailabilityZones"]
        assert "args: {state: available}, result: {names: " in zones


@pytest.mark.parametrize(
    ("source", "operation"),
    [
        ("for zone in zones.names: Thing(zone)", "loops over it"),
        ("Thing('n', count=len(zones.names))", "counts it"),
        ("if vpc.id == 'vpc-1': Thing('x')", "compares it"),
        ("if vpc.enable_dns_support: Thing('x')", "branches on it"),
        ("Thing('n', count=int(vpc.cidr_block))", "calculates with it"),
        ("Thing('n', dns='10' in vpc.cidr_block)", "looks for something in it"),
        ("Thing('n', dns=vpc.cidr_block.endswith('/16'))", "looks into it with `endswith`"),
        ("{vpc.id: 1}", "uses it as a key"),
        ("[*vpc.tags.items()]", "loops over it"),
    ],
)
def test_a_program_that_needs_an_answer_is_reported_with_the_lines(tmp_path: Path, source: str, operation: str) -> None:
    with pytest.raises(CannotJudge) as caught:
        preview(tmp_path, source)
    place = f"__main__.py:{line_of(tmp_path, source)}"
    assert f"({place} {operation}); give it with `--mock FILE`" in caught.value.message
    assert f"{place}: {source}\n" in caught.value.detail
    assert "functions:\n  - token: aws:" in caught.value.detail


def test_the_reported_lines_answer_the_program(tmp_path: Path) -> None:
    source = "for zone in zones.names: Thing(zone)"
    with pytest.raises(CannotJudge) as caught:
        preview(tmp_path, source)
    lines = caught.value.detail.partition("# for the mock file")[2].partition("\n")[2]
    assert "names: [<text>, <text>]" in lines
    ran = preview(tmp_path, source, lines.replace("[<text>, <text>]", "[eu-west-1a, eu-west-1b]"))
    assert [resource.name for resource in ran.resources if resource.type == "test:index:Thing"] == [
        "eu-west-1a",
        "eu-west-1b",
    ]


def test_placeholders_are_no_answer(tmp_path: Path) -> None:
    mock = f"functions: [{VPC % '{id: <text>, cidrBlock: 10.0.0.0/16}'}]"
    inputs = named(preview(tmp_path, "Thing('t', id=vpc.id, cidr=vpc.cidr_block)", mock), "t").inputs
    assert isinstance(inputs["id"], Unknown)
    assert inputs["id"].fix == f"Add `{{id: <text>}}` to the `result` at {tmp_path / 'mock.yaml'}:1."
    assert inputs["cidr"] == "10.0.0.0/16"


def test_an_answer_reaches_every_form_of_a_call(tmp_path: Path) -> None:
    source = """
    other = aws.ec2.get_vpc_output(default=True)
    Thing("t", now=vpc.id, output=other.id, applied=other.cidr_block.apply(lambda block: block.split("/")[1]))
    """
    mock = f"functions: [{VPC % '{id: vpc-1, cidr_block: 10.0.0.0/16}'}]"
    assert named(preview(tmp_path, source, mock), "t").inputs == {"now": "vpc-1", "output": "vpc-1", "applied": "16"}


def test_a_secret_answer_is_secret(tmp_path: Path) -> None:
    source = 'Thing("t", token=aws.ssm.get_parameter_output(name="token").value)'
    mock = "functions: [{token: aws:ssm/getParameter:getParameter, result: {value: {fn::secret: hush}}}]"
    resource = named(preview(tmp_path, source, mock), "t")
    assert resource.inputs == {"token": "hush"}
    assert resource.secrets == {"token"}


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ("{id: 7}", "`result.id` of `aws:ec2/getVpc:getVpc` must be a text: put it in quotes"),
        ("{colour: red}", "`result` of `aws:ec2/getVpc:getVpc` has no `colour`; it has `arn`, "),
        ("[1]", "`result` of `aws:ec2/getVpc:getVpc` must be a mapping"),
        (
            "{enableDnsSupport: yes please}",
            "`result.enableDnsSupport` of `aws:ec2/getVpc:getVpc` must be true or false",
        ),
        ("{cidrBlockAssociations: {}}", "`result.cidrBlockAssociations` of `aws:ec2/getVpc:getVpc` must be a list"),
    ],
)
def test_an_answer_that_does_not_fit_the_sdks_type_is_reported_with_its_line(
    tmp_path: Path, result: str, problem: str
) -> None:
    with pytest.raises(CannotJudge) as caught:
        preview(tmp_path, "", f"functions:\n- {VPC % result}")
    assert caught.value.message.startswith(f"{tmp_path / 'mock.yaml'}:2: {problem}")


class TestStacks:
    SOURCE = """
    other = pulumi.StackReference("acme/network/dev")
    Thing("t", id=other.get_output("vpcId"), secret=other.require_output("token"), gone=other.get_output("gone"))
    """

    def test_outputs_are_known_from_a_mock_file_and_nothing_is_noted(self, tmp_path: Path) -> None:
        mock = f"""
        stacks:
          acme/network/dev: {{vpcId: vpc-1, token: {{fn::secret: hush}}}}
        functions: [{VPC % "{id: a}"}, {ZONES}]
        """
        ran = preview(tmp_path, self.SOURCE, mock)
        assert named(ran, "t").inputs == {"id": "vpc-1", "secret": "hush"}
        assert "secret" in named(ran, "t").secrets
        assert ran.notes == ()

    def test_without_one_the_note_asks_for_each_output(self, tmp_path: Path) -> None:
        notes = {note.about: note.message for note in preview(tmp_path, self.SOURCE).notes}
        expected = "`acme/network/dev: {vpcId: <value>, token: <value>, gone: <value>}` under `stacks:`"
        assert notes["acme/network/dev"].endswith(expected)


class TestResources:
    def test_what_a_provider_computes(self, tmp_path: Path) -> None:
        source = """
        password = pulumi.CustomResource("random:index/randomPassword:RandomPassword", "db-main", {"length": 12, "result": None})
        theirs = aws.s3.Bucket.get("theirs", "their-bucket")
        Thing("t", password=password.id, arn=theirs.arn, region=theirs.bucket_region)
        """
        mock = """
        resources:
          - {type: "random:*", name: "db*", outputs: {id: pw-1}}
          - {id: their-bucket, outputs: {bucketRegion: eu-south-1}}
          - {name: unused, outputs: {a: b}}
        """
        ran = preview(tmp_path, source, mock)
        expected = {"password": "pw-1", "arn": "arn:aws:s3:::their-bucket", "region": "eu-south-1"}
        assert named(ran, "t").inputs == expected
        unused = [note.about for note in ran.notes if note.kind is NoteKind.UNUSED]
        assert unused == [f"{tmp_path / 'mock.yaml'}:5"]


def test_unused_entries_are_noted(tmp_path: Path) -> None:
    mock = """\
    functions:
    - {token: aws:ec2/getVpc:getVpc, args: {default: false}, result: {}}
    stacks:
      acme/else/dev: {}
    """
    notes = {note.about: note.message for note in preview(tmp_path, "", mock).notes if note.kind is NoteKind.UNUSED}
    file = tmp_path / "mock.yaml"
    assert notes == {
        f"{file}:2": "the program does not call the function `aws:ec2/getVpc:getVpc` with these arguments",
        f"{file}:4": "the program does not refer to the stack `acme/else/dev`",
    }


def test_secret_config_is_not_in_the_lines(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: asks\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {asks:key: {secure: v1:abcd}}\n")
    source = 'aws.ssm.get_parameter(name="/" + pulumi.Config().require("key")).value.startswith("a")'
    (tmp_path / "__main__.py").write_text(f"import pulumi, pulumi_aws as aws\n{source}\n")
    with pytest.raises(CannotJudge) as caught:
        run(tmp_path, timeout=60, config={"asks:key": "sesame42"})
    assert "args: {name: '*'}" in caught.value.detail
    assert "sesame42" not in caught.value.message + caught.value.detail
