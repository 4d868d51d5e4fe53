"""Commands that judge a Pulumi program, an export or a preview offline."""
