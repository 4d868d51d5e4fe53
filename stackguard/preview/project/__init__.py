"""The settings of a program: `Pulumi.yaml`, a stack's configuration and a toolchain come in; a `Project` goes out."""
