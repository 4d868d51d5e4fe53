"""Clients, resources, paginators, waiters and transfers of boto3, by the models that it is made from.

Sources: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html, …/guide/resources.html,
…/guide/paginators.html, …/reference/customizations/s3.html and …/reference/customizations/dynamodb.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from policypack.python.files import CodePlace
from policypack.python.libraries import sdk
from policypack.python.model import UNKNOWN_TEXT, Text
from policypack.python.reader import Arguments, Reader
from policypack.python.values import (
    EMPTY,
    UNKNOWN,
    Boto,
    BotoResource,
    BotoSession,
    Client,
    Collection,
    DictValue,
    External,
    Method,
    Paginator,
    Values,
    either,
    one,
    texts,
)

TRANSFERS = {
    "upload_file": (("PutObject", "CreateMultipartUpload"), ("Filename", "Bucket", "Key")),
    "upload_fileobj": (("PutObject", "CreateMultipartUpload"), ("Fileobj", "Bucket", "Key")),
    "download_file": (("HeadObject", "GetObject"), ("Bucket", "Key", "Filename")),
    "download_fileobj": (("HeadObject", "GetObject"), ("Bucket", "Key", "Fileobj")),
    "copy": (("CopyObject", "CreateMultipartUpload", "UploadPartCopy"), ("CopySource", "Bucket", "Key")),
}
"""Managed transfers of S3: the operations that they may send, and their parameters in order."""
NO_CALL = frozenset({"can_paginate", "close", "register", "register_first", "unregister", "get_available_subresources"})
NARROWINGS = ("all", "filter", "limit", "page_size", "pages")
IDLE = ("meta", "exceptions", "waiter_names")
DYNAMIC_SERVICE = "uses a client whose service is not named in the code"


def client(reader: Reader, names: Values, place: CodePlace, *, resource: bool = False) -> Values:
    """The client, or resource, of a service that is named so."""
    found: list[Values] = []
    for each in texts(names) or [UNKNOWN_TEXT]:
        if each.constant is None:
            reader.note_unresolved(place, "makes a client of a service whose name is not a constant")
            found.append(one(Client(None)))
        elif not sdk.exists(each.constant):
            reader.note_unresolved(place, f"makes a client of `{each.constant}`, which botocore does not know")
            found.append(one(Client(None)))
        else:
            found.append(one(BotoResource(each.constant) if resource else Client(each.constant)))
    return either(found)


def offers(owner: Client, name: str) -> bool:
    """Whether a client has this operation, or helper."""
    if owner.service is None:
        return False
    helpers = {"get_paginator", "get_waiter", "generate_presigned_url"}
    return name in sdk.operations(owner.service) or name in helpers or (owner.service == "s3" and name in TRANSFERS)


def attribute(reader: Reader, base: Boto, name: str, place: CodePlace) -> Values:
    """What an attribute of one of boto3's values may be."""
    if isinstance(base, Client) and name in IDLE:
        return one(Method(base, name))
    if isinstance(base, BotoResource):
        if name == "meta":
            return one(Method(Client(base.service), "meta"))
        definition = sdk.resource(base.service, base.kind)
        for identifier in definition.get("identifiers", ()):
            if name == sdk.python_name(identifier["name"]):
                return base.identifier(identifier["name"])
        if many := sdk.named(definition.get("hasMany", {}), name):
            return one(Collection(base, many[0]))
        if has := sdk.named(definition.get("has", {}), name):
            made = has[1]["resource"]
            if not any(each["source"] == "input" for each in made.get("identifiers", ())):
                return one(_made(base, made, Arguments(), {}))
        if name in sdk.members(base.service, base.kind) and "load" in definition:
            _request(reader, base, definition["load"]["request"], Arguments(), place)
            return UNKNOWN
    return one(Method(base, name))


def called(reader: Reader, callee: Method, given: Arguments, place: CodePlace) -> Values:
    """What a method of one of boto3's values returns; the call that it makes is noted."""
    match callee.owner:
        case BotoSession() if callee.name in ("client", "resource", "create_client"):
            return client(reader, given.get("service_name", 0), place, resource=callee.name == "resource")
        case Client(service=None):
            if callee.name not in IDLE:
                reader.note_unresolved(place, DYNAMIC_SERVICE)
            return UNKNOWN
        case Client(service=str() as service):
            return _of_client(reader, callee.owner, service, callee.name, given, place)
        case Paginator(service=service, operation=operation):
            if callee.name in ("paginate", "wait"):
                reader.called_with(place, service, operation, given.keywords, open_=given.open)
            return UNKNOWN
        case BotoResource():
            return _of_resource(reader, callee.owner, callee.name, given, place)
        case Collection():
            return _of_collection(reader, callee.owner, callee.name, given, place)
    return UNKNOWN


