"""Python code of functions, wherever the stack has it: with the function, in its layers, in objects of buckets."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Asset, Policy, Resource
from policypack.policies.lambda_.early_return import POLICY as EARLY_RETURN
from policypack.policies.lambda_.foreign_binary import POLICY as FOREIGN_BINARY
from policypack.policies.lambda_.missing_module import POLICY as MISSING_MODULE
from policypack.policies.lambda_.missing_permission import POLICY as MISSING_PERMISSION
from policypack.policies.lambda_.oversized_archive import POLICY as OVERSIZED_ARCHIVE
from policypack.policies.lambda_.secret_in_archive import POLICY as SECRET_IN_ARCHIVE
from policypack.policies.lambda_.unused_permission import POLICY as UNUSED_PERMISSION
from tests.policies.helpers import messages, outcomes, undecided

LAYER = "aws:lambda/layerVersion:LayerVersion"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
LOGS = allow(
    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/read:*",
)
WORK = """import boto3
import nowhere_at_all
def work(event):
    for record in event["Records"]:
        boto3.client("s3").put_object(Bucket="acme", Key="a")
        break
"""
HANDLER = "from shared import work\ndef handler(event, context):\n    work(event)\n"
BOTH: list[Policy[Any]] = [EARLY_RETURN, MISSING_PERMISSION]
ARCHIVES: list[Policy[Any]] = [FOREIGN_BINARY, OVERSIZED_ARCHIVE, SECRET_IN_ARCHIVE]
ALL: list[Policy[Any]] = [*BOTH, MISSING_MODULE, UNUSED_PERMISSION, *ARCHIVES]


def texts(**files: str) -> Asset:
    """An archive of texts: `a__b` is `a/b.py`."""
    members = {f"{name.replace('__', '/')}.py": Asset(text=text) for name, text in files.items()}
    return Asset(archive=True, members=members)


def function(code: Asset | None, dependencies: dict[str, tuple[str, ...]] | None = None, **inputs: Any) -> Resource:
    properties = {"name": "read", "role": "arn:aws:iam::111122223333:role/read", "runtime": "python3.13"}
    properties |= {"handler": "index.handler"} | ({"code": code} if code else {})
    return Resource(
        "aws:lambda/function:Function", "read", properties | inputs, property_dependencies=dependencies or {}
    )


def role() -> Iterator[Resource]:
    yield Resource("aws:iam/role:Role", "read", {"name": "read"})
    policy = document(LOGS, allow("s3:DeleteObject", "arn:aws:s3:::acme/*"))
    yield Resource("aws:iam/rolePolicy:RolePolicy", "read", {"role": "read", "policy": policy})


def layer(code: Asset | None, name: str = "shared", **inputs: Any) -> Resource:
    return Resource(LAYER, name, {"layerName": name, **({"code": code} if code else {}), **inputs})


def held(source: Any, key: Any = "read.zip", bucket: Any = "code", outputs: dict[str, Any] | None = None) -> Resource:
    inputs = {"bucket": bucket, "key": key, "source": source}
    return Resource(OBJECT, "code", {k: v for k, v in inputs.items() if v is not None}, outputs=outputs or {})


@pytest.mark.parametrize("policy", BOTH, ids=lambda policy: policy.id)
@pytest.mark.parametrize("place", ["python__shared", "python__lib__python3.13__site-packages__shared"])
def test_code_in_a_layer_of_the_stack_is_read(policy: Policy[Any], place: str) -> None:
    shared = layer(texts(**{place: WORK}))
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    for run in (
        function(texts(index=HANDLER), layers=[arn]),
        function(texts(index=HANDLER), {"layers": (shared.urn,)}, layers=[UNKNOWN]),
    ):
        assert any("shared.py:" in message for message in messages(policy, run, shared, *role()))


@pytest.mark.parametrize("policy", BOTH, ids=lambda policy: policy.id)
@pytest.mark.parametrize("place", ["shared", "build__python__shared", "python__lib__python3.12__site-packages__shared"])
def test_code_in_other_folders_of_a_layer_is_not(policy: Policy[Any], place: str) -> None:
    shared = layer(texts(**{place: WORK}))
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    assert outcomes(policy, function(texts(index=HANDLER), layers=[arn]), shared, *role()) == []


def test_the_archive_comes_before_its_layers() -> None:
    shared = layer(texts(python__shared=WORK))
    own = texts(index=HANDLER, shared="def work(event):\n    pass\n")
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    assert outcomes(EARLY_RETURN, function(own, layers=[arn]), shared) == []


def test_a_handler_in_a_layer_is_read_and_one_in_a_layer_from_elsewhere_is_undecided() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    shared = layer(texts(python__index=HANDLER, python__shared=WORK))
    assert len(messages(EARLY_RETURN, function(texts(other=""), layers=[arn]), shared)) == 1
    for policy in BOTH:
        reports = outcomes(policy, function(texts(other=""), layers=[arn]), *role())
        assert [report.message for report in reports if "may be in a layer" in report.message] != []


def test_published_packages_in_a_layer_are_followed_where_they_call_aws_themselves() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    for needs, expected in (("boto3>=1", 1), ("numpy", 0)):
        members = {
            "python/shared.py": Asset(text=WORK),
            "python/shared-1.dist-info/RECORD": Asset(text="shared.py,,\n"),
            "python/shared-1.dist-info/METADATA": Asset(text=f"Name: shared\nRequires-Dist: {needs}\n"),
        }
        shared = layer(Asset(archive=True, members=members))
        run = function(texts(index=HANDLER), layers=[arn])
        assert len(messages(MISSING_PERMISSION, run, shared, *role())) == expected


FILES = {
    "index.py": HANDLER,
    "shared.py": WORK,
    "fast-1.dist-info/WHEEL": "Tag: cp313-cp313-macosx_11_0_arm64\n",
    ".env": "TOKEN=correct-horse\n",
}
PROGRAM = Asset(archive=True, members={name: Asset(text=text) for name, text in FILES.items()})


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the program larger than Lambda takes."""
    monkeypatch.setattr("policypack.policies.lambda_.oversized_archive.UNZIPPED", 100)


