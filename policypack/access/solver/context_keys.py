"""Condition keys by when a request has them: when it is signed, comes through a VPC endpoint or from an AWS service.

Names are in lower case. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

import re

CALLER_KEYS = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:userid",
        "kms:calleraccount",
    }
)
"""Present when the caller signed the request."""
NETWORK_KEYS = frozenset(
    {"aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"}
)
"""Present when the request came through a VPC endpoint."""
SERVICE_KEYS = frozenset(
    {
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
    }
)
"""Present when an AWS service calls."""
ALWAYS_SENT = frozenset({"aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport"})
"""Present in every request."""
SIGNED_ONLY = ("aws:principal", "aws:username", "aws:federatedprovider", "aws:multifactorauth", "aws:tokenissuetime")
"""What the names of further keys begin with that only a signed request has."""
ACCOUNT = re.compile(r"\d{12}")
"""The number of an account."""
