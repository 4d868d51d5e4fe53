"""Every policy, in reading order. Add one line here for a new policy."""

from __future__ import annotations

from typing import Any

from policypack.policy import Policy

POLICIES: tuple[Policy[Any], ...] = ()