def zipped(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
@pytest.mark.parametrize(
    ("code_object", "inputs", "origins"),
    [
        (held(PROGRAM), {"s3Bucket": "code", "s3Key": "read.zip"}, ()),
        (held(PROGRAM), {"s3Bucket": "code", "s3Key": UNKNOWN}, ("s3Key", "s3Bucket")),
        (held(PROGRAM, UNKNOWN, UNKNOWN), {"s3Bucket": UNKNOWN, "s3Key": UNKNOWN}, ("s3Key", "s3Bucket")),
        (
            held(PROGRAM, None, outputs={"key": "read.zip"}),
            {"s3Bucket": "code", "s3Key": "read.zip"},
            ("s3Key", "s3Bucket"),
        ),
        (held(PROGRAM, bucket="arn:aws:s3:::code"), {"s3Bucket": "code", "s3Key": "read.zip"}, ()),
    ],
    ids=["by name", "by output", "both unknown", "known by its output", "by the bucket's arn"],
)
def test_code_in_an_object_of_the_stack_is_read(
    policy: Policy[Any], code_object: Resource, inputs: dict[str, Any], origins: tuple[str, ...]
) -> None:
    run = function(None, dict.fromkeys(origins, (code_object.urn,)), **inputs)
    assert messages(policy, run, code_object, *role()) != []


def test_code_in_an_object_in_a_bucket_of_the_stack_is_read() -> None:
    bucket = Resource("aws:s3/bucket:Bucket", "code", {})
    code_object = Resource(
        OBJECT,
        "code",
        {"bucket": UNKNOWN, "key": "read.zip", "source": PROGRAM},
        property_dependencies={"bucket": (bucket.urn,)},
    )
    run = function(None, {"s3Bucket": (bucket.urn,)}, s3Bucket=UNKNOWN, s3Key="read.zip")
    assert messages(EARLY_RETURN, run, code_object, bucket) != []
    other = Resource("aws:s3/bucket:Bucket", "other", {})
    elsewhere = function(None, {"s3Bucket": (other.urn,)}, s3Bucket=UNKNOWN, s3Key="read.zip")
    assert outcomes(EARLY_RETURN, elsewhere, code_object, bucket, other) == []


def test_a_layer_in_an_object_is_read() -> None:
    shared = layer(None, s3Bucket="code", s3Key="layer.zip")
    code_object = held(texts(python__shared=WORK), "layer.zip")
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    assert messages(EARLY_RETURN, function(texts(index=HANDLER), layers=[arn]), shared, code_object) != []


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
@pytest.mark.parametrize(
    "code_object",
    [held(PROGRAM, "other.zip"), held(PROGRAM, bucket="other"), held(PROGRAM, "read.zip2")],
    ids=["another key", "another bucket", "a longer key"],
)
def test_another_object_is_not_read(policy: Policy[Any], code_object: Resource) -> None:
    assert outcomes(policy, function(None, s3Bucket="code", s3Key="read.zip"), code_object) == []


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
@pytest.mark.parametrize(
    ("code_object", "inputs", "why"),
    [
        (held(PROGRAM, UNKNOWN), {"s3Bucket": "code", "s3Key": "read.zip"}, "in which is known only after the update"),
        (held(PROGRAM), {"s3Bucket": "code", "s3Key": UNKNOWN}, "in which is known only after the update"),
        (held(PROGRAM), {"s3Bucket": "code", "s3Key": "read.zip", "s3ObjectVersion": "x"}, "in which is known only"),
        (held(UNKNOWN), {"s3Bucket": "code", "s3Key": "read.zip"}, "known only after the update"),
        (held(None), {"s3Bucket": "code", "s3Key": "read.zip"}, "is not an archive of code"),
    ],
    ids=["the object's key", "the function's key", "an older version", "the source", "no source"],
)
def test_code_that_may_be_in_an_object_is_undecided(
    policy: Policy[Any], code_object: Resource, inputs: dict[str, Any], why: str
) -> None:
    reports = outcomes(policy, function(None, **inputs), code_object, *role())
    assert undecided(policy, function(None, **inputs), code_object, *role()) == ["s3Key" for _ in reports]
    assert all(why in report.message for report in reports)
    assert reports != []


def text_object(**content: Any) -> Resource:
    return Resource(OBJECT, "code", {"bucket": "code", "key": "read.zip", **content})


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
def test_code_in_the_text_of_an_object_is_read(policy: Policy[Any]) -> None:
    run = function(None, s3Bucket="code", s3Key="read.zip")
    code_object = text_object(contentBase64=base64.b64encode(zipped(FILES)).decode())
    assert messages(policy, run, code_object, *role()) != []
    assert undecided(policy, run, code_object, *role()) == []
    for kind in ("aws:s3/bucketObject:BucketObject", OBJECT):
        file = Resource(kind, "code", {"bucket": "code", "key": "read.zip", "source": PROGRAM})
        assert messages(policy, run, file, *role()) == messages(policy, run, code_object, *role())


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"contentBase64": UNKNOWN}, "known only after the update"),
        ({"content": UNKNOWN}, "known only after the update"),
        ({"contentBase64": "no Base64"}, "whose `contentBase64` is not Base64"),
        ({"contentBase64": base64.b64encode(HANDLER.encode()).decode()}, "from text that is no zip file"),
        ({"content": HANDLER}, "from text that is no zip file"),
        ({"source": Asset(text=HANDLER)}, "from text that is no zip file"),
    ],
    ids=["unknown base64", "unknown text", "no base64", "base64 of no zip", "text", "an asset of text"],
)
def test_text_of_an_object_that_is_no_archive_is_undecided(
    policy: Policy[Any], content: dict[str, Any], why: str
) -> None:
    run = function(None, s3Bucket="code", s3Key="read.zip")
    reports = outcomes(policy, run, text_object(**content), *role())
    assert [report.path for report in reports] == ["s3Key" for _ in reports] != []
    assert all(why in report.message for report in reports)


def test_the_limit_of_a_zip_that_is_uploaded_with_the_call_does_not_hold_for_an_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("policypack.policies.lambda_.oversized_archive.ZIPPED", 100)
    code_object = text_object(contentBase64=base64.b64encode(zipped(FILES)).decode())
    (message,) = messages(OVERSIZED_ARCHIVE, function(None, s3Bucket="code", s3Key="read.zip"), code_object)
    assert "unzips to" in message


@pytest.mark.parametrize("policy", ARCHIVES, ids=lambda policy: policy.id)
def test_a_layer_in_an_object_is_judged(policy: Policy[Any]) -> None:
    shared = layer(None, s3Bucket="code", s3Key="layer.zip")
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:1"
    run = function(texts(index=""), layers=[arn])
    assert messages(policy, run, shared, held(PROGRAM, "layer.zip")) != []
    reports = outcomes(policy, run, shared, held(UNKNOWN, "layer.zip"))
    assert [report.path for report in reports] in (["s3Key"], ["layers"])
    assert "known only after the update" in reports[0].message
