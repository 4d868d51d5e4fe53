"""Parents, providers, dependencies, secrets, assets: all that a registration can carry."""

import pulumi
from parts import TYPE, Provider, Room, Thing
from pulumi import Output, ResourceOptions

print("printed by the program")
pulumi.warn("logged by the program")

west = Provider("west", {"region": "us-west-2"}, ResourceOptions(version="2.0.0"))
Room("plain")
Room("mapped", ResourceOptions(providers={"test": west}))
Room("given", ResourceOptions(provider=west))

for number in range(12):
    Thing(f"n{number}")

first = Thing("first", {"size": 3, "share": 1.5, "on": True, "none": None, "deep": {"list": [1, {"a": "b"}]}})
second = Thing(
    "second",
    {
        "from": first.made,
        "list": [first.made.apply(lambda made: f"{made}!"), "known"],
        "whole": first,
        "plain": "x",
    },
    ResourceOptions(depends_on=[west], version="1.2.3-alpha.1"),
)
Thing("afterwards", opts=ResourceOptions(depends_on=[Room("waited-for")]))

Thing(
    "hidden",
    {"password": Output.secret("sesame"), "deep": {"key": [Output.secret("open")]}, "later": "x"},
    ResourceOptions(additional_secret_outputs=["later"]),
)
Thing(
    "files",
    {
        "text": pulumi.StringAsset("hello"),
        "file": pulumi.FileAsset("parts.py"),
        "far": pulumi.RemoteAsset("https://example.org/x"),
        "zip": pulumi.FileArchive("."),
        "made": pulumi.AssetArchive({"a/b.txt": pulumi.StringAsset("b"), "c": pulumi.FileArchive(".")}),
    },
)

found = Thing("found", opts=ResourceOptions(id="thing-7"))
Thing("brought", opts=ResourceOptions(import_="thing-8"))
Thing("uses-found", {"of": found.id})


def upgrade(args):
    """Every child of `moved` gets a note."""
    return pulumi.ResourceTransformResult({**args.props, "note": first.made, "by": args.name}, args.opts)


moved = Thing("moved", opts=ResourceOptions(transforms=[upgrade]))
Thing("moved-child", {"size": 1}, ResourceOptions(parent=moved))

seen = []
hook = pulumi.ResourceHook(
    "look", lambda args: seen.append(args.name), opts=pulumi.ResourceHookOptions(on_dry_run=True)
)
idle = pulumi.ResourceHook("idle", lambda _: 1 / 0)
hooked = Thing("hooked", opts=ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[hook, idle])))

pulumi.export("made", first.made)
pulumi.export("secret", Output.secret("s"))
pulumi.export("number", 4)
pulumi.export("seen", hooked.urn.apply(lambda _: ",".join(seen)))
pulumi.export("type", TYPE)
