"""Clients, resources, paginators, waiters and transfers of boto3, by its own models.

Sources: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html, …/guide/resources.html,
…/guide/paginators.html, …/reference/customizations/s3.html and …/reference/customizations/dynamodb.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from policypack.python import domain
from policypack.python.domain import EMPTY, UNKNOWN, Values, either, single
from policypack.python.files import CodePlace
from policypack.python.libraries import sdk
from policypack.python.model import UNKNOWN_TEXT, Text, UnknownPart
from policypack.python.reader import Arguments, Reader

TRANSFERS = {
    "upload_file": (("PutObject", "CreateMultipartUpload"), ("Filename", "Bucket", "Key")),
    "upload_fileobj": (("PutObject", "CreateMultipartUpload"), ("Fileobj", "Bucket", "Key")),
    "download_file": (("HeadObject", "GetObject"), ("Bucket", "Key", "Filename")),
    "download_fileobj": (("HeadObject", "GetObject"), ("Bucket", "Key", "Fileobj")),
    "copy": (("CopyObject", "CreateMultipartUpload", "UploadPartCopy"), ("CopySource", "Bucket", "Key")),
}
"""Managed transfers of S3: the operations that they may send, and their parameters in order."""
SUMMARY_LOAD: Mapping[str, Any] = {
    "operation": "HeadObject",
    "params": [
        {"target": "Bucket", "source": "identifier", "name": "BucketName"},
        {"target": "Key", "source": "identifier", "name": "Key"},
    ],
}
"""The request by which boto3 loads an `ObjectSummary` of S3, which its model lacks."""
NO_CALL = frozenset({"can_paginate", "close", "register", "register_first", "unregister", "get_available_subresources"})
NARROWINGS = ("all", "filter", "limit", "page_size", "pages")
IDLE = ("meta", "exceptions", "waiter_names")
DYNAMIC_SERVICE = "uses a client whose service is not named in the code"
CONFIG = 9
"""The position of `config` among the arguments of `client` and `resource`."""


def regions(arguments: Arguments, position: int, otherwise: Text | None = None) -> list[Text | None]:
    """Each region that `region_name` may be; None for the function's own. If one is unknown, any region fits."""
    named = arguments.get("region_name", position)
    options = domain.texts(named)
    if not options:
        passed = "region_name" in dict(arguments.keywords) or position < len(arguments.args)
        return [UNKNOWN_TEXT] if arguments.open or (passed and not named) else [otherwise]
    known = not any(isinstance(part, UnknownPart) for option in options for part in option.parts)
    return [*options] if known and len(options) == len(named) else [UNKNOWN_TEXT]


def client(
    reader: Reader, arguments: Arguments, place: CodePlace, own: Text | None = None, *, resource: bool = False
) -> Values:
    """The client, or resource, of a service: in the region that is passed, else in its configuration's, else its `own`."""
    configs = arguments.get("config", CONFIG)
    configured = [value.region for value in configs if isinstance(value, domain.BotoConfig) and value.region]
    if configured:
        own = configured[0] if len(configs) == 1 else UNKNOWN_TEXT
    clients: list[Values] = []
    for name in domain.texts(arguments.get("service_name", 0)) or [UNKNOWN_TEXT]:
        if name.constant is None:
            reader.note_unresolved(place, "makes a client of a service whose name is not a constant")
            clients.append(single(domain.Client(None)))
        elif not sdk.exists(name.constant):
            reader.note_unresolved(place, f"makes a client of `{name.constant}`, which botocore does not know")
            clients.append(single(domain.Client(None)))
        else:
            kind = domain.BotoResource if resource else domain.Client
            clients += [single(kind(name.constant, region=region)) for region in regions(arguments, 1, own)]
    return either(clients)


def offers(owner: domain.Client, name: str) -> bool:
    """Whether a client has this operation, or helper."""
    if owner.service is None:
        return False
    helpers = {"get_paginator", "get_waiter", "generate_presigned_url"}
    return name in sdk.operations(owner.service) or name in helpers or (owner.service == "s3" and name in TRANSFERS)


