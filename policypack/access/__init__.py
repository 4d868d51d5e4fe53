"""The access engine: what a set of policy documents allows, and to whom."""
