"""What the engine serves itself."""

import pulumi

first = pulumi.CustomResource("test:index:Thing", "first", {"made": None})
known = pulumi.Stash("known", input={"a": [1, pulumi.Output.secret("s")]})
waiting = pulumi.Stash("waiting", input=first.made)
pulumi.CustomResource("test:index:Thing", "uses", {"known": known.output, "waiting": waiting.output})