def attribute(reader: Reader, base: domain.Boto, name: str, place: CodePlace) -> Values:
    """What an attribute of one of boto3's values may be."""
    if isinstance(base, domain.Client) and name in IDLE:
        return single(domain.Method(base, name))
    if isinstance(base, domain.BotoResource):
        if name == "meta":
            return single(domain.Method(domain.Client(base.service, base.region), "meta"))
        definition = sdk.resource(base.service, base.kind)
        for identifier in definition.get("identifiers", ()):
            if name == sdk.python_name(identifier["name"]):
                return base.identifier(identifier["name"])
        if many := sdk.named(definition.get("hasMany", {}), name):
            return single(domain.Collection(base, many[0]))
        if has := sdk.named(definition.get("has", {}), name):
            target = has[1]["resource"]
            if not any(identifier["source"] == "input" for identifier in target.get("identifiers", ())):
                return single(_made(base, target, Arguments(), {}))
        if name in sdk.members(base.service, base.kind) and "load" in definition:
            _request(reader, base, definition["load"]["request"], Arguments(), place)
            return UNKNOWN
    return single(domain.Method(base, name))


def called(reader: Reader, callee: domain.Method, arguments: Arguments, place: CodePlace) -> Values:
    """What a method of one of boto3's values returns; the call that it makes is noted."""
    match callee.owner:
        case domain.BotoSession() if callee.name in ("client", "resource", "create_client"):
            return client(reader, arguments, place, callee.owner.region, resource=callee.name == "resource")
        case domain.BotoConfig() if callee.name == "merge":
            others = arguments.get("other_config", 0)
            return frozenset(
                callee.owner if isinstance(other, domain.BotoConfig) and other.region is None else other
                for other in others
            )
        case domain.Client(service=None):
            if callee.name not in IDLE:
                reader.note_unresolved(place, DYNAMIC_SERVICE)
            return UNKNOWN
        case domain.Client(service=str() as service):
            return _of_client(reader, callee.owner, service, callee.name, arguments, place)
        case domain.Paginator(service=service, operation=operation, region=region):
            if callee.name in ("paginate", "wait"):
                reader.called_with(place, service, operation, arguments.keywords, open_=arguments.open, region=region)
            return UNKNOWN
        case domain.BotoResource():
            return _of_resource(reader, callee.owner, callee.name, arguments, place)
        case domain.Collection():
            return _of_collection(reader, callee.owner, callee.name, arguments, place)
    return UNKNOWN


def _of_client(
    reader: Reader, owner: domain.Client, service: str, name: str, arguments: Arguments, place: CodePlace
) -> Values:
    if name in ("get_paginator", "get_waiter"):
        return _helper(reader, owner, service, name, arguments, place)
    if name == "generate_presigned_url":
        dictionaries = [value for value in arguments.get("Params", 1) if isinstance(value, domain.DictValue)]
        keywords = tuple(
            (key.constant, value) for dictionary in dictionaries for key, value in dictionary.items if key.constant
        )
        for method in domain.texts(arguments.get("ClientMethod", 0)) or [UNKNOWN_TEXT]:
            operation = sdk.operations(service).get(method.constant or "")
            if operation is None:
                reader.note_unresolved(place, f"signs a URL for an operation of `{service}` that is not a constant")
            else:
                reader.called_with(place, service, operation, keywords, open_=not dictionaries, region=owner.region)
        return UNKNOWN
    if service == "s3" and name == "generate_presigned_post":
        fields = (("Bucket", arguments.get("Bucket", 0)), ("Key", arguments.get("Key", 1)))
        reader.called_with(place, "s3", "PutObject", fields, region=owner.region)
        return UNKNOWN
    if service == "s3" and name in TRANSFERS:
        operations, order = TRANSFERS[name]
        _transfer(
            reader,
            operations,
            {parameter: arguments.get(parameter, index) for index, parameter in enumerate(order)},
            arguments,
            place,
        )
        return UNKNOWN
    if name in NO_CALL or name in IDLE:
        return single(owner) if name == "meta" else UNKNOWN
    operation = sdk.operations(service).get(name)
    if operation is None:
        if not name.startswith("__"):
            reader.note_unresolved(place, f"calls `{name}`, which is no operation of `{service}`")
        return UNKNOWN
    reader.called_with(place, service, operation, arguments.keywords, open_=arguments.open, region=owner.region)
    return _response(operation, arguments)


