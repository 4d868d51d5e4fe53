"""What a statement is about: actions and resources, told apart by which Deny statements match them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from policypack.access.cells import cells
from policypack.aws.actions import Action, exists, expand
from policypack.aws.document import Statement
from policypack.aws.globs import has_wildcard, matches

FAVOURITES = ("Get", "Put", "List", "Delete", "Send", "Publish", "Invoke")
"""How the actions begin that a reader understands at once: an example is one of these where there is one."""

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
"""By module of a type token, the prefix of the actions in its documents, where the two differ."""


def iam_prefix(type_token: str) -> str:
    """The prefix of the actions that a document of this type is about: `s3` for `aws:s3/bucketPolicy:BucketPolicy`."""
    module = type_token.removeprefix("aws:").partition("/")[0]
    return PREFIXES.get(module, module)


class Target(msgspec.Struct, frozen=True):
    """An action on a resource, which stand for all that the same Deny statements match."""

    action: str
    resource: str
    denials: frozenset[int]
    """The indexes of the Deny statements that match both."""


def targets(allow: Statement, denials: Sequence[Statement], service: str) -> list[Target]:
    """What an Allow statement is about, as far as the Deny statements tell it apart.

    Args:
        allow: the statement, without unknowns and variables.
        denials: the Deny statements, likewise.
        service: the prefix of the actions of the service that carries the document, as `s3`.

    Raises:
        TooManyCellsError: the patterns tell too many resources apart.
    """
    actions = list(_actions(allow, denials, service))
    resources = list(_resources(allow, denials, service))
    pairs = [
        (known is None or known.fits(resource), Target(action, resource, by_action & by_resource))
        for action, known, by_action in actions
        for resource, by_resource in resources
    ]
    fitting = [target for fit, target in pairs if fit]
    return list({each.denials: each for each in reversed(fitting or [target for _, target in pairs])}.values())


def _actions(
    allow: Statement, denials: Sequence[Statement], service: str
) -> Iterator[tuple[str, Action | None, frozenset[int]]]:
    """The actions, each with the Deny statements that match it; of those that nothing tells apart, the first."""
    patterns = ("*",) if allow.actions is None else allow.actions
    mentioned = [
        pattern for each in (allow, *denials) for pattern in (*(each.actions or ()), *(each.not_actions or ()))
    ]
    seen = set()
    for pattern in patterns:
        for action, known in _expanded(pattern, service, mentioned):
            if any(matches(each, action, ignore_case=True) for each in allow.not_actions or ()):
                continue
            matched = frozenset(index for index, denial in enumerate(denials) if _concerns(denial, action))
            mark = (matched, known.formats if known else None)
            if mark not in seen:
                seen.add(mark)
                yield action, known, matched


def _concerns(denial: Statement, action: str) -> bool:
    if denial.actions is not None:
        return any(matches(each, action, ignore_case=True) for each in denial.actions)
    return not any(matches(each, action, ignore_case=True) for each in denial.not_actions or ())


def _expanded(pattern: str, service: str, mentioned: Sequence[str]) -> Iterable[tuple[str, Action | None]]:
    """The actions that a pattern names, those first that make a good example.

    `*` is looked at where it matters: in the document's own service and in those that its statements mention.
    """
    prefix, _, name = pattern.partition(":")
    if not has_wildcard(pattern):
        return [(pattern, next(iter(expand(pattern)), None))]
    if has_wildcard(prefix):
        prefixes = sorted({service, *(each.partition(":")[0].lower() for each in mentioned)})
        found = [each for prefix in prefixes if exists(prefix) for each in expand(f"{prefix}:{name or '*'}")]
    else:
        found = list(expand(pattern))
    return [(str(each), each) for each in sorted(found, key=rank)] or [(pattern, None)]


def rank(action: Action) -> tuple[int, int, str]:
    """The order in which actions make good examples."""
    favoured = (index for index, start in enumerate(FAVOURITES) if action.name.startswith(start))
    return next(favoured, len(FAVOURITES)), len(action.name), action.name


def _resources(allow: Statement, denials: Sequence[Statement], service: str) -> Iterator[tuple[str, frozenset[int]]]:
    """The resources, each with the Deny statements that match it."""
    groups: list[Sequence[str]] = []
    for denial in denials:
        given = denial.resources if denial.resources is not None else denial.not_resources
        groups.append(("*",) if given is None else given)
    excluded = allow.not_resources or ()
    inverted = frozenset(
        index for index, denial in enumerate(denials) if denial.resources is None and denial.not_resources is not None
    )
    for pattern in ("*",) if allow.resources is None else allow.resources:
        for inside in _within(pattern, service, groups):
            for members, example in cells(inside, [*groups, excluded]).items():
                if len(groups) not in members:
                    yield example or "*", members ^ inverted


def _within(pattern: str, service: str, groups: Sequence[Sequence[str]]) -> Sequence[str]:
    """The patterns to look inside of.

    A bucket's document is about that one bucket, so `*` means the bucket that the other statements name, and its
    objects. An object's key has at least one character.
    """
    if service != "s3":
        return (pattern,)
    if pattern in ("*", "arn:aws:s3:::*"):
        named = {each.partition("/")[0] for group in groups for each in group}
        own = sorted(each for each in named if each.startswith("arn:") and not has_wildcard(each))
        return [inside for each in own for inside in (f"{each}/?*", each)] or (pattern,)
    return (f"{pattern[:-1]}?*",) if pattern.endswith("/*") else (pattern,)
