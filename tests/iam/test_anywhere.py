"""The actions that may be allowed on every resource, against AWS's own policies and data."""

from __future__ import annotations

import pytest

from policypack.iam.actions import concerns, expand
from policypack.iam.anywhere import ANYWHERE
from policypack.iam.managed import managed_document


@pytest.mark.parametrize("action", sorted(ANYWHERE))
def test_aws_allows_it_on_every_resource_although_it_can_be_limited(action: str) -> None:
    names = ("SecurityAudit", "service-role/AWSLambdaVPCAccessExecutionRole")
    documents = [document for name in names if (document := managed_document(name))]
    allowing = [
        each for document in documents for each in document.statements if each.allows and concerns(each, action)
    ]
    assert any("*" in (each.resources or ()) for each in allowing)
    (known,) = expand(action)
    assert known.formats