def _helper(
    reader: Reader, owner: domain.Client, service: str, name: str, arguments: Arguments, place: CodePlace
) -> Values:
    """A paginator, or a waiter, which is the operation that it asks again and again."""
    waits = name == "get_waiter"
    known = sdk.waiters(service) if waits else sdk.operations(service)
    helpers: list[Values] = []
    for helper_name in domain.texts(arguments.get("waiter_name" if waits else "operation_name", 0)) or [UNKNOWN_TEXT]:
        operation = known.get(helper_name.constant or "")
        if operation is None:
            kind = "a waiter" if waits else "a paginator"
            reader.note_unresolved(place, f"makes {kind} of `{service}` for an operation that is not a constant")
        else:
            helpers.append(single(domain.Paginator(service, operation, owner.region)))
    return either(helpers)


def _response(operation: str, arguments: Arguments) -> Values:
    """What is known of a response: the URL of a queue ends with its name."""
    if operation == "GetQueueUrl" and (name := arguments.get("QueueName")):
        return single(domain.DictValue(((Text(("QueueUrl",)), name),), open=True))
    return UNKNOWN


def _transfer(
    reader: Reader, operations: tuple[str, ...], named: Mapping[str, Values], arguments: Arguments, place: CodePlace
) -> None:
    extra = [value for value in arguments.get("ExtraArgs") if isinstance(value, domain.DictValue)]
    keywords = {key.constant: value for dictionary in extra for key, value in dictionary.items if key.constant}
    sent = {name: value for name, value in named.items() if name not in ("Filename", "Fileobj") and value}
    unread = len(extra) != len(arguments.get("ExtraArgs"))
    for operation in operations:
        reader.called_with(place, "s3", operation, {**keywords, **sent}.items(), open_=unread)


def _of_resource(
    reader: Reader, owner: domain.BotoResource, name: str, arguments: Arguments, place: CodePlace
) -> Values:
    definition = sdk.resource(owner.service, owner.kind)
    if name == "get_available_subresources":
        return UNKNOWN
    if owner.service == "s3" and name in TRANSFERS and owner.kind in ("Bucket", "Object"):
        operations, order = TRANSFERS[name]
        known = {"Bucket": owner.identifier("Name" if owner.kind == "Bucket" else "BucketName")}
        if owner.kind == "Object":
            known["Key"] = owner.identifier("Key")
        rest = [parameter for parameter in order if parameter not in known]
        _transfer(
            reader,
            operations,
            {parameter: arguments.get(parameter, at) for at, parameter in enumerate(rest)} | known,
            arguments,
            place,
        )
        return UNKNOWN
    if owner.service == "dynamodb" and owner.kind == "Table" and name == "batch_writer":
        table = tuple(domain.texts(owner.identifier("Name")))
        request = frozenset({domain.DictValue(tuple((table_name, UNKNOWN) for table_name in table))})
        reader.called_with(place, "dynamodb", "BatchWriteItem", [("RequestItems", request)], region=owner.region)
        return single(domain.External("boto3.batch_writer()"))
    own = {"request": SUMMARY_LOAD} if (owner.service, owner.kind) == ("s3", "ObjectSummary") else None
    if name in ("load", "reload") and (load := definition.get("load", own)):
        _request(reader, owner, load["request"], arguments, place)
        return UNKNOWN
    if has := sdk.named(definition.get("has", {}), name):
        return single(_made(owner, has[1]["resource"], arguments, {}))
    if action := sdk.named(definition.get("actions", {}), name):
        sent = _request(reader, owner, action[1]["request"], arguments, place)
        if "resource" in action[1]:
            return single(_made(owner, action[1]["resource"], arguments, sent))
        return UNKNOWN
    if name.startswith("wait_until_") and (
        waiter := sdk.named(definition.get("waiters", {}), name.removeprefix("wait_until_"))
    ):
        operation = sdk.waiters(owner.service)[waiter[1]["waiterName"]]
        _request(reader, owner, {**waiter[1], "operation": operation}, arguments, place)
        return UNKNOWN
    reader.note_unresolved(place, f"calls `{name}`, which is nothing of a {owner.kind or owner.service} of boto3")
    return UNKNOWN


