"""A bucket that invokes a function: the parts, each to be replaced by a variant."""

from __future__ import annotations

from policypack.core.examples import (
    ACCOUNT,
    BUCKET_ARN,
    CREATED,
    FUNCTION_ARN,
    bucket,
    construct,
    function,
    notification,
    permission,
    target,
)
from policypack.core.examples import execution_role as role

resource = construct

__all__ = [
    "ACCOUNT",
    "BUCKET_ARN",
    "CREATED",
    "FUNCTION_ARN",
    "bucket",
    "construct",
    "function",
    "notification",
    "permission",
    "resource",
    "role",
    "target",
]
