"""The source of a permission: the ARN in `sourceArn`, and whether it fits the principal.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html and the ARN formats of the Service
Authorization Reference.
"""

from __future__ import annotations

import re

from policypack.iam.arn import Arn
from policypack.iam.globs import has_wildcard
from policypack.resources.permission import SOURCES

_PARTITION = re.compile(r"aws(-[a-z]+)*")
_ACCOUNT = re.compile(r"\d{12}|aws")
_SERVICE = re.compile(r"[a-z0-9-]{2,32}")
_BUCKET = re.compile(r"[a-zA-Z0-9._-]+")


def source_problem(text: str, principal: str | None) -> str | None:
    """What is wrong with a known `sourceArn`: a clause, or None.

    Args:
        text: the value.
        principal: the service principal, or None for anything else, of which only the shape is judged.
    """
    service = SOURCES.get(principal or "")
    if any(char.isspace() for char in text):
        return "has white space in it, so no source equals it"
    arn = Arn.parse(text)
    if arn is None:
        return f"is not an ARN, so no source equals it{_hint(text, service)}"
    if any(map(has_wildcard, (arn.partition, arn.service, arn.region, arn.account))):
        return "has a wildcard before its last part: name the service, the region and the account"
    if not _PARTITION.fullmatch(arn.partition):
        return "does not begin with a partition of AWS, such as `arn:aws:`"
    if service and arn.service != service:
        return f"is an ARN of {_shown(arn.service)}, and `{principal}` invokes for {_article(service)} `{service}` ARN"
    if arn.account and not _ACCOUNT.fullmatch(arn.account):
        return "has an account that is not twelve digits"
    return _bucket_problem(arn) if arn.service == "s3" else _resource_problem(arn)


def _bucket_problem(arn: Arn) -> str | None:
    if arn.region or arn.account:
        return "has a region or an account in it, which the ARN of a bucket has not"
    bucket, slash, _ = arn.resource.partition("/")
    if has_wildcard(bucket):
        return "has a wildcard for its bucket: buckets of every account match it"
    if slash:
        return "names objects, and S3 invokes a function for the bucket: leave out the `/` and what follows"
    return None if _BUCKET.fullmatch(bucket) else "does not name a bucket"


def _resource_problem(arn: Arn) -> str | None:
    """Wildcards are of use only in the stage, method and path of an API, and at the end of a log group."""
    resource = arn.resource
    if arn.service == "execute-api":
        api = resource.partition("/")[0]
        if has_wildcard(api):
            return "has a wildcard in the id of its API: name the one source, and put a `/` before what may vary"
        return None
    if arn.service == "logs" and resource.count(":") > 1:
        resource = resource.removesuffix(":*")
    if has_wildcard(resource):
        return "has a wildcard for its resource: name the one source"
    return None


def _hint(text: str, service: str | None) -> str:
    if service == "s3" and text.startswith(("s3:", "http")):
        return "; it is written `arn:aws:s3:::` and the bucket's name"
    if service == "s3" and _BUCKET.fullmatch(text):
        return "; a bucket's name goes behind `arn:aws:s3:::`"
    return "; pass the source's `arn`"


def _shown(service: str) -> str:
    return f"`{service}`" if _SERVICE.fullmatch(service) else "another service"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" or word in ("s3", "sns", "sqs", "ses") else "a"
