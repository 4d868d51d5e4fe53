"""The actions and resources of the service that carries a document, which its requests can be about.

The document of a queue is about the actions of SQS, and that of a bucket about this bucket and its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policypack.access.solver.dimensions import Cell, actions, mask_of, resources
from policypack.access.solver.partition import Work, cells
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
"""By module of type tokens, the prefix of its actions where the two differ."""


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
    about = list(_actions(allow, denials, service))
    named = list(_resources(allow, denials, service, work))
    pairs = [
        (known is None or known.fits(resource), Cell(by_action & by_resource, (action, resource)))
        for action, known, by_action in about
        for resource, by_resource in named
    ]
    fitting = [cell for fit, cell in pairs if fit]
    return list({each.mask: each for each in reversed(fitting or [cell for _, cell in pairs])}.values())


def _actions(allow: Statement, denials: Sequence[Statement], service: str) -> Iterator[tuple[str, Action | None, int]]:
    """The actions, each with the mask of the Deny statements that match it; of equivalent actions only the first."""
    granted, refused = actions(allow), [actions(statement) for statement in denials]
    mentioned = [
        pattern for each in (allow, *denials) for pattern in (*(each.actions or ()), *(each.not_actions or ()))
    ]
    seen = set()
    for pattern in ("*",) if allow.actions is None else allow.actions:
        for action, known in _expanded(pattern, service, mentioned):
            name = action.lower()
            if granted.inside or granted.about(name):
                matched = mask_of(match.about(name) for match in refused)
                mark = (matched, known.formats if known else None)
                if mark not in seen:
                    seen.add(mark)
                    yield action, known, matched


def _expanded(pattern: str, service: str, mentioned: Sequence[str]) -> Iterable[tuple[str, Action | None]]:
    """The actions that a pattern names, good examples first.

    A service prefix with a wildcard stands for the document's own service and for those that its statements mention.
    """
    prefix, _, name = pattern.partition(":")
    if not has_wildcard(pattern):
        return [(pattern, next(iter(expand(pattern)), None))]
    if has_wildcard(prefix):
        prefixes = sorted({service, *(each.partition(":")[0].lower() for each in mentioned)})
        found = [each for prefix in prefixes if exists(prefix) for each in expand(f"{prefix}:{name or '*'}")]
        found.sort(key=rank)
    else:
        found = [*ranked(pattern)]
    return [(str(each), each) for each in found] or [(pattern, None)]


def _resources(allow: Statement, denials: Sequence[Statement], service: str, work: Work) -> Iterator[tuple[str, int]]:
    """The resources, each with the mask of the Deny statements that match it."""
    refused = [resources(statement) for statement in denials]
    groups = [*(each.patterns for each in refused), allow.not_resources or ()]
    for pattern in ("*",) if allow.resources is None else allow.resources:
        for inside in _within(pattern, service, groups[:-1]):
            for members, example in cells(inside, groups, work).items():
                if len(refused) not in members:
                    matched = ((index in members) is match.inside for index, match in enumerate(refused))
                    yield example or "*", mask_of(matched)


def _within(pattern: str, service: str, groups: Sequence[Sequence[str]]) -> Sequence[str]:
    """The patterns that stand for a pattern in a document of this service.

    A bucket's document is about one bucket, so `*` stands for the bucket that the other statements name, and for its
    objects. An object's key has at least one character.
    """
    if service != "s3":
        return (pattern,)
    if pattern in ("*", "arn:aws:s3:::*"):
        named = {each.partition("/")[0] for group in groups for each in group}
        own = sorted(each for each in named if each.startswith("arn:") and not has_wildcard(each))
        return [inside for each in own for inside in (f"{each}/?*", each)] or (pattern,)
    return (f"{pattern[:-1]}?*",) if pattern.endswith("/*") else (pattern,)
