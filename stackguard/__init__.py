"""The gate: reads a Pulumi program, an export or a preview, and judges it offline."""
