"""`python -m stackguard`."""

from __future__ import annotations

import sys

from stackguard.cli import main

if __name__ == "__main__":
    sys.exit(main())
