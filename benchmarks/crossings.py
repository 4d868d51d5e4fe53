"""Cases that only several stacks together show, and their look-alikes, with what an audit and `access paths` say about them.

Each case is a few stacks in accounts of their own. Its variant says what is planted: one in which the answer crosses stacks,
or one that only looks like it, because a denial, a boundary, a condition, a trust policy or an account is another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.states import Place, State, bucket, document, parameter, sidecars

Stacks = list[tuple[Place, list[State]]]
TAG = "data=confidential"
"""Of the buckets that paths are searched to."""
LAMBDA = {"Service": "lambda.amazonaws.com"}
WAY = ("invokes", "runs as", "assumes", "reads")


@dataclass(frozen=True)
class Expected:
    """What is expected of a variant."""

    reported: Mapping[str, int] = field(default_factory=dict)
    """By policy, the outcomes of its stacks, each alone."""
    refuted: Mapping[str, str] = field(default_factory=dict)
    """By policy, the project in which another stack answers it."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """By policy, the project in which it is reported once the stacks are joined."""
    path: tuple[str, ...] = ()
    """The verbs of the hops to the bucket, the shortest way; one that is not certain ends with a question mark."""


@dataclass(frozen=True)
class Case:
    """A case in a fleet."""

    kind: str
    variant: str
    number: int

    @property
    def id(self) -> str:
        """Its key in the truth."""
        return f"{self.kind}-{self.number}"

    @property
    def account(self) -> str:
        """The account that the case is about."""
        return f"{500_000_000_000 + self.number * 104_729}"

    @property
    def other(self) -> str:
        """Another account, which no other case has."""
        return f"{700_000_000_000 + self.number * 104_729}"

    @property
    def bucket(self) -> str:
        """The bucket that a path leads to."""
        return f"case-{self.number}-customers"

    def place(self, part: str, account: str = "") -> Place:
        """One of its stacks."""
        return Place("cases", "security", f"case{self.number}-{part}", "prod", account or self.account, "eu-west-1")

    @property
    def tagged(self) -> bool:
        """Whether the bucket has the tag."""
        return self.kind in ("administrator", "path") and self.variant != "other-tag"

    def stacks(self) -> Stacks:
        """Its stacks, with their resources."""
        return KINDS[self.kind](self)

    @property
    def expected(self) -> Expected:
        """What is expected of it."""
        return VARIANTS[self.kind][self.variant]


def allow(action: Any, resource: Any = None, **more: Any) -> State:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, **({"Resource": resource} if resource else {}), **more}


def arn(kind: str, name: str, account: str) -> str:
    """The ARN of an identity or a managed policy."""
    return f"arn:aws:iam::{account}:{kind}/{name}"


def role(place: Place, name: str, *trust: State, **inputs: Any) -> State:
    """A role with a name."""
    values = {"name": name, "assumeRolePolicy": document(*trust), **inputs}
    return place.state("aws:iam/role:Role", name, values, {"arn": arn("role", name, place.account)}, name)


def inline(place: Place, name: str, *statements: State, title: str = "own") -> State:
    """A policy in a role, which may be in another stack."""
    values = {"name": title, "role": name, "policy": document(*statements)}
    return place.state("aws:iam/rolePolicy:RolePolicy", title, values, {}, f"{name}:{title}")


def managed(place: Place, name: str, *statements: State) -> State:
    """A managed policy."""
    values = {"name": name, "policy": document(*statements)}
    return place.state(
        "aws:iam/policy:Policy",
        name,
        values,
        {"arn": arn("policy", name, place.account)},
        arn("policy", name, place.account),
    )


def attached(place: Place, name: str, policy: str) -> State:
    """A managed policy attached to a role of any stack."""
    values = {"role": name, "policyArn": policy}
    return place.state("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "extra", values, {}, f"{name}-{policy}")


def trusting(principal: State, **more: Any) -> State:
    """A statement of a trust policy."""
    return allow("sts:AssumeRole", Principal=principal, **more)


def account_block(place: Place, account: str, *, off: str = "") -> State:
    """The access block of an account; one switch may be off."""
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    values = {"accountId": account, **{name: name != off for name in names}}
    token = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
    return replace(place, account=account).state(token, "block", values, {}, account)


def _account_block(case: Case) -> Stacks:
    security, shop = case.place("security"), case.place("shop")
    block = {
        "on": account_block(security, case.account),
        "another-account": account_block(security, case.other),
        "one-off": account_block(security, case.account, off="restrictPublicBuckets"),
    }[case.variant]
    return [(security, [block, *parameter(security, 1)]), (shop, [*bucket(shop, 1, block=False), *parameter(shop, 2)])]


def _account_settings(case: Case) -> Stacks:
    security, shop = case.place("security"), case.place("shop")
    least = 14 if case.variant == "strong" else 8
    words = ("Lowercase", "Uppercase")
    values = {
        "minimumPasswordLength": least,
        "passwordReusePrevention": 24,
        **{f"require{word}Characters": True for word in words},
        "requireNumbers": True,
        "requireSymbols": True,
    }
    states = [
        security.state("aws:iam/accountPasswordPolicy:AccountPasswordPolicy", "passwords", values),
        security.state("aws:ebs/encryptionByDefault:EncryptionByDefault", "volumes", {"enabled": True}),
        *parameter(security, 1),
    ]
    name = f"case{case.number}-person"
    user = shop.state("aws:iam/user:User", "person", {"name": name}, {"arn": arn("user", name, shop.account)}, name)
    return [(security, states), (shop, [user])]


def _sidecars(case: Case) -> Stacks:
    shop, platform = case.place("shop"), case.place("platform")
    name = shop.name(1, "bucket")
    about = f"{name}0" if case.variant == "another-bucket" else name
    off = "blockPublicPolicy" if case.variant == "one-off" else ""
    own = [*bucket(shop, 1)]
    return [(shop, own[:1]), (platform, [*sidecars(platform, 1, about, off=off), *parameter(platform, 2)])]


PASS = allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
START = ["lambda:CreateFunction", "lambda:InvokeFunction"]


def _role(case: Case) -> Stacks:
    """A role in one stack, an inline policy in a second, an attachment in a third and a boundary in a fourth."""
    home, rights, more, limits = map(case.place, ("home", "rights", "more", "limits"))
    name, extra, limit = f"case{case.number}-worker", f"case{case.number}-extra", f"case{case.number}-limit"
    bounds = {"bounded": allow("s3:GetObject", "arn:aws:s3:::inbox/*"), "wide-boundary": allow("*", "*")}.get(
        case.variant
    )
    inputs = {"permissionsBoundary": arn("policy", limit, case.account)} if bounds else {}
    if case.variant == "namesake":
        more = replace(more, account=case.other)
    start = allow(START, f"arn:aws:lambda:eu-west-1:{case.account}:function:app-*")
    stacks: Stacks = [
        (home, [role(home, name, trusting(LAMBDA), **inputs)]),
        (rights, [inline(rights, name, PASS), *parameter(rights, 1)]),
        (more, [managed(more, extra, start), attached(more, name, arn("policy", extra, more.account))]),
    ]
    if bounds:
        stacks.append((limits, [managed(limits, limit, bounds)]))
    return stacks


def _administrator(case: Case) -> Stacks:
    """A function's role that is administrator by an attachment in another stack, and may be bounded by a third."""
    site, more, limits, data = map(case.place, ("site", "more", "limits", "data"))
    api, limit = f"case{case.number}-api", f"case{case.number}-limit"
    inputs = {"permissionsBoundary": arn("policy", limit, case.account)} if case.variant == "bounded" else {}
    stacks: Stacks = [
        (site, [*_function(site, api, case.variant), role(site, api, trusting(LAMBDA), **inputs)]),
        (more, [attached(more, api, "arn:aws:iam::aws:policy/AdministratorAccess"), *parameter(more, 1)]),
        (data, [*_confidential(case, data), *parameter(data, 2)]),
    ]
    if inputs:
        stacks.append((limits, [managed(limits, limit, allow("s3:GetObject", "arn:aws:s3:::inbox/*"))]))
    return stacks


