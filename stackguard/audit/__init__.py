"""The audit: sources of stacks go in, a run in a store comes out, which reports and queries read."""
