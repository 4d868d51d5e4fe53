"""Relations between resources: a property goes in, and the resources of the stack that it refers to come out."""
