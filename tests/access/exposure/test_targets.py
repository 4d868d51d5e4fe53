from __future__ import annotations

from policypack.access.exposure.targets import iam_prefix
from policypack.iam import actions, tables
from policypack.iam.tables import DocumentKind


def test_every_type_that_carries_a_resource_based_document_has_a_service_with_actions() -> None:
    types = [token for token, found in tables.document_properties().items() if DocumentKind.RESOURCE in found.values()]
    assert [token for token in types if not actions.exists(iam_prefix(token))] == []
    assert iam_prefix("aws:s3control/accessPointPolicy:AccessPointPolicy") == "s3"
