"""Functions and methods that are not in the package: of boto3, Powertools, the standard library, and others.

Sources: https://docs.powertools.aws.dev/lambda/python/latest/utilities/parameters/#iam-permissions and
https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/#iam-permissions.
"""

from __future__ import annotations

import ast

from policypack.python import callbacks, calling, classes, domain, expressions
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Values, either, single
from policypack.python.libraries import boto, sdk
from policypack.python.libraries.names import (
    CLIENT_METHODS,
    CONFIGS,
    KEPT,
    OPAQUE,
    RETURNING,
    SDK,
    SESSIONS,
    STUB_PACKAGES,
    is_known,
    is_standard,
)
from policypack.python.model import Imported, Text, shape_of
from policypack.python.modules import absolute_name
from policypack.python.reader import Arguments, Reader

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
CONFIGURATION = tuple(
    ("appconfigdata", operation) for operation in ("StartConfigurationSession", "GetLatestConfiguration")
)
CALLS_OF = {
    "DynamoDBProvider": (("dynamodb", "GetItem"), ("dynamodb", "Query")),
    "DynamoDBPersistenceLayer": tuple(
        ("dynamodb", operation) for operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
    ),
    "AppConfigProvider": CONFIGURATION,
    "AppConfigStore": CONFIGURATION,
    "get_app_config": CONFIGURATION,
}
"""By class or function, the operations that it calls on its table or configuration."""


