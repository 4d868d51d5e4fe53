"""Functions and methods that are not in the package: of boto3, Powertools, the standard library, and others.

Sources: https://docs.powertools.aws.dev/lambda/python/latest/utilities/parameters/#iam-permissions and
https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/#iam-permissions.
"""

from __future__ import annotations

import ast

from policypack.python import callbacks, calling, classes, expressions
from policypack.python.libraries import boto, sdk
from policypack.python.libraries.names import (
    KEPT,
    OPAQUE,
    PASSED_ON,
    SDK,
    SESSIONS,
    SUSPECTED,
    TYPED,
    is_known,
    is_standard,
)
from policypack.python.model import Imported, Text, shape_of
from policypack.python.reader import Arguments, Reader
from policypack.python.values import (
    EMPTY,
    EVENT,
    UNKNOWN,
    BotoResource,
    BotoSession,
    Client,
    DictValue,
    External,
    FunctionValue,
    ListValue,
    Method,
    PartialValue,
    Scope,
    Values,
    callables,
    either,
    list_of,
    of_event,
    one,
    text,
    texts,
)

POWERTOOLS = "aws_lambda_powertools.utilities."
PARAMETERS = {
    "get_parameter": ("ssm", "GetParameter", "Name", "name"),
    "get_parameters": ("ssm", "GetParametersByPath", "Path", "path"),
    "get_parameters_by_name": ("ssm", "GetParameters", "Names", "parameters"),
    "set_parameter": ("ssm", "PutParameter", "Name", "name"),
    "get_secret": ("secretsmanager", "GetSecretValue", "SecretId", "name"),
    "set_secret": ("secretsmanager", "PutSecretValue", "SecretId", "name"),
}
PROVIDERS = {
    "SSMProvider": ("ssm", {"get": ("GetParameter", "Name"), "get_multiple": ("GetParametersByPath", "Path")}),
    "SecretsProvider": ("secretsmanager", {"get": ("GetSecretValue", "SecretId")}),
}
CONFIGURATION = tuple(("appconfigdata", each) for each in ("StartConfigurationSession", "GetLatestConfiguration"))
MADE = {
    "DynamoDBProvider": (("dynamodb", "GetItem"), ("dynamodb", "Query")),
    "DynamoDBPersistenceLayer": tuple(
        ("dynamodb", each) for each in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
    ),
    "AppConfigProvider": CONFIGURATION,
    "AppConfigStore": CONFIGURATION,
    "get_app_config": CONFIGURATION,
}
"""By class or function, what is called on the table or configuration that it is made for."""