def _path(case: Case) -> Stacks:
    """From the internet to a bucket: a function URL, the function's role, a role in another account, its permission."""
    site, identity, data, limits = (
        case.place("site"),
        case.place("identity", case.other),
        case.place("data", case.other),
        case.place("limits"),
    )
    api, reader, limit = (f"case{case.number}-{name}" for name in ("api", "reader", "limit"))
    as_api, as_reader = arn("role", api, site.account), arn("role", reader, identity.account)
    variant, target = case.variant, f"arn:aws:s3:::{case.bucket}"
    deny = {"Effect": "Deny"}
    assuming = {
        "denied-assuming": [allow("sts:AssumeRole", as_reader), allow("sts:*", "*") | deny],
        "without-permission": [allow("s3:GetObject", "arn:aws:s3:::inbox/*")],
    }.get(variant, [allow("sts:AssumeRole", as_reader)])
    condition = {
        "external-id": {"StringEquals": {"sts:ExternalId": "x1"}},
        "own-account": {"StringEquals": {"aws:PrincipalAccount": site.account}},
        "other-account": {"StringEquals": {"aws:PrincipalAccount": identity.account}},
    }.get(variant)
    trusted = arn("role", "else", site.account) if variant == "other-trust" else as_api
    trust = trusting({"AWS": trusted}, **({"Condition": condition} if condition else {}))
    reading = [allow("s3:GetObject", f"{target}/*")]
    if variant == "denied-reading":
        reading.append(allow("s3:*", [target, f"{target}/*"]) | deny)
    inputs = {"permissionsBoundary": arn("policy", limit, site.account)} if variant == "bounded" else {}
    stacks: Stacks = [
        (
            site,
            [*_function(site, api, variant), role(site, api, trusting(LAMBDA), **inputs), inline(site, api, *assuming)],
        ),
        (identity, [role(identity, reader, trust), inline(identity, reader, *reading)]),
        (data, [*_confidential(case, data), *parameter(data, 2)]),
    ]
    if inputs:
        stacks.append((limits, [managed(limits, limit, allow("s3:GetObject", "arn:aws:s3:::inbox/*"))]))
    return stacks


