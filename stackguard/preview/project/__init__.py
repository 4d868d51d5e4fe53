"""What decides how a program runs: `Pulumi.yaml`, the stack's configuration and the toolchain, in; a `Project`, out."""
