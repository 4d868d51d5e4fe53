"""`aws.iam.get_policy_document`, computed: its arguments to the JSON that the AWS provider writes.

Source: the data source `aws_iam_policy_document` of https://github.com/hashicorp/terraform-provider-aws, which
pulumi-aws calls. It touches no cloud: sets are written in reverse order, one value without a list, names sorted.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackguard.preview.go_json import dumps

VERSIONS = ("2008-10-17", "2012-10-17")
ELEMENTS = (  # in the order they are written
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"),
)

Document = dict[str, Any]
Principals = list[tuple[str, "str | list[str]"]]
Conditions = list[tuple[str, str, "str | list[str]"]]


def get_policy_document(args: Mapping[str, Any]) -> dict[str, Any]:
    """The data source's result for `args`: `json`, `minifiedJson`, `id`, and the arguments themselves.

    Args:
        args: known values by their schema names (`statements`, `sourcePolicyDocuments`, ...).

    Raises:
        ValueError: the provider refuses these arguments; the text says which and why.

    """
    merged: Document = {"Version": "", "Id": "", "Statement": []}
    sids: set[str] = set()
    for label, text in _documents(args, "sourceJson", "sourcePolicyDocuments"):
        source = _parse(text, f"merging source document {label}")
        _claim(sids, source["Statement"], "in the source documents")
        _merge(merged, source)
    version = args.get("version") or VERSIONS[-1]
    if version not in VERSIONS:
        raise ValueError(f"version must be one of {', '.join(VERSIONS)}")
    statements = [_statement(each or {}, version) for each in args.get("statements") or ()]
    _claim(set(), statements, "in the statements")
    _merge(merged, {"Version": version, "Id": args.get("policyId") or "", "Statement": statements})
    for label, text in _documents(args, "overrideJson", "overridePolicyDocuments"):
        _merge(merged, _parse(text, f"merging override document {label}"))

    plain = _plain(merged)
    indented = dumps(plain, indent=2)
    return {
        **args,
        "statements": [{"effect": "Allow", **(each or {})} for each in args.get("statements") or ()],
        "version": version,
        "json": indented,
        "minifiedJson": dumps(plain),
        "id": str(zlib.crc32(indented.encode())),
    }


def _documents(args: Mapping[str, Any], one: str, many: str) -> Iterable[tuple[str, str]]:
    if args.get(one):
        yield one, args[one]
    for index, text in enumerate(args.get(many) or ()):
        if text is not None:
            yield str(index), text


def _claim(sids: set[str], statements: Iterable[Document], where: str) -> None:
    for statement in statements:
        sid = statement.get("Sid")
        if sid and sid in sids:
            raise ValueError(f"duplicate Sid `{sid}` {where}: remove it or make it unique")
        sids.add(sid or "")


def _merge(document: Document, new: Document) -> None:
    """`new` into `document`: its id and a later version win, and a statement replaces the one with its Sid."""
    document["Id"] = new["Id"] or document["Id"]
    document["Version"] = max(new["Version"], document["Version"])
    statements = document["Statement"]
    for statement in new["Statement"]:
        sid = statement.get("Sid")
        same = next((index for index, old in enumerate(statements) if sid and old.get("Sid") == sid), None)
        if same is None:
            statements.append(statement)
        else:
            statements[same] = statement


def _statement(args: Mapping[str, Any], version: str) -> Document:
    sid = args.get("sid") or ""
    if not re.fullmatch(r"[a-zA-Z0-9]*", sid):
        raise ValueError(f"Sid `{sid}` must only include alphanumeric characters")
    effect = args.get("effect") or "Allow"
    if effect not in ("Allow", "Deny"):
        raise ValueError("effect must be `Allow` or `Deny`")
    statement: Document = {"Sid": sid, "Effect": effect}
    for argument, element in (("actions", "Action"), ("notActions", "NotAction")):
        if args.get(argument):
            statement[element] = _string_set(args[argument])
    for argument, element in (("resources", "Resource"), ("notResources", "NotResource")):
        if args.get(argument):
            statement[element] = _variables(_string_set(args[argument]), version)
    for argument, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if args.get(argument):
            statement[element] = [
                (each["type"], _variables(_string_set(each["identifiers"]), version)) for each in args[argument]
            ]
    if args.get("conditions"):
        statement["Condition"] = [
            (each["test"], each["variable"], _variables(["" if v is None else v for v in each["values"]], version))
            for each in args["conditions"]
        ]
    return statement


def _string_set(values: Sequence[str]) -> str | list[str]:
    unique = sorted(set(values), reverse=True)
    return unique[0] if len(unique) == 1 else unique


def _variables(values: str | list[str], version: str) -> Any:
    """`&{aws:username}` written as IAM reads it: the data source spells it so because HCL takes `${}` itself."""
    if isinstance(values, list):
        return [_variables(value, version) for value in values]
    if "&{" in values and version == VERSIONS[0]:
        raise ValueError(f"`&{{` needs document version {VERSIONS[1]}")
    return values.replace("&{", "${")


def _parse(text: str, what: str) -> Document:
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{what}: not JSON: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("Statement", []), list):
        raise ValueError(f"{what}: expected an object with a list `Statement`")  # noqa: TRY004
    statements = []
    for raw_statement in raw.get("Statement", []):
        if not isinstance(raw_statement, dict):
            raise ValueError(f"{what}: a statement must be an object")  # noqa: TRY004
        statement = {name: raw_statement[name] for name in ELEMENTS if raw_statement.get(name) is not None}
        for element in ("Principal", "NotPrincipal"):
            if element in statement:
                statement[element] = _parse_principals(statement[element], what)
        if "Condition" in statement:
            statement["Condition"] = _parse_conditions(statement["Condition"], what)
        statements.append(statement)
    return {"Version": str(raw.get("Version") or ""), "Id": str(raw.get("Id") or ""), "Statement": statements}


def _parse_principals(raw: Any, what: str) -> Principals:
    if isinstance(raw, str):
        return [("*", ["*"])]
    if isinstance(raw, dict) and all(_is_strings(value) for value in raw.values()):
        return list(raw.items())
    raise ValueError(f"{what}: a principal must map types to strings")


def _parse_conditions(raw: Any, what: str) -> Conditions:
    conditions: Conditions = []
    try:
        for test, variables in raw.items():
            for variable, values in variables.items():
                if isinstance(values, bool):
                    conditions.append((test, variable, "true" if values else "false"))
                elif _is_strings(values):
                    conditions.append((test, variable, values))
                elif isinstance(values, list):
                    raise ValueError(f"{what}: condition values must be strings")
                # the provider drops a bare number
    except AttributeError:
        raise ValueError(f"{what}: a condition must map operators to keys to values") from None
    return conditions


def _is_strings(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _plain(document: Document) -> Document:
    """The document as it is written: elements in order, empty ones left out."""
    statements = []
    for statement in document["Statement"]:
        written = {name: statement[name] for name in ELEMENTS if statement.get(name)}
        for element in ("Principal", "NotPrincipal"):
            if element in written:
                written[element] = _plain_principals(written[element])
        if "Condition" in written:
            written["Condition"] = _plain_conditions(written["Condition"])
        statements.append(written)
    plain = {"Version": document["Version"], "Id": document["Id"], "Statement": statements}
    return {name: value for name, value in plain.items() if value}


def _plain_principals(principals: Principals) -> Any:
    if principals in ([("*", "*")], [("*", ["*"])]):
        return "*"
    merged: dict[str, str | list[str]] = {}
    for kind, identifiers in principals:
        new = identifiers if isinstance(identifiers, str) else sorted(identifiers, reverse=True)
        old = merged.get(kind)
        if old is None:
            merged[kind] = new
        else:
            merged[kind] = [*_listed(old), *_listed(new)]
    return dict(sorted(merged.items()))


def _plain_conditions(conditions: Conditions) -> dict[str, dict[str, str | list[str]]]:
    merged: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in conditions:
        merged.setdefault(test, {}).setdefault(variable, []).extend(_listed(values))
    return {
        test: {variable: values[0] if len(values) == 1 else values for variable, values in sorted(variables.items())}
        for test, variables in sorted(merged.items())
    }


def _listed(values: str | list[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)
