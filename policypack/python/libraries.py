"""What is not in the package: boto3's factories, the standard library, and libraries that call AWS.

Sources: https://docs.powertools.aws.dev/lambda/python/latest/utilities/parameters/#iam-permissions and
https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/#iam-permissions.
"""

from __future__ import annotations

import ast
import sys

from policypack.python import boto, calling, expressions, powertools, sdk
from policypack.python.model import Text, shape_of
from policypack.python.reader import Given, Reader
from policypack.python.values import (
    EMPTY,
    EVENT,
    UNKNOWN,
    BotoResource,
    Client,
    Code,
    DictValue,
    External,
    ListValue,
    Method,
    Partial,
    Scope,
    Session,
    Values,
    callables,
    either,
    of_event,
    text,
    texts,
)

SDK = frozenset({"boto3", "botocore", "aioboto3", "aiobotocore", "s3transfer"})
KNOWN = SDK | {"aws_lambda_powertools", "aws_xray_sdk", "builtins"}
SESSIONS = frozenset(
    {
        "boto3.Session",
        "boto3.session.Session",
        "aioboto3.Session",
        "aioboto3.session.Session",
        "botocore.session.get_session",
        "botocore.session.Session",
        "aiobotocore.session.get_session",
        "boto3._get_default_session",
    }
)
OPAQUE = frozenset(
    {
        "awswrangler",
        "s3fs",
        "smart_open",
        "s3path",
        "cloudpathlib",
        "pynamodb",
        "dynamodb_encryption_sdk",
        "aws_encryption_sdk",
    }
    | {
        "langchain_aws",
        "sagemaker",
        "chalice",
        "pyathena",
        "aws_secretsmanager_caching",
        "fsspec",
        "kombu",
        "dyntastic",
    }
)
"""Libraries that call AWS in ways that their use does not tell."""
PASSED_ON = frozenset(
    {
        "str",
        "list",
        "tuple",
        "sorted",
        "set",
        "iter",
        "reversed",
        "next",
        "deepcopy",
        "copy",
        "closing",
        "cast",
        "enumerate",
    }
    | {"unquote", "unquote_plus", "loads", "nullcontext", "lru_cache", "cache", "wraps", "aclosing", "dict", "deque"}
)
"""Functions of the standard library whose result holds what they are given, by their last name."""
KEPT = frozenset(
    {"strip", "decode", "encode", "get", "items", "values", "copy", "pop", "setdefault", "keys", "removesuffix"}
)
"""Methods that give back what is in, or nearly is, the thing itself."""
SUSPECTED = frozenset(
    [
        "abort_multipart_upload",
        "assume_role",
        "batch_get_item",
        "batch_write_item",
        "complete_multipart_upload",
        "copy_object",
        "create_multipart_upload",
        "delete_item",
        "delete_message",
        "delete_message_batch",
        "delete_object",
        "delete_objects",
        "download_file",
        "download_fileobj",
        "execute_statement",
        "generate_data_key",
        "generate_presigned_post",
        "generate_presigned_url",
        "get_item",
        "get_object",
        "get_object_tagging",
        "get_paginator",
        "get_parameter",
        "get_parameters",
        "get_parameters_by_path",
        "get_query_results",
        "get_queue_url",
        "get_secret_value",
        "get_waiter",
        "head_bucket",
        "head_object",
        "invoke_model",
        "list_buckets",
        "list_object_versions",
        "list_objects",
        "list_objects_v2",
        "publish_batch",
        "put_events",
        "put_item",
        "put_metric_data",
        "put_object",
        "put_object_tagging",
        "put_parameter",
        "put_record",
        "put_records",
        "put_secret_value",
        "receive_message",
        "send_email",
        "send_message",
        "send_message_batch",
        "send_raw_email",
        "send_task_failure",
        "send_task_success",
        "start_execution",
        "start_query_execution",
        "transact_get_items",
        "transact_write_items",
        "update_item",
        "update_secret",
        "upload_file",
        "upload_fileobj",
        "upload_part",
    ]
)
"""Methods that are hardly anything but an operation of AWS, whatever they are called on."""
ONCE = frozenset({"submit", "to_thread", "apply_async", "run_in_executor", "run_sync", "run"})
"""Methods of executors that call what they are given with the arguments that follow."""
EACH = frozenset({"map", "imap", "imap_unordered"})
"""The same for each element of the arguments that follow."""
TYPED = ("types_boto3_", "mypy_boto3_")


