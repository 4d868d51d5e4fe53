from __future__ import annotations

from typing import Any

from policypack.core.examples import allow, bucket, construct, document
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.correctness.unrelated_resource import POLICY
from tests.policies.helpers import reported, silent

ACCOUNT = "111122223333"
RESOURCE = "policy.Statement[0].Resource"


def carrier(token: str, place: str, target: Any, *resources: str) -> Resource:
    statement = allow("*", list(resources), Principal={"AWS": ACCOUNT})
    return construct(token, "carrier", **{place: target}, policy=document(statement))


def bucket_policy(*resources: str, of: Any = "acme-inbox") -> Resource:
    return carrier("aws:s3/bucketPolicy:BucketPolicy", "bucket", of, *resources)


def topic(*resources: str) -> Resource:
    return carrier("aws:sns/topicPolicy:TopicPolicy", "arn", f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms", *resources)


def secret(*resources: str) -> Resource:
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-AbCdEf"
    return carrier("aws:secretsmanager/secretPolicy:SecretPolicy", "secretArn", arn, *resources)


def key(*resources: str) -> Resource:
    return carrier("aws:kms/keyPolicy:KeyPolicy", "keyId", "1234", *resources)


def bus(other: str) -> tuple[Resource, Resource]:
    arn = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/orders"
    token = "aws:cloudwatch/eventBus:EventBus"
    own = Resource(token, "orders", {"name": "orders"}, outputs={"arn": arn, "name": "orders"})
    return own, carrier("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "eventBusName", "orders", other)


test_another_bus = reported(POLICY, RESOURCE, bus(f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/mail"))
test_another_bucket = reported(POLICY, RESOURCE, (bucket(), bucket_policy("arn:aws:s3:::acme-archive")))
test_another_topic = reported(POLICY, RESOURCE, topic(f"arn:aws:sns:eu-west-1:{ACCOUNT}:orders"))
test_another_secret = reported(
    POLICY, RESOURCE, secret(f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:api-??????")
)


def vault(*resources: str) -> Resource:
    return carrier("aws:backup/vaultPolicy:VaultPolicy", "backupVaultName", "daily", *resources)


def api(*resources: str) -> Resource:
    return carrier("aws:apigateway/restApiPolicy:RestApiPolicy", "restApiId", "a1b2c3d4e5", *resources)


VAULTS, APIS = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:", f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:"
test_another_vault = reported(POLICY, RESOURCE, vault(f"{VAULTS}other"))
test_another_api = reported(POLICY, RESOURCE, api(f"{APIS}zzzzzzzzzz/*"))
test_by_name = silent(
    POLICY,
    vault("*"),
    vault(f"{VAULTS}daily"),
    vault(f"{VAULTS}*"),
    vault(f"arn:aws:backup:eu-west-1:{ACCOUNT}:recovery-point:*"),
    vault("arn:aws:ec2:eu-west-1::snapshot/*"),
    api(f"{APIS}a1b2c3d4e5/*"),
    api(f"{APIS}a1b2c3d4e5/prod/GET/orders"),
    api("arn:aws:execute-api:*:*:*/*"),
    api("execute-api:/*"),
    api("execute-api:/prod/GET/*"),
    api("*"),
)
test_another_key = reported(POLICY, RESOURCE, key(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/9999"))
test_silent = silent(
    POLICY,
    bucket_policy("arn:aws-cn:s3:::acme-inbox/*"),
    bucket_policy("*"),
    bucket_policy("arn:aws:s3:::other", of=UNKNOWN),
    topic(f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms", f"arn:aws:sns:eu-west-1:{ACCOUNT}:orders"),
    secret(f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-??????"),
    bus(f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/orders/nightly"),
    bucket_policy("arn:aws:s3express:eu-west-1:111122223333:bucket/x--euw1-az1--x-s3", of="x--euw1-az1--x-s3"),
    key("*"),
    key(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"),
)


def domain_policy(name: str) -> Resource:
    statement = allow("es:ESHttpGet", f"{DOMAIN}/*", Principal={"AWS": ACCOUNT})
    token = "aws:opensearch/domainPolicy:DomainPolicy"
    return construct(token, "logs", domainName=name, accessPolicies=document(statement))


DOMAIN = f"arn:aws:es:eu-west-1:{ACCOUNT}:domain/logs"

test_a_target_that_an_impossible_value_names_is_unknown = silent(
    POLICY,
    domain_policy(DOMAIN),
    domain_policy("logs"),
    bucket_policy("arn:aws:s3:::acme-inbox/*", of="arn:aws:s3:::acme-inbox"),
)
test_another_domain = reported(POLICY, "accessPolicies.Statement[0].Resource", domain_policy("metrics"))


DOMAIN = "arn:aws:ses:eu-central-1:111122223333:identity/shop.example"


def sender(target: str, resource: str) -> Resource:
    return carrier("aws:ses/identityPolicy:IdentityPolicy", "identity", target, resource)


test_a_target_given_by_its_arn_is_named_by_it = silent(
    POLICY,
    sender(DOMAIN, DOMAIN),
    sender("shop.example", DOMAIN),
    sender(DOMAIN, "arn:aws:ses:*:111122223333:identity/*"),
)
test_a_target_given_by_its_arn_and_another = reported(
    POLICY,
    RESOURCE,
    sender(DOMAIN, f"{DOMAIN}.org"),
    sender(DOMAIN, "arn:aws:ses:eu-west-1:111122223333:identity/shop.example"),
    sender("shop.example", f"{DOMAIN}.org"),
)
