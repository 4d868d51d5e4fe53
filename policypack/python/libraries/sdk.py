"""What boto3 offers: operations, paginators, waiters and resources, from the models of botocore and boto3.

A service's model is read when the code in question uses that service.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]


@cache
def _data(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent / "data" if spec and spec.origin else None


@cache
def _model(package: str, service: str, name: str) -> Json:
    """The newest model of this name; empty if there is none."""
    data = _data(package)
    folder = data / service if data and service.replace("-", "").isalnum() else None
    for version in sorted(folder.glob("*-*"), reverse=True) if folder and folder.is_dir() else ():
        packed, plain = version / f"{name}.json.gz", version / f"{name}.json"
        if packed.is_file():
            model: Json = json.loads(gzip.decompress(packed.read_bytes()))
            return model
        if plain.is_file():
            read: Json = json.loads(plain.read_bytes())
            return read
    return {}


@cache
def python_name(name: str) -> str:
    """The method of an operation: `list_objects_v2`."""
    from botocore import xform_name

    return str(xform_name(name))


def exists(service: str) -> bool:
    """Whether botocore has a client of this name."""
    data = _data("botocore")
    return bool(data and service.replace("-", "").isalnum() and (data / service).is_dir())


@cache
def operations(service: str) -> Mapping[str, str]:
    """The operations of a service by the name of their method."""
    return {
        python_name(operation): operation
        for operation in _model("botocore", service, "service-2").get("operations", ())
    }


def signing_name(service: str) -> str:
    """The name that a service signs requests by, which is mostly the prefix of its actions."""
    metadata = _model("botocore", service, "service-2").get("metadata", {})
    return str(metadata.get("signingName") or metadata.get("endpointPrefix") or service)


@cache
def waiters(service: str) -> Mapping[str, str]:
    """The operation that each waiter asks, by the waiter's name in Python and as the model writes it."""
    models = _model("botocore", service, "waiters-2").get("waiters", {})
    return {alias: waiter["operation"] for name, waiter in models.items() for alias in (python_name(name), name)}


@cache
def resource(service: str, kind: str) -> Json:
    """The definition of a resource; the empty kind is the service itself, which has every kind by its identifiers."""
    model = _model("boto3", service, "resources-1")
    every: Mapping[str, Json] = model.get("resources", {})
    if kind:
        return every.get(kind, {})
    has = {
        name: {
            "resource": {
                "type": name,
                "identifiers": [
                    {"target": identifier["name"], "source": "input"}
                    for identifier in definition.get("identifiers", ())
                ],
            }
        }
        for name, definition in every.items()
    }
    return {**model.get("service", {}), "has": has}


@cache
def members(service: str, kind: str) -> frozenset[str]:
    """The attributes of a resource that boto3 loads when they are first read."""
    shape = resource(service, kind).get("shape", "")
    shapes = _model("botocore", service, "service-2").get("shapes", {})
    return frozenset(python_name(member) for member in shapes.get(shape, {}).get("members", ()))


def named(definitions: Json, method: str) -> tuple[str, Json] | None:
    """The definition that boto3 offers under this name, with its name in the model."""
    return next(
        ((name, definition) for name, definition in definitions.items() if method in (name, python_name(name))), None
    )
