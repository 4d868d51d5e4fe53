"""A stand-in for the aws provider: the real CLI previews and updates programs with it, without an account.

It answers as the provider's preview does: inputs come back as outputs, values that AWS would compute are left out, a name that
the program leaves out is generated, and the provider's region and default tags are written into each resource. An update creates
nothing; its outputs are the inputs, an id and an ARN. It serves any other package in the same way, without
rules; a component that it constructs contains one resource.
`project.py` writes the project file with which the CLI uses it.
"""

# ruff: noqa: ARG002, N802 (the protocol names the methods and gives each a request and a context)

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from typing import Any

import grpc.aio
from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, resource_pb2, resource_pb2_grpc

SIGNATURE = "4dabf18193072939515e22adb298388d"  # what marks a secret, an asset or a reference
ACCOUNT_ID = "111122223333"
DEFAULT_REGION = "us-east-1"

NAMED_BY = {
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:iam/policy:Policy": "name",
    "aws:iam/role:Role": "name",
    "aws:iam/rolePolicy:RolePolicy": "name",
    "aws:lambda/function:Function": "name",
    "aws:lambda/permission:Permission": "statementId",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3/bucketV2:BucketV2": "bucket",
    "aws:sns/topic:Topic": "name",
    "aws:sqs/queue:Queue": "name",
}
"""The property that the provider fills from the resource's name."""

ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:iam/policy:Policy": "arn:aws:iam::{account}:policy/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:s3/bucketV2:BucketV2": "arn:aws:s3:::{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
}
"""The `arn` that an update computes."""


CONSTANTS: dict[str, dict[str, Any]] = {
    "aws:iam/policy:Policy": {"path": "/"},
    "aws:iam/role:Role": {"maxSessionDuration": 3600, "path": "/"},
    "aws:lambda/function:Function": {
        "memorySize": 128,
        "packageType": "Zip",
        "reservedConcurrentExecutions": -1,
        "timeout": 3,
    },
    "aws:sqs/queue:Queue": {"messageRetentionSeconds": 345600, "visibilityTimeoutSeconds": 30},
}
"""The values that the provider writes if the program has none."""

JSON_TEXT = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
}
"""The property that may be written as an object and is sent as JSON text."""

GLOBAL = ("aws:cloudfront/", "aws:iam/")
"""The modules whose types have no `region`."""

TAGGED = {
    "aws:ec2/keyPair:KeyPair",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:lambda/function:Function",
    "aws:s3/bucket:Bucket",
    "aws:sns/topic:Topic",
    "aws:sqs/queue:Queue",
}


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Echoes inputs; answers with the caller, the region and the partition."""

    def __init__(self) -> None:
        self.region = ""
        self.tags: dict[str, str] = {}

    async def Parameterize(self, request: Any, context: Any) -> Any:
        return provider_pb2.ParameterizeResponse(name=request.value.name, version=request.value.version)

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request: Any, context: Any) -> Any:
        if "region" in request.args:
            self.region = request.args["region"]
        self.tags = json.loads(request.args["defaultTags"]).get("tags", {}) if "defaultTags" in request.args else {}
        return provider_pb2.ConfigureResponse(
            supportsPreview=True, acceptSecrets=True, acceptResources=True, acceptOutputs=False
        )

    async def Check(self, request: Any, context: Any) -> Any:
        inputs = Struct()
        inputs.CopyFrom(request.news)
        name = NAMED_BY.get(request.type)
        if name and name not in inputs and f"{name}Prefix" not in inputs:
            existing = dict(request.olds).get(name)  # a resource that exists keeps its name
            inputs[name] = existing or f"{request.name}-{request.randomSeed.hex()[:7]}"
        for constant, value in CONSTANTS.get(request.type, {}).items():
            if constant not in inputs:
                inputs[constant] = value
        text = JSON_TEXT.get(request.type)
        if text and text in inputs and isinstance(inputs[text], Struct) and SIGNATURE not in inputs[text]:
            inputs[text] = json.dumps(json_format.MessageToDict(inputs[text]), separators=(",", ":"), sort_keys=True)
        if request.type in TAGGED:
            inputs["tagsAll"] = {**self.tags, **(dict(inputs["tags"]) if "tags" in inputs else {})}
        if self.region and request.type.startswith("aws:") and not request.type.startswith(GLOBAL):
            inputs["region"] = dict(inputs).get("region", self.region)
        return provider_pb2.CheckResponse(inputs=inputs)

    async def Diff(self, request: Any, context: Any) -> Any:
        changed = request.old_inputs != request.news
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind)

    async def Create(self, request: Any, context: Any) -> Any:
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        outputs = Struct()
        outputs.CopyFrom(request.properties)
        naming = NAMED_BY.get(request.type)
        name = str(outputs[naming]) if naming else request.name
        if request.type in ARNS:
            outputs["arn"] = ARNS[request.type].format(
                region=self.region or DEFAULT_REGION, account=ACCOUNT_ID, name=name
            )
        return provider_pb2.CreateResponse(id=name, properties=outputs)

    async def Update(self, request: Any, context: Any) -> Any:
        return provider_pb2.UpdateResponse(properties=request.news)

    async def Read(self, request: Any, context: Any) -> Any:
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Delete(self, request: Any, context: Any) -> Any:
        return Empty()

    async def Invoke(self, request: Any, context: Any) -> Any:
        region = dict(request.args).get("region", self.region or DEFAULT_REGION)
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": ACCOUNT_ID,
                "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/stand-in",
                "id": ACCOUNT_ID,
                "userId": "AIDACKCEVSQ6C2EXAMPLE",
            },
            "aws:index/getPartition:getPartition": {
                "dnsSuffix": "amazonaws.com",
                "id": "aws",
                "partition": "aws",
                "reverseDnsPrefix": "com.amazonaws",
            },
            "aws:index/getRegion:getRegion": {"id": region, "name": region, "region": region},
        }
        if request.tok not in answers:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the stand-in has no `{request.tok}`")
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").update(answers[request.tok])
        return response

    async def Construct(self, request: Any, context: Any) -> Any:
        """A component with one resource in it."""
        async with grpc.aio.insecure_channel(request.monitorEndpoint) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            protect = request.protect if request.HasField("protect") else None
            component = await monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    object=request.inputs,
                    dependencies=request.dependencies,
                    propertyDependencies={
                        name: resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=dependencies.urns)
                        for name, dependencies in request.inputDependencies.items()
                    },
                    providers=request.providers,
                    protect=protect,
                    acceptSecrets=True,
                    acceptResources=True,
                )
            )
            await monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type="test:index:Thing",
                    name=f"{request.name}-unseen",
                    parent=component.urn,
                    custom=True,
                    acceptSecrets=True,
                    acceptResources=True,
                )
            )
            outputs = resource_pb2.RegisterResourceOutputsRequest(urn=component.urn)
            await monitor.RegisterResourceOutputs(outputs)
        return provider_pb2.ConstructResponse(urn=component.urn, state=outputs.outputs)

    async def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()


async def serve() -> None:
    """Serves on a free port, which the CLI reads from standard output, until the CLI ends the process."""
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)  # noqa: T201 (the plugin protocol)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve())
