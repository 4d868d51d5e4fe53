"""What Powertools for AWS Lambda calls for a function.

Sources: https://docs.powertools.aws.dev/lambda/python/latest/utilities/parameters/#iam-permissions and
https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/#iam-permissions.
"""

from __future__ import annotations

import ast

from policypack.python.reader import Arguments, Reader
from policypack.python.values import EMPTY, UNKNOWN, DictValue, ListValue, Scope, Values

PREFIX = "aws_lambda_powertools.utilities."
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


def called(reader: Reader, name: str, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """Note what a function or class of Powertools calls; nothing is returned where it is none that does."""
    place = reader.place(node, scope)
    owner, _, last = name.rpartition(".")
    if last in PARAMETERS and owner == f"{PREFIX}parameters":
        service, operation, argument, keyword = PARAMETERS[last]
        names = given.get(keyword, 0)
        if argument == "Names":
            keys = [key for each in names if isinstance(each, DictValue) for key, _ in each.items]
            names = frozenset({ListValue((frozenset(keys) or UNKNOWN,), alike=True)})
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