def noticed(reader: Reader, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    """An import of a library that calls AWS by itself."""
    names = [each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for each in {name.partition(".")[0] for name in names} if not getattr(node, "level", 0) else ():
        if each in SDK:
            reader.suspects = True
        if each in OPAQUE and each not in reader.modules:
            reader.note_unresolved(
                reader.place(node, scope), f"imports `{each}`, which calls AWS in ways that are not read here"
            )


def called(reader: Reader, name: str, given: Arguments, node: ast.expr, scope: Scope) -> Values:  # noqa: C901, PLR0912 (one case for each function)
    """What a function that is not in the package returns."""
    place = reader.place(node, scope)
    top, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
    if name in SESSIONS:
        return one(BotoSession())
    if name in ("boto3.client", "boto3.resource"):
        return boto.client(reader, given.get("service_name", 0), place, resource=last == "resource")
    if name in ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"):
        keys = texts(given.get("key", 0))
        return either(expressions.variable(each, given.get("default", 1)) for each in keys) or UNKNOWN
    if name == "os.environ.copy" or (last == "dict" and given.get("", 0) == {External("os.environ")}):
        return one(External("os.environ"))
    if name == "importlib.import_module":
        return _imported(reader, given, node, scope)
    if name == "builtins.getattr":
        return _attribute(reader, given, node, scope)
    if name == "functools.partial" and given.args:
        return one(PartialValue(given.args[0], given.args[1:], given.keywords))
    if name == "builtins.range":
        return list_of(UNKNOWN)
    if name == "builtins.dict":
        return _dictionary(given)
    if name == "builtins.globals":
        return frozenset({DictValue(tuple((Text((key,)), held) for key, held in globals_of(reader, scope)), open=True)})
    if name.startswith(POWERTOOLS) and (made := _powertools(reader, name, given, node, scope)):
        return made
    if "." in name and not is_known(name):
        _suspected(reader, last, node, scope)
    if result := callbacks.call_library(reader, name, given, node, scope):
        return result
    if last in PASSED_ON and given.args:
        first = given.args[0]
        if last == "enumerate":
            element = expressions.iterated(reader, first, node, scope)
            return list_of(one(ListValue((UNKNOWN, element))))
        return expressions.iterated(reader, first, node, scope) if last == "next" else first
    if last == "zip":
        elements = tuple(expressions.iterated(reader, one, node, scope) for one in given.args)
        return list_of(one(ListValue(elements)))
    decorated = [one for one in given.all if any(isinstance(each, FunctionValue) for each in one)]
    if top in SDK and not decorated and last in ("client", "resource"):
        return one(Client(None))
    if any(map(of_event, given.all)) and (name.startswith(POWERTOOLS) or "data_classes" in name):
        return EVENT
    held = EMPTY if is_standard(name) else EMPTY.union(*map(callables, given.all))
    return one(External(name if name.endswith("()()") else f"{name}()", held))


def method(reader: Reader, callee: Method, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """What a method of a text, a list, a dictionary or something unknown returns."""
    owner, name = callee.owner, callee.name
    if isinstance(owner, DictValue) and name == "get":
        keys = [each.constant for each in texts(given.get("", 0))]
        return either(either((owner.any() if key is None else owner.item(key), given.get("", 1))) for key in keys)
    if isinstance(owner, DictValue) and name in ("items", "values"):
        pairs = [value if name == "values" else one(ListValue((one(key), value))) for key, value in owner.items]
        return list_of(either(pairs) or UNKNOWN)
    if isinstance(owner, Text):
        if shape_of(owner):
            return EVENT if name in KEPT else UNKNOWN
        if name in ("strip", "encode", "decode", "rstrip", "lstrip", "lower"):
            return one(owner) if owner.constant is None or name != "lower" else text(owner.constant.lower())
        if name == "format" and owner.constant is not None:
            return _filled(owner.constant, given)
        if name == "join":
            return _joined(owner, given)
        _suspected(reader, name, node, scope)
    return callbacks.call_library(reader, name, given, node, scope) or UNKNOWN


def _suspected(reader: Reader, name: str, node: ast.expr, scope: Scope) -> None:
    """A method of something unknown that is called as an operation of AWS is."""
    if reader.suspects and name in SUSPECTED:
        why = f"calls `{name}` of something that comes from outside the package, and may be a client"
        reader.note_unresolved(reader.place(node, scope), why)


def _attribute(reader: Reader, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """What `getattr` gives; where the name is not a constant, whatever has a name that fits."""
    base, names = given.get("", 0), texts(given.get("", 1))
    fixed = [each.constant for each in names if each.constant is not None]
    if len(fixed) != len(names):
        if any(isinstance(each, Client | BotoSession | BotoResource) for each in base):
            reader.note_unresolved(reader.place(node, scope), "calls an operation whose name is not a constant")
        held = {name for each in base for name in classes.names_of(reader, each)}
        fixed = [name for name in sorted(held) if any(_fits(name, each) for each in names)]
        found = [calling.attribute(reader, base, name, node, scope) for name in fixed]
        return either([*found, given.get("", 2), UNKNOWN])
    found = [calling.attribute(reader, base, name, node, scope) for name in fixed]
    return either([*found, given.get("", 2)])


def _imported(reader: Reader, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """What `import_module` gives: any module may come by a name that is not a constant."""
    names = texts(given.get("name", 0))
    if any(each.constant is None for each in names):
        reader.note_unresolved(reader.place(node, scope), "imports a module whose name is not a constant")
    for each in names:
        if each.constant and len(names) == 1:
            reader.run_import(Imported(reader.place(node, scope), each.constant))
    return either(reader.imported(each.constant) for each in names if each.constant) or UNKNOWN


def _fits(name: str, spelled: Text) -> bool:
    """Whether a text may be this name: it begins and ends as the text does."""
    first, last = spelled.parts[:1], spelled.parts[-1:]
    begins = first[0] if first and isinstance(first[0], str) else ""
    ends = last[0] if last and isinstance(last[0], str) else ""
    return name.startswith(begins) and name.endswith(ends)


def globals_of(reader: Reader, scope: Scope) -> list[tuple[str, Values]]:
    """The names of the module that code is in, but those of functions and classes only."""
    names = reader.globals[scope.module.name].names
    return [(name, held) for name, values in names.items() if (held := callables(values))]


def _dictionary(given: Arguments) -> Values:
    found = DictValue(tuple((Text((name,)), value) for name, value in given.keywords), open=given.open)
    for each in given.get("", 0):
        found = each.merged(found) if isinstance(each, DictValue) else DictValue(found.items, open=True)
    return one(found)


def _filled(pattern: str, given: Arguments) -> Values:
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


def _joined(separator: Text, given: Arguments) -> Values:
    for each in given.get("", 0):
        if isinstance(each, ListValue) and not each.alike and each.elements and len(given.get("", 0)) == 1:
            parts = [each.elements[0]]
            for element in each.elements[1:]:
                parts += [one(separator), element]
            return expressions.concatenated(parts)
    return UNKNOWN


def annotated(reader: Reader, annotation: ast.expr, scope: Scope) -> Values:
    """The client or resource of an annotated type; nothing for other types."""
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
        return one(Client(service))
    if kind.endswith("ServiceResource"):
        return one(BotoResource(service))
    return one(BotoResource(service, kind)) if sdk.resource(service, kind) else EMPTY


def _powertools(reader: Reader, name: str, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """Note what a function or class of Powertools calls; nothing is returned where it is none that does."""
    place = reader.place(node, scope)
    owner, _, last = name.rpartition(".")
    if last in PARAMETERS and owner == f"{POWERTOOLS}parameters":
        service, operation, argument, keyword = PARAMETERS[last]
        names = given.get(keyword, 0)
        if argument == "Names":
            keys = [key for each in names if isinstance(each, DictValue) for key, _ in each.items]
            names = list_of(frozenset(keys) or UNKNOWN)
        reader.called_with(place, service, operation, [(argument, names)])
        return UNKNOWN
    service, verbs = PROVIDERS.get(owner.removesuffix("()").rpartition(".")[2], ("", {}))
    if last in verbs:
        operation, argument = verbs[last]
        reader.called_with(place, service, operation, [(argument, given.get("name", 0) or given.get("path"))])
        return UNKNOWN
    for service, operation in MADE.get(last, ()):
        table = [("TableName", given.get("table_name", 0))] if service == "dynamodb" else []
        reader.called_with(place, service, operation, table)
    return EMPTY
