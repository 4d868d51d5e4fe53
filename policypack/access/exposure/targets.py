"""The actions and resources that requests to the service that carries a document can have.

For the document of a queue these are the actions of SQS; for that of a bucket, this bucket and its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policypack.access.solver.dimensions import CHEAP, Cell, actions, mask_of, resources
from policypack.access.solver.partition import MATCHES, WIDE, Work, cells
from policypack.access.solver.witness import rank, ranked
from policypack.iam.actions import Action, exists, expand
from policypack.iam.document import Statement
from policypack.iam.globs import has_wildcard

PREFIXES = {
    "acmpca": "acm-pca",
    "amp": "aps",
    "apigateway": "execute-api",
    "cloudwatch": "events",
    "ecrpublic": "ecr-public",
    "efs": "elasticfilesystem",
    "elasticsearch": "es",
    "msk": "kafka",
    "networkfirewall": "network-firewall",
    "opensearch": "es",
    "opensearchingest": "osis",
    "pinpoint": "sms-voice",
    "redshiftserverless": "redshift-serverless",
    "s3control": "s3",
    "sesv2": "ses",
    "vpclattice": "vpc-lattice",
}
"""By module of type tokens, the prefix of its actions if the two differ."""


def iam_prefix(type_token: str) -> str:
    """The prefix of the actions in documents of a type: `s3` for `aws:s3/bucketPolicy:BucketPolicy`."""
    module = type_token.removeprefix("aws:").partition("/")[0]
    return PREFIXES.get(module, module)


def targets(allow: Statement, denials: Sequence[Statement], service: str, work: Work) -> list[Cell]:
    """The cells of an Allow statement's actions and resources: existing actions on resources that they work on.

    An example is a pair of an action and a resource; the masks are of the Deny statements.

    Args:
        allow: the statement, without unknowns and variables.
        denials: the Deny statements, likewise.
        service: the prefix of the actions of the service that carries the document, such as `s3`.
        work: the budget of the question.

    Raises:
        TooManyCellsError: the patterns distinguish too many resources.
    """
    allowed_actions = list(_actions(allow, denials, service, work))
    allowed_resources = list(_resources(allow, denials, service, work))
    work.spend(len(allowed_actions) * len(allowed_resources) * (1 + len(denials) // WIDE) // 2)
    pairs = [
        (known is None or known.fits(resource), Cell(by_action & by_resource, (action, resource)))
        for action, known, by_action in allowed_actions
        for resource, by_resource in allowed_resources
    ]
    fitting = [cell for fit, cell in pairs if fit]
    return list({cell.mask: cell for cell in reversed(fitting or [cell for _, cell in pairs])}.values())


def _actions(
    allow: Statement, denials: Sequence[Statement], service: str, work: Work
) -> Iterator[tuple[str, Action | None, int]]:
    """The actions, each with the mask of the Deny statements that match it; of equivalent actions only the first."""
    granted, denied = actions(allow), [actions(statement) for statement in denials]
    mentioned = [pattern for match in (granted, *denied) for pattern in match.patterns]
    price = 1 + sum(match.weight for match in (granted, *denied))
    seen = set()
    for pattern in ("*",) if allow.actions is None else allow.actions:
        work.spend(1 + len(mentioned) // MATCHES)
        for action, known in _expanded(pattern, service, mentioned):
            work.spend(price)
            name = action.lower()
            if granted.inside or granted.matches(name):
                matched = mask_of(match.matches(name) for match in denied)
                key = (matched, known.formats if known else None)
                if key not in seen:
                    seen.add(key)
                    yield action, known, matched


def _expanded(pattern: str, service: str, mentioned: Sequence[str]) -> Iterable[tuple[str, Action | None]]:
    """The actions that a pattern matches, good examples first.

    A service prefix with a wildcard matches the document's own service and those that its statements mention.
    """
    prefix, _, name = pattern.partition(":")
    if not has_wildcard(pattern):
        return [(pattern, next(iter(expand(pattern)), None))]
    if has_wildcard(prefix):
        prefixes = sorted({service, *(other.partition(":")[0] for other in mentioned)})
        known = [action for prefix in prefixes if exists(prefix) for action in expand(f"{prefix}:{name or '*'}")]
        known.sort(key=rank)
    else:
        known = [*ranked(pattern)]
    return [(str(action), action) for action in known] or [(pattern, None)]


def _resources(allow: Statement, denials: Sequence[Statement], service: str, work: Work) -> Iterator[tuple[str, int]]:
    """The resources, each with the mask of the Deny statements that match it."""
    denied = [resources(statement) for statement in denials]
    groups = [*(match.patterns for match in denied), allow.not_resources or ()]
    for pattern in ("*",) if allow.resources is None else allow.resources:
        for inside in _within(pattern, service, groups[:-1]):
            for members, example in cells(inside, groups, work).items():
                if len(denied) not in members:
                    work.spend(1 + len(denied) // CHEAP)
                    matched = ((index in members) is match.inside for index, match in enumerate(denied))
                    yield example or "*", mask_of(matched)


def _within(pattern: str, service: str, groups: Sequence[Sequence[str]]) -> Sequence[str]:
    """The patterns that replace a pattern in a document of this service.

    A bucket's document protects one bucket, so `*` matches the bucket that the other statements name, and its
    objects. An object's key has at least one character.
    """
    if service != "s3":
        return (pattern,)
    if pattern in ("*", "arn:aws:s3:::*"):
        buckets = {other.partition("/")[0] for group in groups for other in group}
        own = sorted(bucket for bucket in buckets if bucket.startswith("arn:") and not has_wildcard(bucket))
        return [inside for bucket in own for inside in (f"{bucket}/?*", bucket)] or (pattern,)
    return (f"{pattern[:-1]}?*",) if pattern.endswith("/*") else (pattern,)
