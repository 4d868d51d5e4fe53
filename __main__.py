"""What the Pulumi CLI starts for `--policy-pack .`; see docs/decisions/0001-entry-point.md."""

from policypack.crossguard import serve

serve()
