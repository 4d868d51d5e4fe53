"""Physical names and ARNs, all known before anything exists.

A policy document built from them is plain text in a preview, so policies can judge it; one that is built from an output
is not (docs/decisions/0005-known-names.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from settings import Settings

INCOMING = "incoming/"
"""Where uploads arrive in the ingest bucket."""

NORMALISED = "normalised/"
SUMMARIES = "summaries/"
"""Where the function writes in the results bucket."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one stack's resources, and the settings that they follow from."""

    settings: Settings
    base: str
    ingest_bucket: str
    results_bucket: str
    function: str
    role: str
    role_arn: str
    queue: str
    queue_arn: str
    log_group: str
    log_group_arn: str

    @classmethod
    def of(cls, settings: Settings) -> Names:
        """The names for a project, a stack, an account and a region."""
        region, account = settings.region, settings.account_id
        base = f"{settings.project}-{settings.stack}"
        function = f"{base}-normalise"
        role = f"{function}-{region}"  # roles are global to the account, buckets to the world
        queue = f"{base}-dead-letters"
        log_group = f"/aws/lambda/{function}"
        return cls(
            settings=settings,
            base=base,
            ingest_bucket=f"{base}-ingest-{account}-{region}",
            results_bucket=f"{base}-results-{account}-{region}",
            function=function,
            role=role,
            role_arn=f"arn:aws:iam::{account}:role/{role}",
            queue=queue,
            queue_arn=f"arn:aws:sqs:{region}:{account}:{queue}",
            log_group=log_group,
            log_group_arn=f"arn:aws:logs:{region}:{account}:log-group:{log_group}",
        )


def bucket_arn(bucket: str) -> str:
    """The ARN of a bucket, which contains neither account nor region."""
    return f"arn:aws:s3:::{bucket}"
