"""The reference stack is clean, and the removal of any of its protections is reported by the policy for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import allow, construct, document
from policypack.core.policy import UNKNOWN, Asset, EnforcementLevel, Resource, Stack, Unseen
from policypack.evaluation.evaluate import evaluate
from policypack.evaluation.grouping import one_per_value
from policypack.evaluation.settings import Settings
from policypack.policies import POLICIES
from stackguard.preview import Preview, run
from tests.compiled import wheel

pytestmark = pytest.mark.corpus

STACK = Path(__file__).parents[1] / "stack"

Resources = tuple[Resource, ...]
Edit = Callable[[Resources], Resources]


@pytest.fixture(scope="module", params=[True, False], ids=["resolved", "unknown"])
def reference(request: pytest.FixtureRequest) -> Preview:
    """As in the gate, and as in a preview."""
    return run(STACK, resolve=request.param)


def judge(
    preview: Preview, resources: Resources, unseen: tuple[Unseen, ...] = (), **settings: Any
) -> list[tuple[str, str, str]]:
    mandatory = {policy.id: EnforcementLevel.MANDATORY for policy in POLICIES}
    chosen = Settings(stack_region=preview.config["aws:region"], enforcement=mandatory, **settings)
    outcomes = evaluate(POLICIES, Stack(resources, chosen, unseen))
    blocking = (outcome for outcome in (*outcomes, *one_per_value(outcomes)) if outcome.blocks)
    return [(outcome.policy.id, outcome.resource.name, outcome.message) for outcome in blocking]


def without(name: str) -> Edit:
    """Removes a resource, and every reference to it."""

    def edit(resources: Resources) -> Resources:
        (gone,) = (resource.urn for resource in resources if resource.name == name)
        return tuple(
            replace(
                item,
                dependencies=tuple(urn for urn in item.dependencies if urn != gone),
                property_dependencies={
                    key: tuple(urn for urn in urns if urn != gone) for key, urns in item.property_dependencies.items()
                },
            )
            for item in resources
            if item.urn != gone
        )

    return edit


def changed(name: str, **inputs: Any) -> Edit:
    """Sets input properties of a resource; None removes one."""

    def edit(resources: Resources) -> Resources:
        return tuple(_changed(resource, inputs) if resource.name == name else resource for resource in resources)

    return edit


def packed(file: str, text: str) -> Edit:
    """Packs one more file with the function's code."""

    def edit(resources: Resources) -> Resources:
        code = next(resource.inputs["code"] for resource in resources if resource.name == "function")
        more = Asset(archive=True, members={".": code, file: Asset(text=text)})
        return changed("function", code=more)(resources)

    return edit


def moved(region: str) -> Edit:
    """Changes the region of the provider and of all its resources."""

    def edit(resources: Resources) -> Resources:
        return tuple(_changed(item, {"region": region}) if "region" in item.inputs else item for item in resources)

    return edit


def _changed(resource: Resource, inputs: dict[str, Any]) -> Resource:
    return replace(
        resource,
        inputs={key: value for key, value in {**resource.inputs, **inputs}.items() if value is not None},
        outputs={key: value for key, value in {**resource.outputs, **inputs}.items() if value is not None},
    )


def rewritten(name: str, sid: str, /, property_: str = "policy", **elements: Any) -> Edit:
    """Rewrites a statement of a policy document; without elements it is removed, and None removes an element."""

    def edit(resources: Resources) -> Resources:
        (carrier,) = (resource for resource in resources if resource.name == name)
        document = json.loads(carrier.inputs[property_])
        statements = []
        for statement in document["Statement"]:
            if statement["Sid"] != sid:
                statements.append(statement)
            elif elements:
                merged = {**statement, **elements}
                statements.append({key: value for key, value in merged.items() if value is not None})
        text = json.dumps({**document, "Statement": statements})
        assert text != carrier.inputs[property_]
        return changed(name, **{property_: text})(resources)

    return edit


def handled(work: str) -> Edit:
    """Replaces the function's code by a handler that does this."""
    text = f"def handler(event, context):\n    {work}\n"
    return changed("function", code=Asset(archive=True, members={"ingest/handler.py": Asset(text=text)}))


