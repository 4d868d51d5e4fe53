"""The resources that the program registers in a preview, when nothing exists yet and nothing is resolved."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path

import pytest

from policypack.core.policy import Asset, Resource
from stackguard.errors import CannotJudge
from stackguard.preview import Preview, run

STACK = Path(__file__).parents[2] / "stack"
DOCUMENTS = {
    "dead-letters-policy": "policy",
    "ingest-policy": "policy",
    "key": "policy",
    "results-policy": "policy",
    "role": "assumeRolePolicy",
    "role-policy": "policy",
}


@pytest.fixture(scope="module")
def preview() -> Preview:
    return run(STACK, resolve=False)


@pytest.fixture(scope="module")
def resources(preview: Preview) -> dict[str, Resource]:
    by_name = {resource.name: resource for resource in preview.resources}
    assert len(by_name) == len(preview.resources)
    return by_name


def test_every_document_is_known(resources: dict[str, Resource]) -> None:
    documents = {
        name: key
        for name, resource in resources.items()
        for key in ("policy", "assumeRolePolicy")
        if key in resource.inputs
    }

    assert documents == DOCUMENTS
    for name, key in DOCUMENTS.items():
        assert json.loads(resources[name].inputs[key])["Statement"], name


def test_every_resource_is_created_by_the_provider_of_the_configured_region(resources: dict[str, Resource]) -> None:
    provider = resources["aws"]
    created = [resource for resource in resources.values() if resource.type.startswith("aws:")]

    assert provider.inputs["region"] == "eu-central-1"
    assert json.loads(provider.inputs["allowedAccountIds"]) == ["111122223333"]
    assert created
    assert [resource.name for resource in created if not resource.provider.startswith(provider.urn)] == []
    assert {resource.inputs.get("region") for resource in created} == {None, "eu-central-1"}


@pytest.mark.parametrize(
    ("later", "earlier", "why"),
    [
        ("notification", "invoke-permission", "S3 checks the permission when it saves the notification"),
        ("notification", "ingest", "the bucket must exist"),
        ("function", "role-policy", "Lambda checks the dead-letter queue when it creates the function"),
        ("function", "logs", "without a log group Lambda creates one that never expires"),
        ("key", "role", "KMS refuses a key policy that names a role which does not exist"),
        ("ingest-policy", "ingest-access-block", "S3 refuses two changes of a bucket's access at once"),
        ("results-lifecycle", "results-versioning", "noncurrent versions exist once there is versioning"),
    ],
)
def test_what_must_come_later_waits(resources: dict[str, Resource], later: str, earlier: str, why: str) -> None:
    assert resources[earlier].urn in resources[later].dependencies, why


def test_the_bucket_invokes_the_function_for_the_two_formats_in_its_incoming_prefix(
    resources: dict[str, Resource],
) -> None:
    filters = [
        (entry["events"], entry["filterPrefix"], entry["filterSuffix"])
        for entry in resources["notification"].inputs["lambdaFunctions"]
    ]

    assert filters == [(["s3:ObjectCreated:*"], "incoming/", suffix) for suffix in (".csv", ".jsonl")]


def test_only_the_ingest_bucket_of_this_account_may_invoke_the_function(resources: dict[str, Resource]) -> None:
    permission = resources["invoke-permission"].inputs

    assert permission["principal"] == "s3.amazonaws.com"
    assert permission["sourceArn"] == f"arn:aws:s3:::{resources['ingest'].inputs['bucket']}"
    assert permission["sourceAccount"] == "111122223333"


def test_the_function_ships_its_handler_and_the_packages_of_its_lock(resources: dict[str, Resource]) -> None:
    function = resources["function"].inputs
    code = function["code"]
    module, _, _ = function["handler"].rpartition(".")

    assert isinstance(code, Asset)
    assert code.path is not None
    names = zipfile.ZipFile(code.path).namelist()
    assert f"{module.replace('.', '/')}.py" in names
    assert "aws_lambda_powertools/logging/logger.py" in names
    assert not any(name.startswith(("boto3/", "tests/", "README")) for name in names)


def test_the_function_runs_where_it_was_built_for(resources: dict[str, Resource]) -> None:
    function = resources["function"].inputs
    table = tomllib.loads((STACK.parent / "lambda_fn" / "pyproject.toml").read_text())["tool"]["stackguard"]["bundle"]

    assert function["runtime"] == table["runtime"]
    assert function["architectures"] == [table["architecture"]]
    assert function["handler"] == table["handler"]


def test_without_cache_and_network_a_line_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_OFFLINE", "1")

    with pytest.raises(CannotJudge) as refused:
        run(STACK, resolve=False)

    assert "run `stackguard bundle ../lambda_fn` once where there is a network" in refused.value.message
    assert "Traceback" not in refused.value.detail


def test_the_function_has_the_variables_that_the_handler_reads(resources: dict[str, Resource]) -> None:
    variables = resources["function"].inputs["environment"]["variables"]

    assert variables["RESULTS_BUCKET"] == resources["results"].inputs["bucket"]
    assert variables["INGEST_PREFIX"] == "incoming/"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("dead-letters", "kmsMasterKeyId"),
        ("function", "kmsKeyArn"),
        ("logs", "kmsKeyId"),
        ("ingest-encryption", "rules"),
        ("results-encryption", "rules"),
    ],
)
def test_everything_at_rest_is_encrypted_with_the_stacks_key(
    resources: dict[str, Resource], name: str, key: str
) -> None:
    assert resources["key"].urn in resources[name].property_dependencies[key]


def test_the_log_group_of_the_function_is_the_one_that_its_role_and_its_key_name(
    resources: dict[str, Resource],
) -> None:
    log_group = resources["logs"].inputs["name"]

    assert resources["function"].inputs["loggingConfig"]["logGroup"] == log_group
    assert f":log-group:{log_group}:*" in resources["role-policy"].inputs["policy"]
    assert f':log-group:{log_group}"' in resources["key"].inputs["policy"]