def _request(
    reader: Reader, owner: domain.BotoResource, request: Mapping[str, Any], arguments: Arguments, place: CodePlace
) -> dict[str, Values]:
    """Note the call of an action, which sends its identifiers and its arguments."""
    sent = dict(arguments.keywords)
    for param in request.get("params", ()):
        if param["source"] == "identifier":
            sent[param["target"]] = owner.identifier(param["name"])
        elif param["source"] == "string":
            sent.setdefault(param["target"], EMPTY)
    operation = request["operation"]
    reader.called_with(place, owner.service, operation, sent.items(), open_=arguments.open, region=owner.region)
    return sent


def _made(
    owner: domain.BotoResource, definition: Mapping[str, Any], arguments: Arguments, sent: Mapping[str, Values]
) -> domain.BotoResource:
    """The resource that an attribute or an action returns."""
    identifiers: dict[str, Values] = {}
    position = 0
    for identifier in definition.get("identifiers", ()):
        target = identifier["target"]
        if identifier["source"] == "input":
            identifiers[target] = arguments.get(sdk.python_name(target), position) or arguments.get(target) or UNKNOWN
            position += 1
        elif identifier["source"] == "identifier":
            identifiers[target] = owner.identifier(identifier["name"])
        elif identifier["source"] == "requestParameter":
            identifiers[target] = sent.get(identifier["path"]) or UNKNOWN
        else:
            identifiers[target] = sent.get("QueueName") or UNKNOWN  # the URL of a queue ends with its name
    return domain.BotoResource(owner.service, definition["type"], tuple(identifiers.items()), owner.region)


def _of_collection(
    reader: Reader, owner: domain.Collection, name: str, arguments: Arguments, place: CodePlace
) -> Values:
    if name in NARROWINGS:
        listed(reader, owner, arguments if name == "filter" else Arguments(), place)
        return single(domain.Collection(owner.owner, owner.name, narrowed=True))
    item = _collected(owner)
    batch = sdk.named(sdk.resource(owner.owner.service, item.kind).get("batchActions", {}), name)
    if batch is None:
        reader.note_unresolved(place, f"calls `{name}`, which is nothing of a collection of boto3")
        return UNKNOWN
    listed(reader, owner, Arguments(), place)
    _request(reader, item, batch[1]["request"], arguments, place)
    return UNKNOWN


def listed(reader: Reader, collection: domain.Collection, arguments: Arguments, place: CodePlace) -> Values:
    """Each resource of a collection, which is listed by a call unless a call is noted for it already."""
    if not collection.narrowed:
        _request(reader, collection.owner, _definition(collection)["request"], arguments, place)
    return single(_collected(collection))


def _definition(collection: domain.Collection) -> Mapping[str, Any]:
    many: Mapping[str, Any] = sdk.resource(collection.owner.service, collection.owner.kind)["hasMany"]
    return cast("Mapping[str, Any]", many[collection.name])


def _collected(collection: domain.Collection) -> domain.BotoResource:
    return _made(collection.owner, _definition(collection)["resource"], Arguments(), {})
