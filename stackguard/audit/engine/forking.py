"""Where the process from which workers are forked imports from: not from the current folder."""

SAFE_PATH = "PYTHONSAFEPATH"
"""Source: https://docs.python.org/3/using/cmdline.html#envvar-PYTHONSAFEPATH."""
OURS = "stackguard"
"""The value if the user has set none: programs that a worker runs import from their folder."""