def note_import(reader: Reader, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    """An import of a library that calls AWS by itself."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for package in {name.partition(".")[0] for name in names} if not getattr(node, "level", 0) else ():
        if package in SDK:
            reader.suspects = True
        if package in OPAQUE and package not in reader.modules:
            reader.note_unresolved(
                reader.place(node, scope), f"imports `{package}`, which calls AWS in ways that are not read here"
            )


def called(reader: Reader, name: str, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:  # noqa: C901, PLR0912 (one case for each function)
    """What a function that is not in the package returns."""
    place = reader.place(node, scope)
    top, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
    if name in SESSIONS:
        return frozenset(domain.BotoSession(region) for region in boto.regions(arguments, 3))
    if name in CONFIGS:
        return frozenset(domain.BotoConfig(region) for region in boto.regions(arguments, 0))
    if name in ("boto3.client", "boto3.resource"):
        return boto.client(reader, arguments, place, resource=last == "resource")
    if name in ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault"):
        keys = domain.texts(arguments.get("key", 0))
        return either(expressions.variable(key, arguments.get("default", 1)) for key in keys) or UNKNOWN
    if name == "os.environ.copy" or (last == "dict" and arguments.get("", 0) == {domain.External("os.environ")}):
        return single(domain.External("os.environ"))
    if name in ("importlib.import_module", "builtins.__import__"):
        return _imported(reader, arguments, node, scope)
    if name == "builtins.getattr":
        return _attribute(reader, arguments, node, scope)
    if name in ("functools.partial", "functools.partialmethod") and arguments.args:
        binds = name.endswith("method")
        return single(domain.PartialValue(arguments.args[0], arguments.args[1:], arguments.keywords, binds))
    if name == "builtins.range":
        return domain.list_of(UNKNOWN)
    if name == "builtins.dict":
        return _dictionary(arguments)
    if name == "builtins.globals":
        return frozenset(
            {
                domain.DictValue(
                    tuple((Text((key,)), functions) for key, functions in globals_of(reader, scope)), open=True
                )
            }
        )
    if name.startswith(POWERTOOLS) and (result := _powertools(reader, name, arguments, node, scope)):
        return result
    if "." in name and not is_known(name):
        _suspected(reader, last, node, scope)
    if result := callbacks.call_library(reader, name, arguments, node, scope):
        return result
    if last in RETURNING and arguments.args:
        first = arguments.args[0]
        if last == "enumerate":
            element = expressions.iterated(reader, first, node, scope)
            return domain.list_of(single(domain.ListValue((UNKNOWN, element))))
        return expressions.iterated(reader, first, node, scope) if last == "next" else first
    if name == "itertools.tee" and arguments.args:
        return single(domain.ListValue((arguments.args[0], arguments.args[0])))
    if last == "zip":
        elements = tuple(expressions.iterated(reader, argument, node, scope) for argument in arguments.args)
        return domain.list_of(single(domain.ListValue(elements)))
    decorated = [
        argument for argument in arguments.all if any(isinstance(value, domain.FunctionValue) for value in argument)
    ]
    if top in SDK and not decorated and last in ("client", "resource"):
        return single(domain.Client(None))
    if any(map(domain.of_event, arguments.all)) and (name.startswith(POWERTOOLS) or "data_classes" in name):
        return domain.EVENT
    functions = EMPTY if is_standard(name) else EMPTY.union(*map(domain.callables, arguments.all))
    return single(domain.External(name if name.endswith("()()") else f"{name}()", functions))


def method(reader: Reader, callee: domain.Method, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """What a method of a text, a list, a dictionary or something unknown returns."""
    owner, name = callee.owner, callee.name
    if callee.of_event and name in KEPT:
        return domain.EVENT
    if isinstance(owner, domain.DictValue) and name == "get":
        keys = [key.constant for key in domain.texts(arguments.get("", 0))]
        return either(either((owner.any() if key is None else owner.item(key), arguments.get("", 1))) for key in keys)
    if isinstance(owner, domain.DictValue) and name in ("items", "values"):
        pairs = [
            value if name == "values" else single(domain.ListValue((single(key), value))) for key, value in owner.items
        ]
        return domain.list_of(either(pairs) or UNKNOWN)
    if isinstance(owner, Text):
        if shape_of(owner):
            return UNKNOWN
        if name in ("strip", "encode", "decode", "rstrip", "lstrip", "lower"):
            return single(owner) if owner.constant is None or name != "lower" else domain.text(owner.constant.lower())
        if name == "format" and owner.constant is not None:
            return _filled(owner.constant, arguments)
        if name == "join":
            return _joined(owner, arguments)
        _suspected(reader, name, node, scope)
    return callbacks.call_library(reader, name, arguments, node, scope) or UNKNOWN


def _suspected(reader: Reader, name: str, node: ast.expr, scope: Scope) -> None:
    """A method of something unknown that is called as an operation of AWS is."""
    if reader.suspects and name in CLIENT_METHODS:
        why = f"calls `{name}` of something that comes from outside the package, and may be a client"
        reader.note_unresolved(reader.place(node, scope), why)


def _attribute(reader: Reader, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """The result of `getattr`; if the name is not a constant, every member whose name fits."""
    base, names = arguments.get("", 0), domain.texts(arguments.get("", 1))
    fixed = [option.constant for option in names if option.constant is not None]
    if len(fixed) != len(names):
        if any(isinstance(value, domain.Client | domain.BotoSession | domain.BotoResource) for value in base):
            reader.note_unresolved(reader.place(node, scope), "calls an operation whose name is not a constant")
        candidates = {name for value in base for name in classes.names_of(reader, value)}
        fixed = [name for name in sorted(candidates) if any(_fits(name, option) for option in names)]
        attributes = [calling.attribute(reader, base, name, node, scope) for name in fixed]
        return either([*attributes, arguments.get("", 2), UNKNOWN])
    attributes = [calling.attribute(reader, base, name, node, scope) for name in fixed]
    return either([*attributes, arguments.get("", 2)])


def _imported(reader: Reader, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """The result of `import_module`."""
    options = domain.texts(arguments.get("name", 0))
    packages = [option.constant for option in domain.texts(arguments.get("package", 1))] or [scope.module.parent]
    names = [
        absolute_name(packages[0] or scope.module.parent, option.constant) for option in options if option.constant
    ]
    if len(names) < len(options) or not names:
        reader.note_unresolved(reader.place(node, scope), "imports a module whose name is not a constant")
    else:
        for name in names:
            reader.run_import(Imported(reader.place(node, scope), name))
    return either(map(reader.imported, names)) or UNKNOWN


def _fits(name: str, pattern: Text) -> bool:
    """Whether a text may be this name: it begins and ends as the text does."""
    first, last = pattern.parts[:1], pattern.parts[-1:]
    begins = first[0] if first and isinstance(first[0], str) else ""
    ends = last[0] if last and isinstance(last[0], str) else ""
    return name.startswith(begins) and name.endswith(ends)


def globals_of(reader: Reader, scope: Scope) -> list[tuple[str, Values]]:
    """The names of the module that code is in, but those of functions and classes only."""
    names = reader.globals[scope.module.name].names
    return [(name, functions) for name, values in names.items() if (functions := domain.callables(values))]


def _dictionary(arguments: Arguments) -> Values:
    dictionary = domain.DictValue(
        tuple((Text((name,)), value) for name, value in arguments.keywords), open=arguments.open
    )
    for value in arguments.get("", 0):
        dictionary = (
            value.merged(dictionary)
            if isinstance(value, domain.DictValue)
            else domain.DictValue(dictionary.items, open=True)
        )
    return single(dictionary)


def _filled(pattern: str, arguments: Arguments) -> Values:
    """`"{}/{name}".format(…)`."""
    parts: list[Values] = []
    position = 0
    pieces = pattern.split("{")
    parts.append(domain.text(pieces[0]))
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        if not closed or not (name == "" or name.isidentifier() or name.isdigit()):
            return UNKNOWN
        at = int(name) if name.isdigit() else position
        position += name == ""
        parts += [arguments.get(name, None if name.isidentifier() else at) or UNKNOWN, domain.text(rest)]
    return expressions.concatenated(parts)


def _joined(separator: Text, arguments: Arguments) -> Values:
    for value in arguments.get("", 0):
        if (
            isinstance(value, domain.ListValue)
            and not value.alike
            and value.elements
            and len(arguments.get("", 0)) == 1
        ):
            parts = [value.elements[0]]
            for element in value.elements[1:]:
                parts += [single(separator), element]
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
    types = expressions.value(reader, annotation, scope)
    return either(
        _typed(value.name)
        for value in types
        if isinstance(value, domain.External) and value.name.startswith(STUB_PACKAGES)
    )


def _typed(name: str) -> Values:
    """`types_boto3_s3.S3Client`, `mypy_boto3_dynamodb.service_resource.Table`."""
    module, _, member = name.partition(".")
    service = module.partition("boto3_")[2].replace("_", "-")
    kind = member.rpartition(".")[2]
    if not sdk.exists(service):
        return EMPTY
    if kind.endswith("Client"):
        return single(domain.Client(service))
    if kind.endswith("ServiceResource"):
        return single(domain.BotoResource(service))
    return single(domain.BotoResource(service, kind)) if sdk.resource(service, kind) else EMPTY


def _powertools(reader: Reader, name: str, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """Note the calls of a function or class of Powertools; the empty set for one that calls nothing."""
    place = reader.place(node, scope)
    owner, _, last = name.rpartition(".")
    if last in PARAMETERS and owner == f"{POWERTOOLS}parameters":
        service, operation, argument, keyword = PARAMETERS[last]
        names = arguments.get(keyword, 0)
        if argument == "Names":
            keys = [key for value in names if isinstance(value, domain.DictValue) for key, _ in value.items]
            names = domain.list_of(frozenset(keys) or UNKNOWN)
        reader.called_with(place, service, operation, [(argument, names)])
        return UNKNOWN
    service, verbs = PROVIDERS.get(owner.removesuffix("()").rpartition(".")[2], ("", {}))
    if last in verbs:
        operation, argument = verbs[last]
        reader.called_with(place, service, operation, [(argument, arguments.get("name", 0) or arguments.get("path"))])
        return UNKNOWN
    for service, operation in CALLS_OF.get(last, ()):
        table = [("TableName", arguments.get("table_name", 0))] if service == "dynamodb" else []
        reader.called_with(place, service, operation, table)
    return EMPTY
