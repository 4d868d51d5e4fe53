"""Tables of properties that mean the same in many types: endpoints, settings and Lambda's runtimes.

`generate_tables.py` writes them. Each is derived from names, annotations and docstrings of the SDK; what they do not show
is listed here by hand.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdk_source import Property, ResourceType, walk

from policypack.resources.properties.credentials import sensitive

REACHABLE = re.compile(r"publiclyAccessible|publicConnectivity")
"""Properties that are true for an endpoint that the internet reaches."""
REACHABLE_BY_DEFAULT = re.compile(r"[Dd]efaults? (?:is|to) `true`\.")

ENDPOINTS: Mapping[str, tuple[str, Sequence[Any], str]] = {
    "aws:ec2/instance:Instance": ("associatePublicIpAddress", [True], ""),
    "aws:ec2/launchConfiguration:LaunchConfiguration": ("associatePublicIpAddress", [True], ""),
    "aws:ec2/launchTemplate:LaunchTemplate": ("networkInterfaces[*].associatePublicIpAddress", [True], ""),
    "aws:ec2/spotFleetRequest:SpotFleetRequest": ("launchSpecifications[*].associatePublicIpAddress", [True], ""),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ("associatePublicIpAddress", [True], ""),
    "aws:ecs/service:Service": ("networkConfiguration.assignPublicIp", [True], ""),
    "aws:ecs/taskSet:TaskSet": ("networkConfiguration.assignPublicIp", [True], ""),
    "aws:eks/cluster:Cluster": ("vpcConfig.endpointPublicAccess", [True, None], "vpcConfig.publicAccessCidrs"),
    "aws:elasticsearch/domain:Domain": ("vpcOptions", [None], ""),
    "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration": (
        "blockPublicSecurityGroupRules",
        [False],
        "",
    ),
    "aws:msk/cluster:Cluster": (
        "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
        ["SERVICE_PROVIDED_EIPS"],
        "",
    ),
    "aws:mwaa/environment:Environment": ("webserverAccessMode", ["PUBLIC_ONLY"], ""),
    "aws:opensearch/domain:Domain": ("vpcOptions", [None], ""),
    "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy": ("policy[*].AllowFromPublic", [True], ""),
    "aws:sagemaker/notebookInstance:NotebookInstance": ("directInternetAccess", ["Enabled", None], ""),
    "aws:transfer/server:Server": ("endpointType", ["PUBLIC", None], ""),
}
"""Endpoints by other properties: the property, the values that open it (null for an absent one), and its addresses."""

VARIABLES = re.compile(
    r"\w*(?:[eE]nvironment|Stage)Variables|stageVariables|variables|environments?|connectionProperties|propertyMap"
    r"|(?:default|nonOverridable)Arguments|connectorConfiguration|stageVariableOverrides|envs"
    r"|(?:\w+H|h)eaders|headerParameters|queryStringParameters|staticQueryParameters"
    r"|(?:token\w+|custom)(?:Properties|ParametersMap|Parameters)|credentialsMap|customAuthenticationCredentials"
)
"""Names of properties with settings by name: a mapping, or a list of objects with `name` and `value`."""
PAIRS = re.compile(r"(?:Environment(?:Variable)?|Env|(?<!Match)Header)Args'")
"""The classes of their objects with `name` and `value`."""
TEXTS = re.compile(
    r"userData(?:Base64)?|container(?:Definitions|Properties)|ecsProperties|build[sS]pec|on(?:Start|Create)"
)
"""Names of properties with a script, or with settings in JSON or YAML."""
URLS = re.compile(
    r"url|uri|endpoint|repository|location|issuer"
    r"|(?!s3|\w*S3)\w+(?:Ur[li]|url|Endpoint|Location)(?:Template|Content1?|Manifest1?)?s?"
)
"""Names of properties with an address, whose user may have a password in it."""
OF_URLS = re.compile(r"(?:(?!S3\b)\w+ ){0,3}URLs?\b(?! (?:query|path|subdomain|auth))")
"""The begin of the description of such a property."""
NO_ADDRESSES = re.compile(r"image\w*|pre[sS]igned\w*|\w*[pP]atterns?")
"""Names of properties with an image, with a signature that expires, or with what addresses match."""
NO_CREDENTIALS = re.compile(r".*[eE]ncryptionKey|tokenValidityUnits\..*")
"""Paths of properties that are named like a credential, and hold the ARN of a key or a unit of time."""
OTHER_SETTINGS: Mapping[str, str] = {
    "aws:amplify/app:App": "autoBranchCreationConfig.basicAuthCredentials",
    "aws:apigateway/integration:Integration": "requestParameters",
    "aws:apigatewayv2/integration:Integration": "requestParameters",
    "aws:appconfig/hostedConfigurationVersion:HostedConfigurationVersion": "content",
    "aws:batch/jobDefinition:JobDefinition": "parameters",
    "aws:cloudformation/stack:Stack": "parameters templateBody",
    "aws:cloudformation/stackInstances:StackInstances": "parameterOverrides",
    "aws:cloudformation/stackSet:StackSet": "parameters templateBody",
    "aws:cloudformation/stackSetInstance:StackSetInstance": "parameterOverrides",
    "aws:cloudwatch/eventConnection:EventConnection": "authParameters.apiKey"
    " authParameters.invocationHttpParameters.headers authParameters.invocationHttpParameters.queryStrings"
    " authParameters.invocationHttpParameters.bodies authParameters.oauth.oauthHttpParameters.headers"
    " authParameters.oauth.oauthHttpParameters.queryStrings authParameters.oauth.oauthHttpParameters.bodies",
    "aws:cloudwatch/eventTarget:EventTarget": "input",
    "aws:codepipeline/pipeline:Pipeline": "stages[*].actions[*].configuration",
    "aws:cognito/identityProvider:IdentityProvider": "providerDetails",
    "aws:datasync/locationAzureBlob:LocationAzureBlob": "sasConfiguration.token",
    "aws:elasticache/user:User": "authenticationMode.passwords",
    "aws:elasticbeanstalk/configurationTemplate:ConfigurationTemplate": "settings",
    "aws:elasticbeanstalk/environment:Environment": "settings",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": "splunkConfiguration.hecToken",
    "aws:lambda/invocation:Invocation": "input",
    "aws:memorydb/user:User": "authenticationMode.passwords",
    "aws:rds/optionGroup:OptionGroup": "options[*].optionSettings",
    "aws:s3/bucketObject:BucketObject": "content contentBase64",
    "aws:s3/bucketObjectv2:BucketObjectv2": "content contentBase64",
    "aws:scheduler/schedule:Schedule": "target.input",
    "aws:securitylake/subscriberNotification:SubscriberNotification": "configuration.httpsNotificationConfiguration.authorizationApiKeyValue",
    "aws:serverlessrepository/cloudFormationStack:CloudFormationStack": "parameters",
    "aws:servicecatalog/provisionedProduct:ProvisionedProduct": "provisioningParameters",
    "aws:sfn/stateMachine:StateMachine": "definition",
    "aws:sns/topicSubscription:TopicSubscription": "endpoint",
    "aws:ssm/association:Association": "parameters",
    "aws:ssm/document:Document": "content",
}
"""Settings, texts and credentials by other names; `settings.CREDENTIALS` says what these credentials are."""

Row = Any


def endpoints_table(resources: Iterable[ResourceType], same: Mapping[str, str]) -> Mapping[str, Row]:
    """The property of each type that opens an endpoint to the internet, and the values that do.

    Raises `ValueError` when an entry of `ENDPOINTS` fits nothing in the SDK any more.
    """
    rows: dict[str, Row] = {}
    for resource in resources:
        path, values, addresses = ENDPOINTS.get(resource.token, ("", (), ""))
        properties = dict(walk(resource))
        if {path.partition("[*]")[0], addresses} - {"", *properties}:
            raise ValueError(f"`{path}` of `{resource.token}` is no longer in this SDK")
        for name, property_ in properties.items():
            if REACHABLE.fullmatch(name):
                path, values = name, [True, None] if REACHABLE_BY_DEFAULT.search(property_.doc) else [True]
        if path:
            rows[resource.token] = {"property": path, "open": values, "addresses": addresses}
    return with_aliases(rows, same)


def settings_table(resources: Iterable[ResourceType], same: Mapping[str, str]) -> Mapping[str, Row]:
    """The properties of each type with settings, scripts and credentials. Those of names only are left out.

    The SDK makes secrets of most credentials at the top of a resource, and of none inside an object.
    """
    rows: dict[str, Row] = {}
    for resource in resources:
        paths = [
            path + property_.step.removeprefix(property_.name)
            if "Sequence[" in property_.annotation and property_.nested
            else path
            for path, property_ in walk(resource)
            if path in OTHER_SETTINGS.get(resource.token, "").split()
            or holds_settings(property_)
            or is_credential(path, property_)
        ]
        if paths:
            rows[resource.token] = paths
    return with_aliases(rows, same)


def addresses_table(resources: Iterable[ResourceType], same: Mapping[str, str]) -> Mapping[str, Row]:
    """The properties of each type with a URL, or a list of them, but for those that `settings_table` has."""
    rows = {
        resource.token: [
            path
            for path, property_ in walk(resource)
            if holds_address(property_) and path not in OTHER_SETTINGS.get(resource.token, "").split()
        ]
        for resource in resources
    }
    return with_aliases({token: paths for token, paths in rows.items() if paths}, same)


def holds_settings(property_: Property) -> bool:
    """Whether a property has settings, or a text with some."""
    if TEXTS.fullmatch(property_.name):
        return property_.takes_text
    if not VARIABLES.fullmatch(property_.name):
        return False
    pairs = "Sequence[" in property_.annotation and PAIRS.search(property_.annotation)
    return bool(pairs) or "Mapping[str, pulumi.Input[_builtins.str]]" in property_.annotation


def holds_address(property_: Property) -> bool:
    """Whether the name or the description of a property says that it has URLs."""
    if property_.nested or "_builtins.str" not in property_.annotation or "Mapping[" in property_.annotation:
        return False
    addressed = URLS.fullmatch(property_.name) or OF_URLS.match(property_.doc)
    return bool(addressed) and not NO_ADDRESSES.fullmatch(property_.name)


def is_credential(path: str, property_: Property) -> bool:
    """Whether the value of a property is itself a credential."""
    return sensitive(property_.name) and property_.takes_text and not NO_CREDENTIALS.fullmatch(path)


def with_aliases(rows: Mapping[str, Any], same: Mapping[str, str]) -> Mapping[str, Any]:
    """The rows, and the same for other tokens of their types."""
    return {**{alias: rows[token] for alias, token in same.items() if token in rows}, **rows}


def runtimes_table() -> Mapping[str, Row]:
    """AWS's dates for each Lambda runtime, as cfn-lint publishes them from the page about Lambda's runtimes."""
    file = importlib.metadata.distribution("cfn-lint").locate_file(
        "cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json"
    )
    lifecycle = json.loads(Path(str(file)).read_text(encoding="utf-8"))
    return {
        runtime: {name.replace("-", "_"): value for name, value in dates.items() if value}
        for runtime, dates in lifecycle.items()
    }
