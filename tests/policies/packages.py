"""Functions and layers with their archives, as short as a test needs them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from policypack.core.policy import UNKNOWN, Asset, Resource

FUNCTION = "aws:lambda/function:Function"
LAYER = "aws:lambda/layerVersion:LayerVersion"
ELSEWHERE = "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-x86_64:4"


def zipped(path: Path, files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> Asset:
    """An archive that is a zip file, with the Unix modes of its files."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (modes or {}).get(name, 0o644) << 16 or 0x20  # writestr makes 0 its own
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return Asset(path=str(path), archive=True)


def function(code: Any = None, **inputs: Any) -> Resource:
    """A function on Python 3.13 that runs `index.handler`; None leaves an input out."""
    properties = {"runtime": "python3.13", "handler": "index.handler", "code": code, **inputs}
    return Resource(FUNCTION, "read", {name: value for name, value in properties.items() if value is not None})


def layer(code: Any, **inputs: Any) -> Resource:
    """A layer version."""
    return Resource(LAYER, "deps", {"layerName": "deps", "code": code, **inputs})


def with_layers(resource: Resource, *layers: Resource, known: bool = True) -> tuple[Resource, ...]:
    """The function with these layers, whose ARNs may be known only after the update."""
    values = [f"arn:aws:lambda:eu-west-1:111122223333:layer:{layer.inputs['layerName']}:1" for layer in layers]
    return (
        *layers,
        replace(
            resource,
            inputs={**resource.inputs, "layers": values if known else [UNKNOWN for _ in layers]},
            property_dependencies={"layers": tuple(layer.urn for layer in layers)},
        ),
    )


READ_ELSEWHERE = (
    function(None, s3Bucket="code", s3Key="read.zip"),
    function(None, packageType="Image", imageUri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/read:1"),
    function(Asset(path="/builds/7/app", archive=True, hash="2c26b46b"), handler="app.handler"),
)
"""Functions whose code the gate does not read: in a bucket, in an image, or on the machine of an earlier update."""
UNREADABLE = (
    (function(UNKNOWN), "code", "known only after the update"),
    (function(Asset(path="/nowhere.zip", archive=True)), "code", "not on this machine"),
)
"""Functions whose code cannot be read: rows of `undecided_with`."""
