"""Spellings of credentials in settings, and of what only looks like one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.examples import construct, function
from policypack.core.policy import ROOT_TYPE, UNKNOWN, Resource
from policypack.iam.tables import settings_properties
from policypack.policies.pulumi.plaintext_secret import POLICY
from policypack.resources.properties.credentials import credential_of, credentials_in_script
from tests.policies.helpers import messages, outcomes, reported, silent, undecided_at, violations

WORD = "hunter2-prod"
PARAMETER = "aws:ssm/parameter:Parameter"
PIPELINE = "aws:codepipeline/pipeline:Pipeline"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
GITHUB = "ghp_" + "a8Kd72LmQ0xPz51RtYvBn63WcE9uJf4HsGi2"
KEY_ID = "AKIA" + "Q3EGRJ5XYZ7WNTPL"
AWS_KEY = "u7Gk2pQ9zX4vB1nM8sD5" + "fH3jL6wR0tYcEaIoUqZx"


def variables(secrets: frozenset[str] = frozenset(), **values: Any) -> Resource:
    plain = function(environment={"variables": values})
    return Resource(plain.type, plain.name, plain.inputs, secrets=secrets)


def task(*environment: tuple[str, str], **container: Any) -> Resource:
    pairs = [{"name": name, "value": value} for name, value in environment]
    containers = json.dumps([{"name": "web", "image": "nginx", "environment": pairs, **container}])
    return construct(TASK, "web", containerDefinitions=containers)


def _association(commands: str) -> Resource:
    return construct("aws:ssm/association:Association", "run", parameters={"commands": commands})


def _subscription(endpoint: str) -> Resource:
    return construct("aws:sns/topicSubscription:TopicSubscription", "hook", protocol="https", endpoint=endpoint)


def _pipeline(**configuration: str) -> Resource:
    return construct(PIPELINE, "site", stages=[{"name": "Source", "actions": [{"configuration": configuration}]}])


def instance(script: str) -> Resource:
    return construct("aws:ec2/instance:Instance", "web", userData=script)


def template(script: str) -> Resource:
    return construct(
        "aws:ec2/launchTemplate:LaunchTemplate", "web", userData=base64.b64encode(script.encode()).decode()
    )


def build(buildspec: str = "version: 0.2", **variable: str) -> Resource:
    environment = {"environmentVariables": [variable] if variable else []}
    return construct("aws:codebuild/project:Project", "site", source={"buildspec": buildspec}, environment=environment)


def exports(**outputs: Any) -> Resource:
    return Resource(ROOT_TYPE, "shop", outputs=outputs, custom=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", WORD),
        ("dbPassword", WORD),
        ("DB_PASSWORD", "Pa$$w0rd!"),
        ("MYSQL_ROOT_PASSWORD", "123456"),
        ("PGPASSWORD", "postgres1"),
        ("DB_PASS", "s3cr"),
        ("spring.datasource.password", WORD),
        ("JWT_SECRET", "my-super-secret-jwt-2024"),
        ("CLIENT_SECRET", "GOCSPX-a8Kd72LmQ0xPz51RtYvBn"),
        ("API_KEY", "8d1f0c6b2e7a4953"),
        ("SONAR_TOKEN", "9f86d081884c7d659a2f"),
        ("AWS_SECRET_ACCESS_KEY", AWS_KEY),
        ("ANYTHING", GITHUB),
        ("DATABASE_URL", "postgres://app:hunter2@db.acme.internal/app"),
        ("REDIS_URL", "redis://:a94f5374fce5@cache.acme.internal:6379/0"),
        ("CONNECTION", "Server=db;User Id=sa;Password=Str0ngP@ss;Encrypt=true"),
        ("CONFIG", json.dumps({"db": {"password": WORD}})),
        ("JDBC", f"jdbc:postgresql://db.acme.internal/app?user=app&password={WORD}"),
        ("DATASOURCE", f"jdbc:mysql://db:3306/app?password={WORD}&useSSL=true"),
        ("DATASOURCE", f"jdbc:sqlserver://db:1433;databaseName=app;user=app;password={WORD}"),
        ("DATASOURCE", f"jdbc:oracle:thin:app/{WORD}@db:1521/orcl"),
        ("DSN", f"host=db dbname=app user=app password={WORD}"),
        ("DSN", f"password='{WORD}' host=db"),
    ],
)
def test_a_credential_in_a_variable_is_reported_without_its_value(name: str, value: str) -> None:
    resource = variables(**{name: value})
    assert violations(POLICY, resource) == [f"environment.variables.{name}"]
    assert not [message for message in messages(POLICY, resource) if value in message]


test_other_settings_are_silent = silent(
    POLICY,
    *(
        variables(**{name: value})
        for name, value in {
            "DB_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db",
            "DB_PASSWORD_PARAMETER": "/app/db/password",
            "DB_SECRET": "prod/db/credentials",
            "SECRET_NAME": "prod-db",
            "WEBHOOK_SECRET": "github-webhook-secret",
            "API_KEY": "{{resolve:secretsmanager:prod/api}}",
            "JWT_SECRET": "${JWT_SECRET}",
            "DB_PASSWORD": "changeme",
            "AUTH_TOKEN": "<your-token>",
            "API_TOKEN": "",
            "TOKEN_URL": "https://auth.acme.com/oauth/token",
            "TOKEN_TTL": "3600",
            "PASSWORD_MIN_LENGTH": "12",
            "USE_PASSWORD": "true",
            "API_KEY_HEADER": "x-api-key",
            "KMS_KEY_ID": "1234abcd-12ab-34cd-56ef-1234567890ab",
            "ENCRYPTION_KEY": "1234abcd-12ab-34cd-56ef-1234567890ab",
            "STRIPE_PUBLISHABLE_KEY": "pk_live_51HqLyjWDarjtT1zdp7dc9aX",
            "CLIENT_SECRET": "see Secrets Manager",
            "PARTITION_KEY": "customerId",
            "GIT_SHA": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "DATABASE_URL": "postgres://db.acme.internal:5432/app",
            "TEST_URL": "postgres://postgres:postgres@localhost/test",
            "GIT_REPO": "ssh://git@github.com/acme/app.git",
            "SENTRY_DSN": "https://9f86d081884c7d659a2feaa0c55ad015@o1.ingest.sentry.io/4",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "FEATURES": json.dumps({"password_reset": True, "token_refresh": "daily"}),
            "COUNT": 3,
        }.items()
    ),
    variables(frozenset({"environment.variables.DB_PASSWORD"}), DB_PASSWORD=WORD),
    variables(frozenset({"environment"}), DB_PASSWORD=WORD),
    variables(frozenset({"environment.variables.DB_PASSWORD"}), DB_PASSWORD=UNKNOWN),
    variables(DB_HOST=UNKNOWN),
    function(environment=UNKNOWN),
)
test_an_unknown_value_under_a_credentials_name_is_undecided = undecided_at(
    POLICY, "environment.variables.DB_PASSWORD", variables(DB_PASSWORD=UNKNOWN)
)
test_containers = reported(
    POLICY,
    "containerDefinitions",
    task(("DB_PASSWORD", WORD)),
    task(("DSN", f"mysql://root:{WORD}@db.acme.internal/shop")),
    task(command=["sh", "-c", f"mysql --password={WORD} -h db"]),
    task(command=["run", "--password", WORD]),
)
test_containers_with_references_are_silent = silent(
    POLICY,
    task(("LOG_LEVEL", "INFO"), secrets=[{"name": "DB_PASSWORD", "valueFrom": "/app/db/password"}]),
    task(repositoryCredentials={"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hub"}),
    construct(TASK, "web", containerDefinitions=UNKNOWN),
    construct(TASK, "web", containerDefinitions="[broken"),
)


@pytest.mark.parametrize("of", [instance, template])
@pytest.mark.parametrize(
    "line",
    [
        f"export DB_PASSWORD={WORD}",
        f"DB_PASSWORD='{WORD}' ./start",
        f"mysql -u root -p{WORD} < /x.sql",
        f"docker login -u acme -p {WORD}",
        f"curl -u admin:{WORD} https://acme.com",
        f"echo 'ubuntu:{WORD}' | chpasswd",
        f'$password = "{WORD}"',
        f"#cloud-config\nusers:\n - plain_text_passwd: {WORD}",
        f"aws_secret_access_key = {AWS_KEY}",
        f"git clone https://ci:{WORD}@git.acme.com/app.git",
    ],
)
def test_a_credential_in_a_script_is_reported(of: Any, line: str) -> None:
    assert violations(POLICY, of(f"#!/bin/sh\n{line}\n")) == ["userData"]


test_scripts_that_fetch_credentials_are_silent = silent(
    POLICY,
    *(
        instance(f"#!/bin/sh\n{line}\n")
        for line in (
            "DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id prod/db)",
            'DB_PASSWORD="$(get password)"',
            "TOKEN=`curl -X PUT http://169.254.169.254/latest/api/token`",
            'export PGPASSWORD="$DB_PASSWORD"',
            'mysql -u root -p"$DB_PASSWORD" < /x.sql',
            "docker login --username AWS --password-stdin hub",
            'curl -u "ci:$TOKEN" https://acme.com',
            'echo "ubuntu:${PW}" | chpasswd',
            "echo 'PasswordAuthentication no' >> /etc/ssh/sshd_config",
            "#cloud-config\nchpasswd:\n  expire: false",
            "#cloud-config\nchpasswd: {expire: false}",
            "secrets:\n  api_key:\n    path: /run/key",
            "#cloud-config\nusers:\n - passwd: $6$rounds=4096$abc$K9xkd72LmQ0xPz51\n   lock_passwd: true",
        )
    ),
)
test_builds = reported(
    POLICY,
    "environment.environmentVariables[0].value",
    build(name="DOCKER_PASSWORD", value=WORD),
    build(name="DOCKER_PASSWORD", value=WORD, type="PLAINTEXT"),
)
test_build_specifications = reported(
    POLICY, "source.buildspec", build(f"version: 0.2\nenv:\n  variables:\n    DOCKER_PASSWORD: {WORD}\n")
)
test_builds_with_references_are_silent = silent(
    POLICY,
    build(name="DOCKER_PASSWORD", value="docker-password", type="SECRETS_MANAGER"),
    build(name="DOCKER_PASSWORD", value="docker-password", type="PARAMETER_STORE"),
    build(json.dumps({"env": {"parameter-store": {"DOCKER_PASSWORD": "docker-password"}}})),
    build("env:\n  secrets-manager:\n    DOCKER_PASSWORD: docker-password\n    A: b\nphases: {}\n"),
)
test_parameters = reported(
    POLICY,
    "value",
    construct(PARAMETER, "db", type="String", name="/app/db/password", value=WORD),
    construct(PARAMETER, "db-password", type="StringList", value=WORD),
    Resource(PARAMETER, "db", {"type": "String", "name": "/db/password", "value": WORD}, secrets=frozenset({"value"})),
    Resource(
        PARAMETER, "db", {"type": "String", "name": "/db/password", "value": UNKNOWN}, secrets=frozenset({"value"})
    ),
)
test_parameters_without_credentials_are_silent = silent(
    POLICY,
    construct(PARAMETER, "db", type="SecureString", name="/app/db/password", value=WORD),
    construct(PARAMETER, "db", type="String", name="/app/db/host", value=UNKNOWN),
    construct(PARAMETER, "db", type="String", name="/app/db/password", value="changeme"),
)
test_exports = reported(POLICY, "adminPassword", exports(adminPassword=WORD, url="https://acme.com"))
test_exports_inside_others = reported(POLICY, "db.password", exports(db={"password": WORD, "user": "app"}))


BROKER = "aws:mq/broker:Broker"
SEARCH = "aws:opensearch/domain:Domain"
IDENTITY = "aws:cognito/identityProvider:IdentityProvider"


def owner(value: Any, **options: Any) -> Resource:
    plain = construct(SEARCH, "search", advancedSecurityOptions={"masterUserOptions": {"masterUserPassword": value}})
    return Resource(plain.type, plain.name, plain.inputs, **options)


test_credentials_inside_of_objects = reported(
    POLICY, "users[0].password", construct(BROKER, "b", users=[{"password": WORD}])
)
test_credentials_of_a_search_domain = reported(
    POLICY, "advancedSecurityOptions.masterUserOptions.masterUserPassword", owner(WORD)
)
test_credentials_of_an_identity_provider = reported(
    POLICY,
    "providerDetails.client_secret",
    construct(IDENTITY, "google", providerDetails={"client_secret": "x7Kd92mQ0pLz51RtYv"}),
)
test_properties_of_credentials_that_hold_none = silent(
    POLICY,
    owner(UNKNOWN),
    owner("arn:aws:secretsmanager:eu-west-1:111122223333:secret:search"),
    owner(WORD, secrets=frozenset({"advancedSecurityOptions.masterUserOptions.masterUserPassword"})),
    construct("aws:codebuild/project:Project", "site", encryptionKey="1234abcd-12ab-34cd-56ef-1234567890ab"),
    construct(IDENTITY, "google", providerDetails={"client_id": "123.apps.acme.com", "authorize_scopes": "email"}),
)


ODD = (None, "", 1, True, [], {}, ["x"], [None], [{}], [[["x"]]], UNKNOWN, [UNKNOWN], {"a": UNKNOWN}, "[" * 99_999)


@pytest.mark.parametrize("path", sorted({path for paths in settings_properties().values() for path in paths}))
def test_values_of_an_odd_shape_are_read(path: str) -> None:
    token = next(token for token, paths in settings_properties().items() if path in paths)
    for value in ODD:
        inputs: Any = value
        for step in reversed(path.split(".")):
            inputs = {step.removesuffix("[*]"): [inputs] if step.endswith("[*]") else inputs}
        assert outcomes(POLICY, Resource(token, "odd", inputs)) == []
        outcomes(
            POLICY, construct(PARAMETER, "odd-password", type=value, name=value, value=value), exports(password=value)
        )


def test_a_long_text_is_read_in_bounded_time() -> None:
    for text in ("a" * 70_000, "password=" * 8_000, "x://a:" * 12_000, "mysql " * 12_000, "a:" * 35_000):
        outcomes(POLICY, instance(text), variables(DB_PASSWORD=text))


@given(name=st.text(max_size=40), value=st.text(max_size=200))
def test_any_setting_and_script_is_read(name: str, value: str) -> None:
    assert credential_of(name, value) in {None, "a password", "a secret key or token"} or value
    assert all(kind for _, kind in credentials_in_script(f"{name}={value}"))


@given(st.text("bcdfghjkmnpqrstvwz0123456789", min_size=9, max_size=30))  # no words, such as those of placeholders
def test_a_password_is_reported_whatever_it_looks_like(value: str) -> None:
    assert credential_of("DB_PASSWORD", f"q7{value}")


def tagged(secrets: frozenset[str] = frozenset(), **tags: Any) -> Resource:
    return Resource("aws:s3/bucket:Bucket", "inbox", {"tags": tags}, secrets=secrets)


test_a_credential_in_a_tag_is_reported = reported(
    POLICY,
    "tags.token",
    tagged(Name="inbox", token="9f86d081884c7d659a2f"),
    tagged(token=GITHUB),
    tagged(token="postgres://app:hunter2@db.acme.internal/app"),
)
test_a_credential_in_the_address_of_a_subscription_is_reported = reported(
    POLICY,
    "endpoint",
    construct("aws:sns/topicSubscription:TopicSubscription", "hook", endpoint=f"https://hook:{WORD}@hooks.acme.com/in"),
)
test_credentials_in_tags_of_other_shapes_are_reported = reported(
    POLICY,
    "tags[0].value",
    construct("aws:autoscaling/group:Group", "web", tags=[{"key": "DB_PASSWORD", "value": WORD}]),
)
test_credentials_in_tags_of_what_a_template_starts_are_reported = reported(
    POLICY,
    "tagSpecifications[0].tags.DB_PASSWORD",
    construct("aws:ec2/launchTemplate:LaunchTemplate", "web", tagSpecifications=[{"tags": {"DB_PASSWORD": WORD}}]),
)
test_a_credential_in_the_tags_of_a_provider_is_reported = reported(
    POLICY,
    "defaultTags",
    Resource("pulumi:providers:aws", "eu", {"defaultTags": json.dumps({"tags": {"DB_PASSWORD": WORD}})}),
)
test_tags_about_credentials_are_silent = silent(
    POLICY,
    tagged(Name="api-key-store", Owner="security", SecretRotation="30d", token="shop-prod-deploy"),
    tagged(password="managed", secret="true", ApiKey="none", Secret="orders-db-credentials", KeyId="mrk-1234abcd"),
    tagged(frozenset({"tags.token"}), token="9f86d081884c7d659a2f"),
    tagged(**{"kubernetes.io/cluster/shop": "owned", "aws-apn-id": "pc:8f2k1", "CostCenter": "cc-4711"}),
    Resource("aws:s3/bucket:Bucket", "inbox", {"tags": UNKNOWN}),
)


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(payload: Any, algorithm: str = "HS256") -> str:
    return f"{encoded({'alg': algorithm})}.{encoded(payload)}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


BASIC = f"Basic {base64.b64encode(b'svc:Xy7Kq2mZp9Rt').decode()}"
GOOGLE = "AI" + "zaSyD4iE2xVSpkLLOXoyqT-RuPwURN3ddScAI"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("UPSTREAM", BASIC, "a user's password in base64"),
        ("HEADERS", json.dumps({"Authorization": BASIC}), "a user's password in base64"),
        ("MAPS", GOOGLE, "a Google API key"),
        ("CRM", signed({"sub": "shop"}), "a signed token"),
        ("CRM", f"Bearer {signed({'sub': 'shop'})}", "a signed token"),
    ],
)
def test_keys_and_tokens_are_known_by_their_form(name: str, value: str, kind: str) -> None:
    assert messages(POLICY, variables(**{name: value}))[0].startswith(f"contains {kind} in plaintext")
    assert messages(POLICY, instance(f"#!/bin/sh\ncurl -H 'Authorization: {value}' https://acme.dev")) != []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "Basic authentication"),
        ("AUTH", f"Basic {base64.b64encode(b'svc:changeme').decode()}"),
        ("NEXT_PUBLIC_MAPS", GOOGLE),
        ("SUPABASE_ANON", signed({"sub": "shop"})),
        ("SUPABASE", signed({"role": "anon"})),
        ("CRM", signed({"sub": "shop"}, "none")),
        ("CRM", encoded({"alg": "HS256"})),
    ],
)
def test_what_is_no_secret_of_such_a_form(name: str, value: str) -> None:
    assert outcomes(POLICY, variables(**{name: value})) == []
    assert outcomes(POLICY, instance(f"#!/bin/sh\nexport {name}='{value}'")) == []


def test_a_connection_of_eventbridge_has_its_key_and_headers_in_plaintext() -> None:
    def connection(value: str) -> Resource:
        pair = {"key": "x-api-key", "value": value}
        parameters = {"apiKey": pair, "invocationHttpParameters": {"headers": [pair]}}
        return construct("aws:cloudwatch/eventConnection:EventConnection", "crm", authParameters=parameters)

    places = ["authParameters.apiKey.value", "authParameters.invocationHttpParameters.headers[0].value"]
    assert violations(POLICY, connection("9f8e7d6c5b4a39281706f5e4")) == places
    assert outcomes(POLICY, connection("changeme")) == []


MADE_UP = "Br1ght-Falcon-31"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("content", construct(OBJECT, "app", key="app.yaml", content=f"db:\n  password: {MADE_UP}\n")),
        ("content", construct(OBJECT, "app", key="app", content=f"AWS_SECRET_ACCESS_KEY={AWS_KEY}\n")),
        ("parameters.commands", _association(f"export DB_PASSWORD={MADE_UP}; ./migrate")),
        ("endpoint", _subscription(f"https://hook:{MADE_UP}@alerts.example.com/in")),
        ("stages[0].actions[0].configuration.OAuthToken", _pipeline(OAuthToken=GITHUB)),
    ],
)
def test_credentials_in_what_is_stored_or_run_are_reported(path: str, resource: Resource) -> None:
    assert path in violations(POLICY, resource)


test_what_only_names_a_credential_is_silent = silent(
    POLICY,
    construct(OBJECT, "app", key="app.yaml", content="db:\n  password: ${DB_PASSWORD}\n"),
    construct(OBJECT, "app", key="index.html", content=f"<label>Password</label><input value='{MADE_UP}'>"),
    _association("export DB_PASSWORD=$(aws ssm get-parameter --name /shop/db); ./migrate"),
    _subscription("https://alerts.example.com/in"),
    _subscription("https://user:password@example.com/in"),
)


def test_an_access_key_is_known_by_both_parts_whatever_their_names_are() -> None:
    assert violations(POLICY, variables(AK=KEY_ID, SK=AWS_KEY)) == ["environment.variables.SK"]
    assert violations(POLICY, variables(A=json.dumps({"id": KEY_ID, "s": AWS_KEY}))) == ["environment.variables.A"]
    containers = [{"name": "web", "environment": [{"name": "A", "value": KEY_ID}, {"name": "B", "value": AWS_KEY}]}]
    task = construct("aws:ecs/taskDefinition:TaskDefinition", "web", containerDefinitions=json.dumps(containers))
    assert violations(POLICY, task) == ["containerDefinitions"]


@pytest.mark.parametrize(
    "settings",
    [
        {"AK": KEY_ID},
        {"SK": AWS_KEY},
        {"COMMIT": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "AK": KEY_ID},
        {"AK": "AKIA" + "IOSFODNN7EXAMPLE", "SK": AWS_KEY},
        {"JDBC": "jdbc:postgresql://db.acme.internal/app?user=app&sslmode=require"},
        {"JDBC": "jdbc:postgresql://db.acme.internal/app?user=app&password=${DB_PASSWORD}"},
        {"JDBC": "jdbc:postgresql://db.acme.internal/app?user={user}&password={password}"},
        {"DSN": "host=db dbname=app user=app"},
        {"DSN": "host=db dbname=app user=app password=$PGPASSWORD"},
        {"DSN": "host=db user=app password={password}"},
        {"RESET": "https://acme.dev/reset?password=required"},
        {"HELP": "set password=value in the form"},
    ],
)
def test_half_a_key_and_a_connection_without_its_password_are_silent(settings: dict[str, str]) -> None:
    assert outcomes(POLICY, variables(**settings)) == []


def _origin(header: str, value: str, token: str = "distribution:Distribution", prefix: str = "") -> Resource:
    named = {"headerName": header, "headerValue": value} if prefix else {"name": header, "value": value}
    return construct(f"aws:cloudfront/{token}", "site", origins=[{"customHeaders": [named]}])


MULTITENANT = "multitenantDistribution:MultitenantDistribution"
HEADER = "Zq4mT8xW2nB7kR5vJ9sD"
test_credentials_in_headers_of_an_origin_are_reported = reported(
    POLICY,
    "origins[0].customHeaders[0].value",
    _origin("X-Edge-Secret", HEADER),
    _origin("X-Api-Key", HEADER, MULTITENANT, "header"),
)
test_credentials_in_parameters_by_name_are_reported = reported(
    POLICY,
    "eksProperties.podProperties.containers[0].envs[0].value",
    construct(
        "aws:batch/jobDefinition:JobDefinition",
        "job",
        eksProperties={"podProperties": {"containers": [{"envs": [{"name": "DB_PASSWORD", "value": HEADER}]}]}},
    ),
)
test_other_headers_are_silent = silent(
    POLICY,
    _origin("X-Forwarded-Host", "shop.acme.com"),
    _origin("X-Cache-Key", "v2"),
    _origin("X-Edge-Secret", "{{resolve:secretsmanager:edge}}"),
    construct(
        "aws:cloudwatch/eventTarget:EventTarget", "call", httpTarget={"headerParameters": {"X-Correlation": "$.id"}}
    ),
)