def noticed(reader: Reader, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    """An import of a library that calls AWS by itself."""
    names = [each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for each in {name.partition(".")[0] for name in names} if not getattr(node, "level", 0) else ():
        if each in SDK:
            reader.suspects = True
        if each in OPAQUE and each not in reader.modules:
            reader.give_up(
                reader.place(node, scope), f"imports `{each}`, which calls AWS in ways that are not read here"
            )


def called(reader: Reader, name: str, given: Given, node: ast.expr, scope: Scope) -> Values:  # noqa: C901, PLR0912 (one case for each function)
    """What a function that is not in the package returns."""
    place = reader.place(node, scope)
    top, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
    if name in SESSIONS:
        return frozenset({Session()})
    if name in ("boto3.client", "boto3.resource"):
        return boto.client(reader, given.get("service_name", 0), place, resource=last == "resource")
    if name in ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"):
        keys = texts(given.get("key", 0))
        return either(expressions.variable(each, given.get("default", 1)) for each in keys) or UNKNOWN
    if name == "os.environ.copy" or (last == "dict" and given.get("", 0) == {External("os.environ")}):
        return frozenset({External("os.environ")})
    if name == "builtins.getattr":
        return _attribute(reader, given, node, scope)
    if name == "functools.partial" and given.args:
        return frozenset({Partial(given.args[0], given.args[1:], given.keywords)})
    if name == "builtins.range":
        return frozenset({ListValue((UNKNOWN,), alike=True)})
    if name == "builtins.dict":
        return _dictionary(given)
    if name == "builtins.map" and len(given.args) > 1:
        each = Given(tuple(expressions.iterated(reader, one, node, scope) for one in given.args[1:]))
        found = either(calling.call(reader, one, each, node, scope) for one in given.args[0])
        return frozenset({ListValue((found,), alike=True)})
    if name.startswith(powertools.PREFIX) and (made := powertools.called(reader, name, given, node, scope)):
        return made
    if "." in name and top not in KNOWN and top not in sys.stdlib_module_names:
        _suspected(reader, last, node, scope)
    hand_on(reader, given, node, scope)
    if last in PASSED_ON and given.args:
        first = given.args[0]
        if last == "enumerate":
            element = expressions.iterated(reader, first, node, scope)
            return frozenset({ListValue((frozenset({ListValue((UNKNOWN, element))}),), alike=True)})
        return expressions.iterated(reader, first, node, scope) if last == "next" else first
    if last == "zip":
        elements = tuple(expressions.iterated(reader, one, node, scope) for one in given.args)
        return frozenset({ListValue((frozenset({ListValue(elements)}),), alike=True)})
    decorated = [one for one in given.all if any(isinstance(each, Code) for each in one)]
    if top in SDK and not decorated and last in ("client", "resource"):
        return frozenset({Client(None)})
    if any(map(of_event, given.all)) and (name.startswith(powertools.PREFIX) or "data_classes" in name):
        return EVENT
    held = EMPTY.union(*map(callables, given.all))
    return frozenset({External(name if name.endswith("()()") else f"{name}()", held)})


def hand_on(reader: Reader, given: Given, node: ast.expr, scope: Scope) -> None:
    """Functions that a library is given are called by it: with what it is given for them, or with the event."""
    name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    handed = Given((EVENT,)) if any(map(of_event, given.all)) else Given((UNKNOWN,), (), open=True)
    for at, values in enumerate(given.args):
        rest = Given(given.args[at + 1 :], given.keywords)
        if name in EACH:
            rest = Given(tuple(expressions.iterated(reader, each, node, scope) for each in rest.args))
        for each in values:
            if isinstance(each, Code | Partial):
                calling.call(reader, each, rest if name in EACH | ONCE else handed, node, scope)
    targets = [each for name, values in given.keywords for each in values if isinstance(each, Code | Partial)]
    args = [each for each in given.get("args") if isinstance(each, ListValue) and not each.alike]
    for each in targets:
        calling.call(reader, each, Given(args[0].elements) if len(args) == 1 else handed, node, scope)


def method(reader: Reader, callee: Method, given: Given, node: ast.expr, scope: Scope) -> Values:
    """What a method of a text, a list, a dictionary or something unknown returns."""
    owner, name = callee.owner, callee.name
    if isinstance(owner, DictValue) and name == "get":
        keys = [each.constant for each in texts(given.get("", 0))]
        return either(UNKNOWN if key is None else either((owner.item(key), given.get("", 1))) for key in keys)
    if isinstance(owner, DictValue) and name in ("items", "values"):
        pairs = [
            value if name == "values" else frozenset({ListValue((frozenset({key}), value))})
            for key, value in owner.items
        ]
        return frozenset({ListValue((either(pairs) or UNKNOWN,), alike=True)})
    if isinstance(owner, Text):
        if shape_of(owner):
            return EVENT if name in KEPT else UNKNOWN
        if name in ("strip", "encode", "decode", "rstrip", "lstrip", "lower"):
            return frozenset({owner}) if owner.constant is None or name != "lower" else text(owner.constant.lower())
        if name == "format" and owner.constant is not None:
            return _filled(owner.constant, given)
        if name == "join":
            return _joined(owner, given)
        _suspected(reader, name, node, scope)
    hand_on(reader, given, node, scope)
    return UNKNOWN


def _suspected(reader: Reader, name: str, node: ast.expr, scope: Scope) -> None:
    """A method of something unknown that is called as an operation of AWS is."""
    if reader.suspects and name in SUSPECTED:
        why = f"calls `{name}` of something that comes from outside the package, and may be a client"
        reader.give_up(reader.place(node, scope), why)


def _attribute(reader: Reader, given: Given, node: ast.expr, scope: Scope) -> Values:
    base, names = given.get("", 0), texts(given.get("", 1))
    fixed = [each.constant for each in names if each.constant is not None]
    if len(fixed) != len(names):
        if any(isinstance(each, Client | Session | BotoResource) for each in base):
            reader.give_up(reader.place(node, scope), "calls an operation whose name is not a constant")
        return UNKNOWN
    return either(calling.attribute(reader, base, name, node, scope) for name in fixed)


def _dictionary(given: Given) -> Values:
    found = DictValue(tuple((Text((name,)), value) for name, value in given.keywords), open=given.open)
    for each in given.get("", 0):
        found = each.merged(found) if isinstance(each, DictValue) else DictValue(found.items, open=True)
    return frozenset({found})


def _filled(pattern: str, given: Given) -> Values:
    """`"{}/{name}".format(…)`."""
    parts: list[Values] = []
    position = 0
    pieces = pattern.split("{")
    parts.append(text(pieces[0]))
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        if not closed or not (name == "" or name.isidentifier() or name.isdigit()):
            return UNKNOWN
        at = int(name) if name.isdigit() else position
        position += name == ""
        parts += [given.get(name, None if name.isidentifier() else at) or UNKNOWN, text(rest)]
    return expressions.concatenated(parts)


def _joined(separator: Text, given: Given) -> Values:
    for each in given.get("", 0):
        if isinstance(each, ListValue) and not each.alike and each.elements and len(given.get("", 0)) == 1:
            parts = [each.elements[0]]
            for element in each.elements[1:]:
                parts += [frozenset({separator}), element]
            return expressions.concatenated(parts)
    return UNKNOWN


def annotated(reader: Reader, annotation: ast.expr, scope: Scope) -> Values:
    """The client, or instance, that an annotation says; nothing where it says something else."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return EMPTY
    if isinstance(annotation, ast.BinOp):
        return either((annotated(reader, annotation.left, scope), annotated(reader, annotation.right, scope)))
    if not isinstance(annotation, ast.Name | ast.Attribute):
        return EMPTY
    meant = expressions.value(reader, annotation, scope)
    return either(_typed(each.name) for each in meant if isinstance(each, External) and each.name.startswith(TYPED))


def _typed(name: str) -> Values:
    """`types_boto3_s3.S3Client`, `mypy_boto3_dynamodb.service_resource.Table`."""
    module, _, member = name.partition(".")
    service = module.partition("boto3_")[2].replace("_", "-")
    kind = member.rpartition(".")[2]
    if not sdk.exists(service):
        return EMPTY
    if kind.endswith("Client"):
        return frozenset({Client(service)})
    if kind.endswith("ServiceResource"):
        return frozenset({BotoResource(service)})
    return frozenset({BotoResource(service, kind)}) if sdk.resource(service, kind) else EMPTY
