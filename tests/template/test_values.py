"""References in texts: what is escaped comes back, and what is put in is what was meant."""

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
def test_a_text_says_what_its_parts_say(parts: list[str | TemplateReference]) -> None:
    meant = "".join(part if isinstance(part, str) else part.value for part in parts)
    assert resolved(rendered(text(parts)), VALUES) == meant


@given(LITERAL, LITERAL)
def test_a_literal_is_never_taken_for_a_reference(before: str, after: str) -> None:
    found = rendered(TemplateText((before, TemplateReference("Queue", VALUES["Queue"]), after)))
    assert resolved(found, VALUES) == f"{before}{VALUES['Queue']}{after}"
    assert rendered(text([before, after])) == before + after


NAMES = st.text(st.sampled_from("ab-"), min_size=3, max_size=6).filter(lambda name: name.strip("-") == name)


def finder(*names: str) -> tuple[OutputFinder, list[str]]:
    """Finds buckets that the program named, which all depend on nothing."""
    buckets = [
        Resource("aws:s3/bucket:Bucket", name, {"bucket": name}, outputs={"id": name, "arn": f"arn:aws:s3:::{name}"})
        for name in names
    ]
    found = OutputFinder({each.urn: each for each in buckets})
    for each in buckets:
        table = table_of(each.type)
        assert table is not None
        found.add(each, table, each.name)
    return found, [each.urn for each in buckets]


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.sampled_from(["/*", "/in/*", "", ":x"]))
def test_of_arns_that_begin_alike_the_longest_is_meant(names: list[str], suffix: str) -> None:
    found, urns = finder(*names)
    for name in names:
        arn = found.find(f"arn:aws:s3:::{name}{suffix}", urns)
        whole = TemplateReference(name, f"arn:aws:s3:::{name}", "Arn")
        assert arn == (TemplateText((whole, suffix)) if suffix else whole)


def test_an_arn_that_goes_on_is_another_bucket_s() -> None:
    found, urns = finder("logs")
    assert found.find("arn:aws:s3:::logs-archive/*", urns) == "arn:aws:s3:::logs-archive/*"


def test_a_name_that_the_program_chose_is_a_piece_of_no_text() -> None:
    found, urns = finder("lambda")
    assert found.find("lambda.amazonaws.com", urns) == "lambda.amazonaws.com"
    assert found.find("lambda", urns) == TemplateReference("lambda", "lambda")


def test_a_literal_of_a_program_that_depends_on_nothing_stays() -> None:
    found, _ = finder("logs")
    assert found.find("arn:aws:s3:::logs", []) == "arn:aws:s3:::logs"


def test_an_account_is_no_piece_of_a_longer_number() -> None:
    found = OutputFinder({}, {"111122223333": "AWS::AccountId"})
    assert found.find("1111222233334", []) == "1111222233334"
    assert rendered(found.find("arn:aws:iam::111122223333:root", [])) == {
        "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"
    }