def _of_client(reader: Reader, owner: Client, service: str, name: str, given: Arguments, place: CodePlace) -> Values:
    if name in ("get_paginator", "get_waiter"):
        return _helper(reader, service, name, given, place)
    if name == "generate_presigned_url":
        params = [each for each in given.get("Params", 1) if isinstance(each, DictValue)]
        keywords = tuple((key.constant, value) for each in params for key, value in each.items if key.constant)
        for each in texts(given.get("ClientMethod", 0)) or [UNKNOWN_TEXT]:
            operation = sdk.operations(service).get(each.constant or "")
            if operation is None:
                reader.note_unresolved(place, f"signs a URL for an operation of `{service}` that is not a constant")
            else:
                reader.called_with(place, service, operation, keywords, open_=not params)
        return UNKNOWN
    if service == "s3" and name == "generate_presigned_post":
        fields = (("Bucket", given.get("Bucket", 0)), ("Key", given.get("Key", 1)))
        reader.called_with(place, "s3", "PutObject", fields)
        return UNKNOWN
    if service == "s3" and name in TRANSFERS:
        operations, order = TRANSFERS[name]
        _transfer(reader, operations, {each: given.get(each, index) for index, each in enumerate(order)}, given, place)
        return UNKNOWN
    if name in NO_CALL or name in IDLE:
        return one(owner) if name == "meta" else UNKNOWN
    operation = sdk.operations(service).get(name)
    if operation is None:
        if not name.startswith("__"):
            reader.note_unresolved(place, f"calls `{name}`, which is no operation of `{service}`")
        return UNKNOWN
    reader.called_with(place, service, operation, given.keywords, open_=given.open)
    return _response(operation, given)


def _helper(reader: Reader, service: str, name: str, given: Arguments, place: CodePlace) -> Values:
    """A paginator, or a waiter, which is the operation that it asks again and again."""
    waits = name == "get_waiter"
    known = sdk.waiters(service) if waits else sdk.operations(service)
    found: list[Values] = []
    for each in texts(given.get("waiter_name" if waits else "operation_name", 0)) or [UNKNOWN_TEXT]:
        operation = known.get(each.constant or "")
        if operation is None:
            kind = "a waiter" if waits else "a paginator"
            reader.note_unresolved(place, f"makes {kind} of `{service}` for an operation that is not a constant")
        else:
            found.append(one(Paginator(service, operation)))
    return either(found)


def _response(operation: str, given: Arguments) -> Values:
    """What is known of a response: the URL of a queue ends with its name."""
    if operation == "GetQueueUrl" and (name := given.get("QueueName")):
        return one(DictValue(((Text(("QueueUrl",)), name),), open=True))
    return UNKNOWN


def _transfer(
    reader: Reader, operations: tuple[str, ...], named: Mapping[str, Values], given: Arguments, place: CodePlace
) -> None:
    extra = [each for each in given.get("ExtraArgs") if isinstance(each, DictValue)]
    keywords = {key.constant: value for each in extra for key, value in each.items if key.constant}
    arguments = {name: value for name, value in named.items() if name not in ("Filename", "Fileobj") and value}
    unread = len(extra) != len(given.get("ExtraArgs"))
    for operation in operations:
        reader.called_with(place, "s3", operation, {**keywords, **arguments}.items(), open_=unread)


