"""References in texts: escaped text comes back, and each reference has the value of the right resource."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import Resource
from stackguard.template.parse import resolved
from stackguard.template.references import OutputFinder
from stackguard.template.table import table_of
from stackguard.template.values import TemplateReference, TemplateText, rendered, text

LITERAL = st.text(st.sampled_from("ab$!{}.:/"), max_size=12)
VALUES = {"Queue": "https://sqs/1/q", "Queue.Arn": "arn:aws:sqs:eu-west-1:1:q", "AWS::Region": "eu-west-1"}
REFERENCE = st.sampled_from(
    [
        TemplateReference("Queue", VALUES["Queue"]),
        TemplateReference("Queue", VALUES["Queue.Arn"], "Arn"),
        TemplateReference("AWS::Region", VALUES["AWS::Region"]),
        TemplateReference("Queue", "q:https://sqs/1/q:eu-west-1", sub="q:${@}:${AWS::Region}"),
    ]
)


@given(st.lists(LITERAL | REFERENCE, max_size=8))
def test_a_text_is_its_parts_one_after_another(parts: list[str | TemplateReference]) -> None:
    expected = "".join(part if isinstance(part, str) else part.value for part in parts)
    assert resolved(rendered(text(parts)), VALUES) == expected


@given(LITERAL, LITERAL)
def test_a_literal_is_never_read_as_a_reference(before: str, after: str) -> None:
    expression = rendered(TemplateText((before, TemplateReference("Queue", VALUES["Queue"]), after)))
    assert resolved(expression, VALUES) == f"{before}{VALUES['Queue']}{after}"
    assert rendered(text([before, after])) == before + after


NAMES = st.text(st.sampled_from("ab-"), min_size=3, max_size=6).filter(lambda name: name.strip("-") == name)


def finder(*names: str) -> tuple[OutputFinder, list[str]]:
    """Finds buckets that the program named, which all depend on nothing."""
    buckets = [
        Resource("aws:s3/bucket:Bucket", name, {"bucket": name}, outputs={"id": name, "arn": f"arn:aws:s3:::{name}"})
        for name in names
    ]
    outputs = OutputFinder({bucket.urn: bucket for bucket in buckets})
    for bucket in buckets:
        table = table_of(bucket.type)
        assert table is not None
        outputs.add(bucket, table, bucket.name)
    return outputs, [bucket.urn for bucket in buckets]


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.sampled_from(["/*", "/in/*", "", ":x"]))
def test_of_arns_that_begin_alike_the_longest_is_found(names: list[str], suffix: str) -> None:
    outputs, urns = finder(*names)
    for name in names:
        arn = outputs.find(f"arn:aws:s3:::{name}{suffix}", urns)
        reference = TemplateReference(name, f"arn:aws:s3:::{name}", "Arn")
        assert arn == (TemplateText((reference, suffix)) if suffix else reference)


def test_an_arn_that_goes_on_is_another_bucket_s() -> None:
    outputs, urns = finder("logs")
    assert outputs.find("arn:aws:s3:::logs-archive/*", urns) == "arn:aws:s3:::logs-archive/*"


def test_a_name_that_the_program_chose_is_a_piece_of_no_text() -> None:
    outputs, urns = finder("lambda")
    assert outputs.find("lambda.amazonaws.com", urns) == "lambda.amazonaws.com"
    assert outputs.find("lambda", urns) == TemplateReference("lambda", "lambda")


def test_a_literal_of_a_program_that_depends_on_nothing_stays() -> None:
    outputs, _ = finder("logs")
    assert outputs.find("arn:aws:s3:::logs", []) == "arn:aws:s3:::logs"


def test_an_account_is_no_piece_of_a_longer_number() -> None:
    outputs = OutputFinder({}, {"111122223333": "AWS::AccountId"})
    assert outputs.find("1111222233334", []) == "1111222233334"
    assert rendered(outputs.find("arn:aws:iam::111122223333:root", [])) == {
        "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"
    }
