"""What is shared with everybody is copied by whoever looks, and taking the sharing back does not take the copies back.

A snapshot holds the whole database, an image the keys that were left on its disk. Shared snapshots, images and
documents are listed in every account, so nobody even has to guess a name.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.exposure.opening import PublicGrant
from policypack.access.exposure.sharing import shares
from policypack.policy import Policy, Reading, Resource, Severity, Violation


def shared(resource: Resource) -> Iterator[Reading[PublicGrant | None]]:
    """Each value that may share the resource; those of functions have a policy of their own."""
    if not resource.type.startswith("aws:lambda/"):
        yield from shares(resource)


def check(lets: PublicGrant | None) -> Iterator[Violation]:
    if lets:
        yield Violation("", lets.answer.told)


def _snapshot(account: str) -> Resource:
    inputs = {"dbInstanceIdentifier": "orders", "dbSnapshotIdentifier": "orders-2026", "sharedAccounts": [account]}
    return Resource("aws:rds/snapshot:Snapshot", "orders", inputs)


POLICY = Policy(
    id="aws-public-share",
    title="Snapshot, image, event bus or document shared with everybody",
    why=__doc__,
    severity=Severity.CRITICAL,
    fix="Name the accounts or the organization that it is shared with.",
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html",
        "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html",
    ],
    bad=_snapshot("all"),
    good=_snapshot("444455556666"),
    reads=shared,
    check=check,
)