def added(*extra: Resource) -> Edit:
    """Adds resources, on the reference's own provider."""

    def edit(resources: Resources) -> Resources:
        provider = next(resource.urn for resource in resources if resource.type == "pulumi:providers:aws")
        return (*resources, *(replace(item, provider=provider) if item.custom else item for item in extra))

    return edit


@dataclass(frozen=True)
class Removal:
    """A protection that is removed, and the policy that must report it."""

    what: str
    policy: str
    edit: Edit
    unseen: tuple[Unseen, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def of_card(policy: str) -> Removal:
    """Adds the first bad example of a policy about resources that the reference does not have."""
    example = next(card.bad[0] for card in POLICIES if card.id == policy)
    return Removal(f"nothing of {policy}", policy, added(*example.resources), example.unseen)


ELSEWHERE = {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}
INGEST = "stackguard-ingest-dev-ingest-111122223333-eu-central-1"
LIMIT_ARN = "arn:aws:iam::111122223333:policy/limit"
LIMIT = construct("aws:iam/policy:Policy", "limit", name="limit", policy=document(allow("s3:*", "*")))

REMOVALS = (
    Removal("the provider's region", "aws-unpinned-region", changed("aws", region=None)),
    Removal("the region is the stack's", "aws-foreign-region", moved("us-east-1")),
    Removal("a resource stays in the region", "aws-foreign-region", changed("ingest", region="us-east-1")),
    Removal(
        "every provider is used",
        "aws-unused-provider",
        lambda resources: (*resources, Resource("pulumi:providers:aws", "spare", {"region": "eu-central-1"})),
    ),
    Removal("the access block of ingest", "s3-missing-access-block", without("ingest-access-block")),
    Removal("the access block of results", "s3-missing-access-block", without("results-access-block")),
    *(
        Removal(f"{switch} of ingest", "s3-open-access-block", changed("ingest-access-block", **{switch: False}))
        for switch in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ),
    Removal("arguments exist", "aws-unknown-argument", changed("ingest", blockPublicAcls=True)),
    Removal(
        "the access block is of a bucket's name",
        "aws-impossible-value",
        changed("ingest-access-block", bucket=f"arn:aws:s3:::{INGEST}"),
    ),
    Removal(
        "an access block that names a bucket",
        "s3-missing-access-block",
        changed("ingest-access-block", bucket=f"arn:aws:s3:::{INGEST}"),
    ),
    Removal("the function's role", "aws-impossible-value", changed("function", role="ingest")),
    Removal(
        "a reserved name",
        "aws-impossible-value",
        added(construct("aws:kms/alias:Alias", "data", name="alias/aws/data")),
    ),
    Removal("a number that the property takes", "aws-impossible-value", changed("function", timeout=1200)),
    Removal("an account's id", "aws-impossible-value", changed("invoke-permission", sourceAccount="11112222333")),
    Removal(
        "names that are filled in",
        "aws-impossible-value",
        rewritten("role-policy", "ReadIncoming", Resource="arn:aws:s3:::{bucket}/*"),
    ),
    Removal(
        "the document is of its bucket",
        "iam-unrelated-resource",
        rewritten("ingest-policy", "DenyPlaintextTransport", Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"]),
    ),
    Removal("private ACL", "s3-public-acl", changed("ingest", acl="public-read")),
    Removal("encryption of ingest", "s3-missing-encryption", without("ingest-encryption")),
    Removal("encryption of results", "s3-missing-encryption", without("results-encryption")),
    Removal("TLS of ingest", "s3-plaintext-transport", rewritten("ingest-policy", "DenyPlaintextTransport")),
    Removal("TLS of results", "s3-plaintext-transport", without("results-policy")),
    Removal("TLS of the dead letters", "sqs-plaintext-transport", without("dead-letters-policy")),
    Removal("versions of ingest", "s3-missing-versioning", without("ingest-versioning")),
    Removal(
        "no ACLs in results", "s3-enabled-acls", changed("results-ownership", rule={"objectOwnership": "ObjectWriter"})
    ),
    Removal("rotation of the key", "kms-missing-rotation", changed("key", enableKeyRotation=None)),
    Removal(
        "no users",
        "iam-user-credentials",
        added(Resource("aws:iam/accessKey:AccessKey", "deploy", {"user": "deploy"})),
    ),
    Removal("valid JSON", "iam-malformed-document", changed("ingest-policy", policy="{'Version': '2012-10-17'}")),
    Removal(
        "element names", "iam-malformed-document", rewritten("role-policy", "ReadIncoming", Action=None, action="s3:*")
    ),
    Removal(
        "a partition of AWS",
        "iam-malformed-document",
        rewritten("role-policy", "ReadIncoming", Resource="arn:awss:s3:::inbox/*"),
    ),
    Removal(
        "the service of an action",
        "iam-malformed-document",
        rewritten("role-policy", "ReadIncoming", Action="GetObject"),
    ),
    Removal(
        "trusted addresses",
        "iam-open-address",
        rewritten(
            "ingest-policy",
            "DenyObjectsFromUntrustedAddresses",
            Condition={
                "NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
            },
        ),
    ),
    Removal(
        "access of services",
        "iam-lockout-deny",
        rewritten(
            "ingest-policy",
            "DenyObjectsFromUntrustedAddresses",
            Resource=[f"arn:aws:s3:::{INGEST}", f"arn:aws:s3:::{INGEST}/*"],
            Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        ),
    ),
    Removal(
        "a condition that some request meets",
        "iam-unsatisfiable-condition",
        rewritten(
            "ingest-policy",
            "DenyObjectsFromUntrustedAddresses",
            Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        ),
    ),
    Removal(
        "a condition that the function's role meets",
        "iam-unsatisfiable-condition",
        rewritten("role-policy", "ReadIncoming", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ),
    Removal(
        "a permission that the function's role has",
        "lambda-missing-permission",
        rewritten("role-policy", "ReadIncoming", Condition={"StringLike": {"aws:username": "*"}}),
    ),
    Removal(
        "no public access",
        "iam-public-policy",
        rewritten(
            "ingest-policy",
            "DenyObjectsFromUntrustedAddresses",
            Effect="Allow",
            Action="s3:GetObject",
            Condition=ELSEWHERE,
        ),
    ),
    Removal(
        "the trust policy's principal",
        "iam-open-trust",
        rewritten("role", "LambdaOfThisAccount", "assumeRolePolicy", Principal={"AWS": "*"}, Condition=None),
    ),
    Removal(
        "a policy of its own",
        "iam-administrator-access",
        changed("role", managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ),
    Removal(
        "trust in the service that uses the role",
        "iam-missing-trust",
        rewritten("role", "LambdaOfThisAccount", "assumeRolePolicy", Principal={"Service": "ec2.amazonaws.com"}),
    ),
    Removal(
        "trust in no other service",
        "iam-unused-trust",
        rewritten(
            "role",
            "LambdaOfThisAccount",
            "assumeRolePolicy",
            Principal={"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]},
        ),
    ),
    Removal(
        "a policy for one workload",
        "iam-broad-managed-policy",
        changed("role", managedPolicyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),
    ),
    Removal(
        "named actions", "iam-wildcard-action", rewritten("role-policy", "ReadIncoming", Action="s3:*", Condition=None)
    ),
    Removal(
        "a boundary that nothing attaches",
        "iam-wildcard-action",
        lambda resources: added(LIMIT)(
            changed("role", permissionsBoundary=LIMIT_ARN, managedPolicyArns=[LIMIT_ARN])(resources)
        ),
    ),
    Removal("logs of the account", "iam-confused-deputy", rewritten("key", "LogGroupUsesKey", Condition=None)),
    Removal("named resources", "iam-wildcard-resource", rewritten("role-policy", "WriteResults", Resource="*")),
    Removal(
        "listing by prefix",
        "iam-unscoped-list",
        rewritten(
            "role-policy", "ReadIncoming", Action="s3:ListBucket", Resource=f"arn:aws:s3:::{INGEST}", Condition=None
        ),
    ),
    Removal(
        "passing of roles",
        "iam-pass-role-anywhere",
        rewritten("role-policy", "SendDeadLetters", Action="iam:PassRole", Resource="*"),
    ),
    Removal(
        "the permissions of others",
        "iam-privilege-escalation",
        rewritten("role-policy", "SendDeadLetters", Action="iam:PutRolePolicy", Resource="*"),
    ),
    Removal(
        "a condition that works",
        "iam-ineffective-condition",
        rewritten(
            "ingest-policy",
            "DenyObjectsFromUntrustedAddresses",
            Condition={"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ingest-*"}},
        ),
    ),
    Removal("real actions", "iam-unknown-action", rewritten("role-policy", "ReadIncoming", Action="s3:GetObjekt")),
    Removal(
        "actions on their resources",
        "iam-mismatched-resource",
        rewritten("role-policy", "ReadIncoming", Resource=f"arn:aws:s3:::{INGEST}"),
    ),
    Removal(
        "the dead letters' encryption",
        "sqs-missing-encryption",
        changed("dead-letters", kmsMasterKeyId=None, sqsManagedSseEnabled=False),
    ),
    Removal("the logs' retention", "logs-missing-retention", changed("logs", retentionInDays=None)),
    Removal("the permission", "s3-missing-invoke-permission", without("invoke-permission")),
    Removal(
        "the permission first",
        "s3-early-notification",
        lambda resources: tuple(
            replace(item, dependencies=tuple(urn for urn in item.dependencies if "lambda/permission" not in urn))
            for item in resources
        ),
    ),
    Removal("the source's account", "lambda-confused-deputy", changed("invoke-permission", sourceAccount=None)),
    Removal("the source", "lambda-confused-deputy", changed("invoke-permission", sourceArn=None)),
    Removal("the source is an ARN", "lambda-malformed-source-arn", changed("invoke-permission", sourceArn=INGEST)),
    Removal(
        "the source is ours",
        "lambda-foreign-bucket",
        changed("invoke-permission", sourceArn="arn:aws:s3:::someone-elses"),
    ),
    Removal(
        "the caller is a service",
        "lambda-public-invoke",
        changed("invoke-permission", principal="*", sourceArn=None, sourceAccount=None),
    ),
    Removal(
        "events exist",
        "s3-malformed-notification",
        changed(
            "notification",
            lambdaFunctions=[
                {
                    "lambdaFunctionArn": "arn:aws:lambda:eu-central-1:111122223333:function:x",
                    "events": ["s3:ObjectMade:*"],
                }
            ],
        ),
    ),
    Removal(
        "one bucket policy",
        "aws-contested-resource",
        lambda resources: (
            *resources,
            *(
                replace(resource, name="second", urn=f"{resource.urn}-second")
                for resource in resources
                if resource.name == "ingest-policy"
            ),
        ),
    ),
    Removal(
        "separate buckets for results and uploads",
        "s3-notification-loop",
        rewritten("role-policy", "WriteResults", Resource=f"arn:aws:s3:::{INGEST}/*"),
    ),
    Removal(
        "reading by version",
        "lambda-missing-permission",
        rewritten("role-policy", "ReadIncoming", Action="s3:GetObject"),
    ),
    Removal("dead letters are sent", "lambda-missing-permission", rewritten("role-policy", "SendDeadLetters")),
    Removal("traces are sent", "lambda-missing-permission", rewritten("role-policy", "SendTraces")),
    Removal("logs are written", "lambda-missing-permission", rewritten("role-policy", "WriteOwnLogs")),
    Removal(
        "no more than is called",
        "lambda-unused-permission",
        rewritten("role-policy", "ReadIncoming", Action=["s3:GetObjectVersion", "s3:GetObject"]),
    ),
    Removal(
        "no more than is addressed",
        "lambda-unused-permission",
        rewritten("role-policy", "ReadIncoming", Resource=f"arn:aws:s3:::{INGEST}/*"),
    ),
    Removal(
        "every record",
        "lambda-early-return",
        handled("for record in event['Records']:\n        return record"),
    ),
    Removal("more than the first record", "lambda-early-return", handled("copy(event['Records'][:1])")),
    Removal(
        "records until the end", "lambda-early-return", handled("any(copy(record) for record in event['Records'])")
    ),
    Removal("work that runs", "lambda-early-return", handled("map(copy, event['Records'])")),
    Removal(
        "failures that surface",
        "lambda-early-return",
        handled(
            "try:\n        for record in event['Records']:\n            copy(record)\n    except ValueError:\n        print(0)"
        ),
    ),
    Removal(
        "records that fail",
        "lambda-early-return",
        handled(
            "for record in event['Records']:\n        try:\n            copy(record)\n        except Exception:\n            print(0)"
        ),
    ),
    Removal(
        "failures that something acts on",
        "lambda-early-return",
        handled(
            "failed = 0\n    for record in event['Records']:\n        try:\n            copy(record)\n"
            "        except Exception:\n            failed += 1\n    print(failed)"
        ),
    ),
    Removal(
        "conditions that calls meet",
        "lambda-missing-permission",
        rewritten("role-policy", "WriteResults", Condition={"StringEquals": {"s3:x-amz-acl": "public-read"}}),
    ),
    Removal("the handler is packaged", "lambda-missing-handler", changed("function", handler="ingest.main.handler")),
    Removal("the handler is defined", "lambda-missing-handler", changed("function", handler="ingest.handler.main")),
    Removal(
        "what is imported is packaged",
        "lambda-missing-module",
        packed("ingest/__init__.py", "import aws_lambda_powertool"),
    ),
    Removal("wheels for the function", "lambda-foreign-binary", packed("a-1.dist-info/WHEEL", wheel("py3-none-win32"))),
    Removal("a runtime that AWS supports", "lambda-retired-runtime", changed("function", runtime="python3.9")),
    Removal(
        "no secrets in variables",
        "pulumi-plaintext-secret",
        changed("function", environment={"variables": {"API_TOKEN": "9f86d081884c7d659a2f"}}),
    ),
    Removal("no secrets in the code", "lambda-secret-in-archive", packed("ingest/.env", "TOKEN=correct-horse")),
    Removal(
        "no more layers than Lambda takes",
        "lambda-oversized-archive",
        changed("function", layers=[f"arn:aws:lambda:eu-central-1:444455556666:layer:tool-{n}:1" for n in range(6)]),
    ),
    Removal(
        "accounts that the settings trust",
        "iam-untrusted-account",
        rewritten(
            "ingest-policy",
            "DenyObjectsFromUntrustedAddresses",
            Effect="Allow",
            Principal={"AWS": "arn:aws:iam::444455556666:root"},
            Condition=None,
        ),
        settings={"trusted_accounts": ("111122223333",)},
    ),
    Removal(
        "ranges that the settings trust",
        "iam-untrusted-address",
        lambda resources: resources,
        settings={"trusted_cidrs": ("192.0.2.0/24",)},
    ),
    Removal("values that are known", "pulumi-unknown-value", changed("ingest-policy", policy=UNKNOWN)),
    *map(
        of_card,
        (
            "pulumi-unseen-component",
            "pulumi-unseen-resource",
            "aws-plaintext-storage",
            "aws-undefined-container",
            "aws-excluded-value",
            "aws-incompatible-resource",
            "aws-public-endpoint",
            "aws-public-share",
            "ec2-open-ingress",
            "iam-linter-report",
            "iam-absent-key-allowed",
            "iam-shadowed-restriction",
            "iam-duplicate-grant",
            "iam-invalid-address",
            "iam-weak-password-policy",
            "s3-overlapping-notification",
            "s3-undeliverable-notification",
            "lambda-redundant-source-account",
            "sns-missing-encryption",
            "sns-plaintext-transport",
            "dynamodb-missing-recovery",
        ),
    ),
)


def test_the_reference_is_clean(reference: Preview) -> None:
    assert judge(reference, reference.resources) == []


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: removal.what)
def test_a_missing_protection_is_reported(reference: Preview, removal: Removal) -> None:
    reported = judge(reference, removal.edit(reference.resources), removal.unseen, **removal.settings)
    assert removal.policy in {policy for policy, _, _ in reported}, reported


def test_every_policy_has_a_removal() -> None:
    assert {policy.id for policy in POLICIES} == {removal.policy for removal in REMOVALS}
