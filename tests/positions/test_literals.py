"""Credentials that a program states as literals, where the SDK makes a secret of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.core.policy import Resource, Stack
from policypack.policies.pulumi.plaintext_secret import POLICY
from stackguard.preview import run
from tests.policies.helpers import outcomes
from tests.test_policies import SETTINGS, outcomes_in

KEPT = """\
MASTER = "Tr0ub4dor-71"
HALF = "Tr0ub4dor"
class Settings:
    token = "Tr0ub4dor-72-abcdef"
"""
MAIN = """\
import json, os, pulumi, pulumi_aws as aws
import kept
from kept import MASTER, Settings
TABLE = {"orders": {"password": "Tr0ub4dor-73"}}
config = pulumi.Config()
ignoring = pulumi.ResourceOptions(ignore_changes=["password"])
def db(name, password, opts=None):
    aws.rds.Instance(name, instance_class="db.t4g.micro", password=password, opts=opts)
def secret(name, text, **options):
    opts = pulumi.ResourceOptions(**options)
    aws.secretsmanager.SecretVersion(name, secret_id="shop", secret_string=text, opts=opts)
db("bad-literal", "Tr0ub4dor-77")
db("bad-imported", MASTER)
db("bad-joined", f"{kept.HALF}-74")
db("bad-explicit", pulumi.Output.secret("Tr0ub4dor-75"))
db("bad-explicit-elsewhere", "Tr0ub4dor-75")
def function(name, variables):
    environment = {"variables": variables}
    aws.lambda_.Function(name, role="arn:aws:iam::111122223333:role/read", environment=environment)
function("bad-variable", {"DB_PASSWORD": pulumi.Output.secret("Tr0ub4dor-84"), "LEVEL": pulumi.Output.secret("debug")})
function("good-variable", {"DB_PASSWORD": pulumi.Output.secret(os.environ["SHOP_PASSWORD"])})
function("good-host", {"DB_HOST": pulumi.Output.secret("db.acme.internal")})
aws.ssm.Parameter("bad-secure", name="/shop/token/password", type="SecureString", value=pulumi.Output.secret("Tr0ub4dor-85"))
db("bad-table", [settings["password"] for settings in TABLE.values()][0])
db("bad-placeholder", "changeme")
db("bad-first", "Tr0ub4dor-76", ignoring)
secret("bad-json", json.dumps({"username": "app", "password": "Tr0ub4dor-78"}))
secret("bad-text", '{"username": "app", "password": "Tr0ub4dor-79"}')
secret("bad-whole", "Tr0ub4dor-80")
aws.ssm.Parameter("bad-parameter", name="/shop/db/password", type="SecureString", value="Tr0ub4dor-81")
aws.elasticache.ReplicationGroup("bad-token", description="shop", auth_token=Settings.token)
aws.glue.Connection("bad-mapping", connection_properties={"USERNAME": "app", "PASSWORD": "Tr0ub4dor-82"})
aws.elasticache.User("bad-list", user_id="u", user_name="u", engine="redis", access_string="on", passwords=["Tr0ub4dor-83"])
db("good-config", config.require_secret("password"))
db("good-plain-config", config.require("password"))
db("good-environment", os.environ["SHOP_PASSWORD"])
db("good-wrapped", pulumi.Output.secret(config.require("password")))
db("good-empty", "")
db("good-first", "changeme", ignoring)
aws.rds.Instance("good-managed", instance_class="db.t4g.micro", manage_master_user_password=True)
secret("good-json", json.dumps({"username": "app", "password": config.require("password")}))
secret("good-no-credential", json.dumps({"host": "db.acme.internal", "engine": "postgres"}))
secret("good-filled-in", "REPLACE_ME", ignore_changes=["secret_string"])
aws.ssm.Parameter("good-setting", name="/shop/db/host", type="SecureString", value="db.acme.internal")
"""


def test_literals_are_reported_and_configuration_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept.py").write_text(KEPT)
    (tmp_path / "__main__.py").write_text(MAIN)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n  password: Tr0ub4dor-90\n")
    monkeypatch.setenv("SHOP_PASSWORD", "Tr0ub4dor-91")
    resources = run(tmp_path, stack="dev", timeout=120).resources
    reported = {outcome.resource.name for outcome in outcomes_in(POLICY, Stack(resources, SETTINGS))}
    assert reported == {resource.name for resource in resources if resource.name.startswith("bad-")}
    assert not any("Tr0ub4dor" in outcome.message for outcome in outcomes_in(POLICY, Stack(resources, SETTINGS)))


def test_a_secret_of_an_export_is_not_judged() -> None:
    database = Resource(
        "aws:rds/instance:Instance", "db", {"password": "Tr0ub4dor-77"}, secrets=frozenset({"password"})
    )
    assert outcomes(POLICY, database) == []