def _of_resource(reader: Reader, owner: BotoResource, name: str, given: Arguments, place: CodePlace) -> Values:
    definition = sdk.resource(owner.service, owner.kind)
    if name == "get_available_subresources":
        return UNKNOWN
    if owner.service == "s3" and name in TRANSFERS and owner.kind in ("Bucket", "Object"):
        operations, order = TRANSFERS[name]
        known = {"Bucket": owner.identifier("Name" if owner.kind == "Bucket" else "BucketName")}
        if owner.kind == "Object":
            known["Key"] = owner.identifier("Key")
        rest = [each for each in order if each not in known]
        _transfer(reader, operations, {each: given.get(each, at) for at, each in enumerate(rest)} | known, given, place)
        return UNKNOWN
    if owner.service == "dynamodb" and owner.kind == "Table" and name == "batch_writer":
        table = tuple(texts(owner.identifier("Name")))
        request = frozenset({DictValue(tuple((each, UNKNOWN) for each in table))})
        reader.called_with(place, "dynamodb", "BatchWriteItem", [("RequestItems", request)])
        return one(External("boto3.batch_writer()"))
    if name in ("load", "reload") and "load" in definition:
        _request(reader, owner, definition["load"]["request"], given, place)
        return UNKNOWN
    if has := sdk.named(definition.get("has", {}), name):
        return one(_made(owner, has[1]["resource"], given, {}))
    if action := sdk.named(definition.get("actions", {}), name):
        sent = _request(reader, owner, action[1]["request"], given, place)
        if "resource" in action[1]:
            return one(_made(owner, action[1]["resource"], given, sent))
        return UNKNOWN
    if name.startswith("wait_until_") and (
        waiter := sdk.named(definition.get("waiters", {}), name.removeprefix("wait_until_"))
    ):
        operation = sdk.waiters(owner.service)[waiter[1]["waiterName"]]
        _request(reader, owner, {**waiter[1], "operation": operation}, given, place)
        return UNKNOWN
    reader.note_unresolved(place, f"calls `{name}`, which is nothing of a {owner.kind or owner.service} of boto3")
    return UNKNOWN


def _request(
    reader: Reader, owner: BotoResource, request: Mapping[str, Any], given: Arguments, place: CodePlace
) -> dict[str, Values]:
    """Note the call of an action; what it sends is its identifiers and what it is given."""
    sent = dict(given.keywords)
    for each in request.get("params", ()):
        if each["source"] == "identifier":
            sent[each["target"]] = owner.identifier(each["name"])
        elif each["source"] == "string":
            sent.setdefault(each["target"], EMPTY)
    reader.called_with(place, owner.service, request["operation"], sent.items(), open_=given.open)
    return sent


def _made(owner: BotoResource, made: Mapping[str, Any], given: Arguments, sent: Mapping[str, Values]) -> BotoResource:
    """The resource that an attribute or an action gives."""
    identifiers: dict[str, Values] = {}
    position = 0
    for each in made.get("identifiers", ()):
        target = each["target"]
        if each["source"] == "input":
            identifiers[target] = given.get(sdk.python_name(target), position) or given.get(target) or UNKNOWN
            position += 1
        elif each["source"] == "identifier":
            identifiers[target] = owner.identifier(each["name"])
        elif each["source"] == "requestParameter":
            identifiers[target] = sent.get(each["path"]) or UNKNOWN
        else:
            identifiers[target] = sent.get("QueueName") or UNKNOWN  # the URL of a queue ends with its name
    return BotoResource(owner.service, made["type"], tuple(identifiers.items()))


def _of_collection(reader: Reader, owner: Collection, name: str, given: Arguments, place: CodePlace) -> Values:
    if name in NARROWINGS:
        listed(reader, owner, given if name == "filter" else Arguments(), place)
        return one(Collection(owner.owner, owner.name, narrowed=True))
    item = _collected(owner)
    batch = sdk.named(sdk.resource(owner.owner.service, item.kind).get("batchActions", {}), name)
    if batch is None:
        reader.note_unresolved(place, f"calls `{name}`, which is nothing of a collection of boto3")
        return UNKNOWN
    listed(reader, owner, Arguments(), place)
    _request(reader, item, batch[1]["request"], given, place)
    return UNKNOWN


def listed(reader: Reader, collection: Collection, given: Arguments, place: CodePlace) -> Values:
    """Each resource of a collection, which is listed by a call unless a call is noted for it already."""
    if not collection.narrowed:
        _request(reader, collection.owner, _definition(collection)["request"], given, place)
    return one(_collected(collection))


def _definition(collection: Collection) -> Mapping[str, Any]:
    many: Mapping[str, Any] = sdk.resource(collection.owner.service, collection.owner.kind)["hasMany"]
    return cast("Mapping[str, Any]", many[collection.name])


def _collected(collection: Collection) -> BotoResource:
    return _made(collection.owner, _definition(collection)["resource"], Arguments(), {})