def _function(place: Place, api: str, variant: str) -> Iterator[State]:
    runs_as = f"{api}-else" if variant == "other-role" else api
    of = f"arn:aws:lambda:{place.region}:{place.account}:function:{api}"
    values = {
        "name": api,
        "role": arn("role", runs_as, place.account),
        "runtime": "python3.13",
        "handler": "main.handler",
        "s3Bucket": "code",
        "s3Key": "api.zip",
    }
    yield place.state("aws:lambda/function:Function", "api", values, {"arn": of}, api)
    authorization = "AWS_IAM" if variant == "signed" else "NONE"
    values = {"functionName": api, "authorizationType": authorization}
    yield place.state("aws:lambda/functionUrl:FunctionUrl", "api", values, {"functionArn": of}, api)


def _confidential(case: Case, place: Place) -> Iterator[State]:
    name = case.bucket
    key, _, value = TAG.partition("=")
    tags = {key: "public" if case.variant == "other-tag" else value}
    yield place.state(
        "aws:s3/bucket:Bucket", "customers", {"bucket": name, "tags": tags}, {"arn": f"arn:aws:s3:::{name}"}, name
    )
    refused = case.variant == "denied-by-bucket"
    owner = arn("role", f"case{case.number}-owner", place.account)
    yield from sidecars(place, 1, name, only=owner if refused else "")


KINDS: Mapping[str, Callable[[Case], Stacks]] = {
    "account-block": _account_block,
    "account-settings": _account_settings,
    "sidecars": _sidecars,
    "role": _role,
    "administrator": _administrator,
    "path": _path,
}
BLOCK = "s3-missing-access-block"
MISSING = (BLOCK, "s3-missing-encryption", "s3-missing-versioning", "s3-plaintext-transport")
ESCALATION = "iam-privilege-escalation"
ALONE = dict.fromkeys(MISSING, 1)
INVOKED = {"lambda-public-invoke": 1}
ADMINISTRATOR = {**INVOKED, "iam-administrator-access": 1}
WIDE = ("iam-pass-role-anywhere", "iam-unscoped-list", "iam-wildcard-action", "iam-wildcard-resource")
VARIANTS: Mapping[str, Mapping[str, Expected]] = {
    "account-block": {
        "on": Expected({BLOCK: 1}, refuted={BLOCK: "shop"}),
        "another-account": Expected({BLOCK: 1}),
        "one-off": Expected({BLOCK: 1, "s3-open-access-block": 1}),
    },
    "account-settings": {"strong": Expected(), "weak": Expected({"iam-weak-password-policy": 1})},
    "sidecars": {
        "elsewhere": Expected(ALONE, refuted=dict.fromkeys(MISSING, "shop")),
        "another-bucket": Expected(ALONE),
        "one-off": Expected({**ALONE, "s3-open-access-block": 1}, refuted=dict.fromkeys(MISSING, "shop")),
    },
    "role": {
        "three-stacks": Expected(shown={ESCALATION: "rights"}),
        "wide-boundary": Expected(dict.fromkeys(WIDE, 1), dict.fromkeys(WIDE, "limits"), {ESCALATION: "rights"}),
        "bounded": Expected(),
        "namesake": Expected(),
    },
    "administrator": {
        "attached": Expected(ADMINISTRATOR, path=("invokes", "runs as", "administers", "controls")),
        "bounded": Expected(ADMINISTRATOR),
    },
    "path": {
        "open": Expected(INVOKED, path=WAY),
        "own-account": Expected(INVOKED, path=WAY),
        "external-id": Expected(INVOKED, path=("invokes", "runs as", "assumes?", "reads")),
        "signed": Expected(),
        "other-role": Expected(INVOKED),
        "denied-assuming": Expected({**INVOKED, "iam-lockout-deny": 1}),
        "without-permission": Expected(INVOKED),
        "bounded": Expected(INVOKED),
        "other-trust": Expected(INVOKED),
        "other-account": Expected({**INVOKED, "iam-unsatisfiable-condition": 1}),
        "denied-reading": Expected({**INVOKED, "iam-lockout-deny": 1}),
        "denied-by-bucket": Expected(INVOKED),
        "other-tag": Expected(INVOKED),
    },
}


def cases(count: int) -> Iterator[Case]:
    """So many cases, the variants in turn."""
    variants = [(kind, variant) for kind, expected in VARIANTS.items() for variant in expected]
    for number in range(count):
        yield Case(*variants[number % len(variants)], number)


def changed(case: Case, pick: Callable[[Sequence[str]], str]) -> Case:
    """The case in another of its variants."""
    return replace(case, variant=pick([variant for variant in VARIANTS[case.kind] if variant != case.variant]))
