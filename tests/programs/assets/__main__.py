"""Files and archives, from text and from disk."""

from functools import partial

import pulumi
from pulumi import ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

string = pulumi.StringAsset("hello")
file = pulumi.FileAsset("data/a.txt")
folder = pulumi.FileArchive("data")

asset = Thing("asset", {"string": string, "file": file, "folder": folder})
Thing(
    "archive",
    {
        "made": pulumi.AssetArchive({"a.txt": string, "deep/b.txt": file, "folder": folder}),
        "nested": pulumi.AssetArchive({"inner": pulumi.AssetArchive({"c": string})}),
        "list": [file, {"deep": folder}],
    },
)
Thing("echoed", {"file": asset.file, "made": asset.folder})
