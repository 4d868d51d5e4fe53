"""Values made of other values, known and not yet known."""

from functools import partial

import pulumi
from pulumi import Output, ResourceOptions

Thing = partial(pulumi.CustomResource, "test:index:Thing")

first = Thing("first", {"size": 1, "made": None, "list": [1, {"a": "b"}], "text": '{"a": [1]}'})
second = Thing("second", {"size": 2, "made": None})

Thing(
    "known",
    {
        "all": Output.all(first.size, second.size).apply(sum),
        "kwargs": Output.all(a=first.size, b=second.size).apply(lambda both: both["a"] + both["b"]),
        "concat": Output.concat("a-", first.text, "-b"),
        "format": Output.format("{0}/{b}", first.size, b=second.size),
        "dumps": Output.json_dumps({"size": first.size, "list": first.list, "é": None}),
        "loads": Output.json_loads(first.text),
        "index": first.list[1]["a"],
        "chain": first.size.apply(lambda size: second.size.apply(lambda other: [size, other])),
        "nested": Output.from_input({"a": [first.size, {"b": second.size}]}),
        "none": first.size.apply(lambda _: None),
    },
)
Thing(
    "waiting",
    {
        "made": first.made,
        "all": Output.all(first.size, second.made).apply(str),
        "concat": Output.concat("a-", first.made),
        "dumps": Output.json_dumps({"size": first.size, "made": second.made}),
        "loads": Output.json_loads(second.made),
        "item": first.made[0],
        "nested": {"list": [1, second.made], "known": first.size},
        "id": first.id.apply(lambda known: known.upper()),
        "chain": first.size.apply(lambda _: second.made),
    },
)
Thing("mixed", {"secret": Output.all(Output.secret("s"), first.made), "unsecret": Output.unsecret(Output.secret("s"))})
