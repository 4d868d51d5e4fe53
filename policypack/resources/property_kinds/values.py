"""What a value cannot be: a kind and a text in, a clause out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from policypack.core.caches import bounded_cache
from policypack.iam.actions import expand
from policypack.iam.arn import Arn
from policypack.iam.globs import matches
from policypack.iam.managed import intended_name, managed_name
from policypack.resources.property_kinds.arn_forms import (
    INVISIBLE,
    INVOCATION,
    is_invocation,
    missing_parts,
    names_nothing,
    resource_problem,
    untyped,
)
from policypack.resources.property_kinds.limits import KINDS as LIMITS
from policypack.resources.property_kinds.limits import limit_problem
from policypack.resources.property_kinds.placeholders import placeholder
from policypack.resources.property_kinds.regions import is_region, misspelt_region, time_zones
from policypack.resources.property_kinds.schedules import is_cron, is_rate, is_seconds_cron, is_time, is_unix_cron
from policypack.resources.property_kinds.service_principals import correction, exists
from policypack.resources.property_kinds.table import form

ACCOUNT = re.compile(r"[0-9]{12}")
_HEXADECIMAL = re.compile(r"[0-9a-f]+", re.IGNORECASE)
"""What follows the prefix of an id. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html."""
_UNIQUE_IDS = {
    "AGPA": "a group",
    "AIDA": "a user",
    "AIPA": "an instance profile",
    "ANPA": "a managed policy",
    "AROA": "a role",
}
"""By prefix, what IAM gives a unique id. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html."""
_UNIQUE_ID = re.compile(rf"({'|'.join(_UNIQUE_IDS)})[A-Z0-9]{{17}}")
_IDS_OF_OTHERS = [
    "vpc",
    "subnet",
    "igw",
    "eigw",
    "nat",
    "rtb",
    "acl",
    "eni",
    "eipalloc",
    "i",
    "ami",
    "vol",
    "vpce",
    "pcx",
    "pl",
    "tgw",
    "vgw",
    "lt",
    "fs",
]
_PART = re.compile(r"[a-z0-9*?-]*")
"""The region and the account of an ARN. Some services write a word for an account: `aws`, `cloudfront`, `lambda`."""
_ARN_INSIDE = re.compile(r'"(arn:[^"\\]*)"')
_PARTITION = re.compile(r"aws(-[a-z]+)*|\*")
_NO_NAMES = frozenset({"", "arns", "json", "label", "text", *LIMITS})
"""The kinds that do not say how a property names another resource."""
_SERVICE = re.compile(r"[a-z0-9-]{2,32}")
_RESOURCE_TYPE = re.compile(r"[A-Za-z][\w-]*(?=[:/])", re.ASCII)
_ZONED_TIME = re.compile(r"at\(.*(?:Z|[+-]\d\d:?\d\d)\)")
_BUCKET_IN_ARN = re.compile(r"[A-Za-z0-9._*?-]*")
"""Buckets of before 2018 may have capital letters and underscores."""
_NEW_BUCKET = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*(?:\.\.|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$))"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
_PATTERNS = {
    "account": ACCOUNT,
    "bucket": re.compile(r"(?!.*\.amazonaws\.com)[A-Za-z0-9._-]+"),
    "new-bucket": _NEW_BUCKET,
    "regional-bucket": re.compile(r"(?!.*\.amazonaws\.com)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "domain": re.compile(r"(?!arn:)[^/\s]+\.[^/\s]+"),
    "group": re.compile(
        rf"(?!arn:)(?!.*://)(?!(?:{'|'.join(_IDS_OF_OTHERS)})-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})$).*", re.DOTALL
    ),
    "iam-name": re.compile(rf"(?!{_UNIQUE_ID.pattern}$)(?!arn:)(?!.*://).*", re.DOTALL),
    "key": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"),
    "name": re.compile(r"(?!arn:)(?!.*(?:://|\.dkr\.ecr\.)).*", re.DOTALL),
    "parameter": re.compile(r"[A-Za-z0-9_./-]+"),
    "ssm": re.compile(r"resolve:ssm:.+"),
    "star": re.compile(r"\*"),
    "url": re.compile(r"https?://.+"),
    "zone": re.compile(r"(?:/hostedzone/)?[A-Za-z0-9_-]+"),
}
_SCHEDULES: Mapping[str, Callable[[str], bool]] = {
    "rate": partial(is_rate, plural=True),
    "any-rate": partial(is_rate, plural=False),
    "cron": is_cron,
    "seconds-cron": is_seconds_cron,
    "unix-cron": is_unix_cron,
    "at": is_time,
}
_LAST_PART = {"arn:lambda:layer:*:*": "its version"}
"""By kind, what an ARN of its type lacks if it is shorter than the form."""
_DESCRIPTIONS = {
    "account": "the id of an account, which is twelve digits",
    "action": "an action of AWS",
    "any-rate": "a rate such as `rate(5 minutes)`",
    "arn": "an ARN",
    "at": "a time such as `at(2030-01-31T12:00:00)`",
    "bucket": "the name of a bucket",
    "new-bucket": "the name of a new bucket, which has 3 to 63 lower-case letters, digits, dots and hyphens",
    "regional-bucket": "the name of a bucket, which has capital letters and underscores in `us-east-1` only",
    "cron": "a cron expression with six fields, of which one of the two days is `?`, as `cron(0 12 * * ? *)`",
    "domain": "a domain name",
    "group": "the id or the name of a security group",
    "iam-name": "a name",
    "key": "the id of a key",
    "name": "a name or an id",
    "parameter": "the name of a parameter, which has letters, digits and `_.-/`",
    "rate": "a rate such as `rate(1 hour)` or `rate(5 minutes)`",
    "region": "a region such as `eu-west-1`",
    "service": "a service principal such as `lambda.amazonaws.com`",
    "ssm": "a reference to a parameter",
    "seconds-cron": "a cron expression with six fields, or with seconds before them, as `cron(0 0 12 * * ? *)`",
    "star": "`*`",
    "time-zone": "a time zone such as `Europe/Berlin`",
    "unix-cron": "a cron expression with five fields and without `cron()` around it",
    "url": "a URL",
    "zone": "the id of a hosted zone",
}


@bounded_cache(4096)
def problem(kind: str, text: str) -> str | None:
    """Why a text cannot be what a property of this kind takes: a clause, or None."""
    if "+" in kind:
        return next((clause for part in kind.split("+") if (clause := problem(part, text))), None)
    if kind.partition(":")[0] in LIMITS:
        return limit_problem(kind, text) if text else None
    if kind == "text" and not text.startswith("arn:"):
        return None
    if kind == "arns":
        clauses = (problem("text", arn) for arn in _ARN_INSIDE.findall(text))
        return next((f"has an ARN in it that {clause}" for clause in clauses if clause), None)
    if kind.startswith("json:"):
        name, _, inner = kind.removeprefix("json:").partition(":")
        listed = re.findall(rf'"(?:{name})"\s*:\s*("[^"]*"|\[[^\]]*\])', text)
        clauses = (problem(inner, value) for part in listed for value in re.findall(r'"([^"]*)"', part))
        return next((f"has a `{name}` that {clause}" for clause in clauses if clause), None)
    if malformed := placeholder(text) or arn_problem(text):
        return malformed
    if kind in ("text", "label") or not text:
        return None
    if unnamed := names_nothing(text):
        return unnamed
    alternatives = kind.split("|")
    if any(_fits(alternative, text) for alternative in alternatives):
        intended = intended_name(managed_name(text)) if kind == "arn:iam:policy/*" and ":iam::aws:" in text else None
        return f"names a policy that AWS does not have; did you mean `{intended}`?" if intended else untyped(text)
    return _misfit(alternatives, text)


def _misfit(alternatives: Sequence[str], text: str) -> str:
    """What a text is that fits none of the alternatives, and what it may be: a clause."""
    if is_invocation(Arn.parse(text)):
        return INVOCATION
    hint, takes = _hint(alternatives, text), " or ".join(map(_described, alternatives))
    looks = _looks(text, alternatives)
    if same := next((one for one in alternatives if one.count(":") > 1 and looks == _described(one)), ""):
        resource = same.split(":", 2)[-1]
        lacking = f" without {_LAST_PART.get(same, 'a part')}" if _shorter(text, resource) else ""
        return f"is {looks}{lacking}, and takes one of the form `{resource}`"
    return f"is {looks}, and takes {takes}{hint}" if looks else f"is not {takes}, and takes nothing else{hint}"


def arn_problem(text: str) -> str | None:
    """What is wrong with the region, the account or the resource of an ARN: a clause, or None."""
    arn = Arn.parse(text)
    if arn and INVISIBLE.search(text):
        return "is an ARN with a tab, a line break or a space at its end"
    if arn is None or "${" in text:
        return None
    if not _PART.fullmatch(arn.region):
        return "is an ARN with a region that AWS does not have"
    if intended := misspelt_region(arn.region):
        return f"is an ARN with a region that AWS does not have; did you mean `{intended}`?"
    if arn.service == "s3" and not (arn.region or arn.account):
        named = _BUCKET_IN_ARN.fullmatch(arn.resource.partition("/")[0])
        return None if named else "is the ARN of a bucket with characters that no bucket's name has"
    if missing := missing_parts(arn):
        return f"is an ARN without {' and '.join(missing)}, and every ARN of its kind has one"
    if clause := resource_problem(arn):
        return clause
    if _PART.fullmatch(arn.account) and not (arn.account.isdigit() and not ACCOUNT.fullmatch(arn.account)):
        return None
    return "is an ARN with an account id that is not twelve digits"


def cannot_name(kind: str, text: str) -> bool:
    """Whether an ARN or a URL names nothing in a property of this kind. Plain texts are a matter of `problem` alone."""
    if not (text.startswith("arn:") or "://" in text):
        return False
    names = (part for part in kind.split("+") if part.partition(":")[0] not in _NO_NAMES)
    return not all(any(_fits(alternative, text) for alternative in part.split("|")) for part in names)


def _fits(alternative: str, text: str) -> bool:
    kind, _, detail = alternative.partition(":")
    match kind:
        case "arn":
            return _fits_arn(detail, text)
        case "id":
            return text.startswith(f"{detail}-") and _HEXADECIMAL.fullmatch(text.removeprefix(f"{detail}-")) is not None
        case "service":
            return exists(text)
        case "action":
            return bool(expand(text))
        case "form":
            return form(detail).fullmatch(text) is not None
        case "region":
            return is_region(text)
        case "time-zone":
            return text.lower() in time_zones()
    if kind in _SCHEDULES:
        return _SCHEDULES[kind](text)
    return _PATTERNS[kind].fullmatch(text) is not None


def _fits_arn(detail: str, text: str) -> bool:
    """Whether a text is an ARN of a service with a resource that matches a pattern, `iam:role/*`."""
    arn = Arn.parse(text)
    if arn is None:
        return text == "*" and not detail
    service, _, resource = detail.partition(":")
    if not detail and is_invocation(arn):
        return False
    pairs = ((service, arn.service), (resource, arn.resource))
    return _PARTITION.fullmatch(arn.partition) is not None and all(matches(own or "*", other) for own, other in pairs)


def _shorter(text: str, resource: str) -> bool:
    """Whether the resource of an ARN has fewer parts than a pattern, `layer:*:*`."""
    arn = Arn.parse(text)
    return arn is not None and len(re.split("[:/]", arn.resource)) < len(re.split("[:/]", resource))


def _looks(text: str, alternatives: Sequence[str]) -> str:
    """What a text is by its form, an ARN with the type of its resource if its service is the right one; else empty."""
    if arn := Arn.parse(text):
        named = (
            _RESOURCE_TYPE.match(arn.resource)
            if any(f"{part}:".startswith(f"arn:{arn.service}:") for part in alternatives)
            else None
        )
        return (
            f"an ARN of `{arn.service}{f':{named[0]}' if named else ''}`"
            if _SERVICE.fullmatch(arn.service)
            else "an ARN"
        )
    if text.startswith("arn:"):
        return "an incomplete ARN"
    if "://" in text:
        return "a URL"
    if _ZONED_TIME.fullmatch(text):
        return "a time with a time zone"
    if unique := _UNIQUE_ID.fullmatch(text):
        return f"the unique id of {_UNIQUE_IDS[unique[1]]} of IAM"
    return "a number" if text.isdigit() else ""


def _hint(alternatives: Sequence[str], text: str) -> str:
    """What may be meant by a text that is none of the alternatives; empty if nothing is close."""
    if "service" in alternatives:
        return correction(text)
    intended = misspelt_region(text.lower()) if "region" in alternatives else ""
    return f"; did you mean `{intended}`?" if intended else ""


def _described(alternative: str) -> str:
    kind, _, detail = alternative.partition(":")
    if kind == "form":
        return f"a name that matches `{form(detail).pattern}`"
    if kind == "id":
        return f"an id of `{detail}-` and hexadecimal digits"
    if detail:
        service, _, resource = detail.partition(":")
        name = resource.strip("*/:")
        return f"an ARN of `{service.rstrip('*')}{f':{name}' if name else ''}`"
    return _DESCRIPTIONS[kind]
