"""The arguments of types in the SDK that a program has installed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policypack.core.arguments import Keys
from policypack.iam.tables import argument_names, arguments_of
from stackguard.preview.project.sdk import accepted

INTERPRETER = Path(sys.prefix) / "bin" / "python"
BUCKET = "aws:s3/bucket:Bucket"
NEWER = """
@pulumi.input_type
class BucketArgs:
    @_builtins.property
    @pulumi.getter
    def bucket(self) -> pulumi.Input[Optional[_builtins.str]]:
        return pulumi.get(self, "bucket")

    @_builtins.property
    @pulumi.getter(name="newSetting")
    @_utilities.deprecated(\"\"\"Not so new.\"\"\")
    def new_setting(self) -> pulumi.Input[Optional[_builtins.str]]:
        return pulumi.get(self, "new_setting")

@pulumi.input_type
class _BucketState:
    @_builtins.property
    @pulumi.getter
    def arn(self) -> pulumi.Input[Optional[_builtins.str]]:
        return pulumi.get(self, "arn")

class Bucket(pulumi.CustomResource):
    def _internal_init(__self__):
            __props__ = BucketArgs.__new__(BucketArgs)
        super(Bucket, __self__).__init__(
            'aws:s3/bucket:Bucket',
"""


@pytest.mark.parametrize(
    "token",
    [
        BUCKET,
        "aws:lambda/function:Function",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:appsync/graphQLApi:GraphQLApi",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:s3/bucketObjectv2:BucketObjectv2",
    ],
)
def test_the_installed_sdk_is_read_as_the_table_was(token: str) -> None:
    accepts = accepted(INTERPRETER, token, {"colour": "blue"})
    assert accepts
    assert accepts.names.keys() == argument_names(token)


@pytest.mark.parametrize(
    "token",
    [
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:lambda/function:Function",
        "aws:iam/role:Role",  # policy documents, which take any key
        "aws:cloudfront/distribution:Distribution",
        "aws:apigatewayv2/integration:Integration",
        "aws:lex/v2modelsBotVersion:V2modelsBotVersion",  # a mapping with free keys to objects
    ],
)
def test_the_keys_of_objects_are_read_as_the_table_was(token: str) -> None:
    ours, theirs = arguments_of(token), accepted(INTERPRETER, token, {"colour": "blue"})
    assert ours
    assert theirs

    def tree(keys: Keys, classes: Mapping[str, Keys]) -> dict[str, Any]:
        return {
            name: (cls.startswith("*"), tree(classes[cls.strip("*")], classes)) if cls.strip("*") in classes else None
            for name, cls in keys.items()
        }

    assert tree(ours.names, ours.classes) == tree(theirs.names, theirs.classes)


def test_arguments_in_the_table_are_not_looked_up(tmp_path: Path) -> None:
    assert accepted(tmp_path / "bin" / "python", BUCKET, {"bucket": "b", "tagsAll": {}}) is None
    assert accepted(INTERPRETER, BUCKET, {"bucket": "b", "tagsAll": {}}) is None
    assert accepted(INTERPRETER, "random:index/randomPet:RandomPet", {"colour": "blue"}) is None


@pytest.mark.parametrize("name", ["bucket.py", "renamed.py"])
@pytest.mark.parametrize("lib", ["lib/python3.11/site-packages", "lib64/python3.13/site-packages", "Lib/site-packages"])
def test_a_newer_sdk_is_found_and_read(tmp_path: Path, lib: str, name: str) -> None:
    folder = tmp_path / lib / "pulumi_aws" / "s3"
    folder.mkdir(parents=True)
    (folder / name).write_text(NEWER)
    accepts = accepted(tmp_path / "bin" / "python", BUCKET, {"newSetting": "on"})
    assert accepts
    assert accepts.names.keys() == {"bucket", "newSetting"}


def test_a_key_that_only_a_newer_sdk_has(tmp_path: Path) -> None:
    folder = tmp_path / "lib" / "python3.12" / "site-packages" / "pulumi_aws" / "s3"
    folder.mkdir(parents=True)
    (folder / "bucket.py").write_text(
        NEWER.replace("Optional[_builtins.str]]:", "Optional[Sequence[pulumi.Input['BucketGrantArgs']]]]:").replace(
            "def bucket", "def grants"
        )
    )
    (folder / "_inputs.py").write_text(NEWER.replace("class BucketArgs:", "class BucketGrantArgs:"))
    accepts = accepted(tmp_path / "bin" / "python", BUCKET, {"grants": [{"newSetting": "on"}]})
    assert accepts
    assert [each.path for each in accepts.unknown({"grants": [{"newSetting": "on", "newSeting": "on"}]})] == [
        "grants[0].newSeting"
    ]


@pytest.mark.parametrize(
    "text", ["", "class BucketArgs:\n    pass\n", NEWER.replace("@pulumi.getter", "@other.getter")]
)
def test_a_class_of_another_shape_has_no_arguments(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "lib" / "python3.12" / "site-packages" / "pulumi_aws" / "s3"
    folder.mkdir(parents=True)
    (folder / "bucket.py").write_text(text)
    assert accepted(tmp_path / "bin" / "python", BUCKET, {"newSetting": "on"}) is None


def test_without_an_sdk_there_are_no_arguments(tmp_path: Path) -> None:
    assert accepted(tmp_path / "bin" / "python", BUCKET, {"newSetting": "on"}) is None
