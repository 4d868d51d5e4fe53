"""The AWS calls in a Python function's own code: sources in, calls out, by abstract interpretation of the syntax."""

from policypack.access.calls.model import Call, Environment, Found, Hole, Text, Unresolved
from policypack.access.calls.run import calls_of

__all__ = ["Call", "Environment", "Found", "Hole", "Text", "Unresolved", "calls_of"]
