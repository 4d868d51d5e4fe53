"""The lists: violations, stacks, resources and what is public, with their filters and orders."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from stackguard.audit.serve.listing import Condition, Filter, Listing, Order, exactly, one_of

SEVERITIES = {"critical": "critical", "high": "high", "medium": "medium", "low": "low"}
STATUSES: dict[str, Condition] = {
    "open": Condition("is_open", []),
    "new": Condition("is_new", []),
    "reopened": Condition("is_open AND reopened > 0", []),
    "fixed": Condition("status = 'fixed'", []),
    "waived": Condition("known = 'waived'", []),
    "not-looked-at": Condition("status = 'not-looked-at'", []),
    "any": Condition("true", []),
}
KINDS: dict[str, Condition] = {
    "violation": Condition("outcome = 'violation'", []),
    "undecided": Condition("outcome <> 'violation'", []),
    "any": Condition("true", []),
}
AGES = {
    "-7": "in the last 7 days",
    "-30": "in the last 30 days",
    "30": "more than 30 days ago",
    "90": "more than 90 days ago",
    "365": "more than a year ago",
}
MOST_SPLITS = 5
BY_ID = (Order("id"),)


def violations(started: str) -> Listing:
    """The violations as of a run that began at a time."""

    def age(value: str) -> Condition | None:
        if value not in AGES:
            return None
        since = (datetime.fromisoformat(started) - timedelta(days=abs(int(value)))).strftime("%Y-%m-%dT%H:%M:%S")
        return Condition(f"first_seen {'>=' if value.startswith('-') else '<'} ?", [since])

    filters = {
        "severity": Filter(
            "Severity", lambda value: Condition("severity = ?", [value]) if value in SEVERITIES else None, SEVERITIES
        ),
        "status": Filter(
            "Status",
            one_of(STATUSES),
            {
                "open": "open",
                "new": "new",
                "reopened": "reopened",
                "fixed": "fixed",
                "waived": "waived",
                "not-looked-at": "not looked at this time",
                "any": "any",
            },
            default="open",
        ),
        "kind": Filter(
            "Kind",
            one_of(KINDS),
            {"violation": "violation", "undecided": "undecided or crashed", "any": "any"},
            default="violation",
        ),
        "age": Filter("First seen", age, AGES),
        "policy": Filter("Policy", exactly("policy"), suggested="listed.policy"),
        "service": Filter("Service", exactly("service"), suggested="listed.service"),
        "owner": Filter("Team", exactly("owner"), suggested="listed.owner"),
        "account": Filter("Account", exactly("account"), suggested="listed.account"),
        "region": Filter("Region", exactly("region"), suggested="listed.region"),
        "organization": Filter("Organization", exactly("organization"), suggested="listed.organization"),
        "project": Filter("Project", exactly("project"), suggested="listed.project"),
        "stack": Filter("Stack", exactly("stack"), suggested="listed.stack"),
        "type": Filter("Resource type", exactly("type"), suggested="listed.type"),
        "stack_id": Filter("Stack id", exactly("stack_id")),
    }
    return Listing("listed", "* EXCLUDE (search)", filters, SORTS, ("search",))


SORTS = {
    "severity": (Order("rank", descending=True), Order("policy"), Order("stack_id"), *BY_ID),
    "oldest": (Order("first_seen"), Order("rank", descending=True), *BY_ID),
    "newest": (Order("first_seen", descending=True), Order("rank", descending=True), *BY_ID),
    "policy": (Order("policy"), Order("rank", descending=True), *BY_ID),
    "team": (Order("owner"), Order("rank", descending=True), Order("policy"), *BY_ID),
    "stack": (Order("organization"), Order("project"), Order("stack"), Order("rank", descending=True), *BY_ID),
}
ORDERS = {
    "severity": "the most severe first",
    "oldest": "the oldest first",
    "newest": "the newest first",
    "policy": "by policy",
    "team": "by team",
    "stack": "by stack",
    "worst": "the most violations first",
    "name": "by name",
    "resources": "the most resources first",
    "type": "by type",
}
"""By name of a sort, what a page calls it."""
STACKS = Listing(
    "served_stacks",
    "*",
    {
        "state": Filter(
            "State",
            one_of(
                {
                    "looked-at": Condition("state IN ('judged', 'carried')", []),
                    "failed": Condition("state = 'failed'", []),
                }
            ),
            {"looked-at": "looked at", "failed": "failed"},
        ),
        "owner": Filter("Team", exactly("owner"), suggested="served_stacks.owner"),
        "account": Filter("Account", exactly("account"), suggested="served_stacks.account"),
        "region": Filter("Region", exactly("region"), suggested="served_stacks.region"),
        "organization": Filter("Organization", exactly("organization"), suggested="served_stacks.organization"),
        "project": Filter("Project", exactly("project"), suggested="served_stacks.project"),
        "stack": Filter("Stack", exactly("stack"), suggested="served_stacks.stack"),
    },
    {
        "worst": (Order("violations", descending=True), Order("stack_id")),
        "name": (Order("organization"), Order("project"), Order("stack"), Order("stack_id")),
        "resources": (Order("resources", descending=True), Order("stack_id")),
    },
    ("search",),
)


def _tag(value: str) -> Condition:
    """A tag `KEY=VALUE` or `KEY` in the JSON of a resource's tags; a key can have an equals sign, too."""
    parts = [(value[:at], value[at + 1 :]) for at, character in enumerate(value) if character == "="][:MOST_SPLITS]
    texts = [f"{_json(key)}:{_json(text)}" for key, text in parts] or [f"{_json(value)}:"]
    return Condition(" OR ".join(["contains(tags, ?)"] * len(texts)), texts)


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()


RESOURCE_FILTERS = {
    "type": Filter("Type", exactly("type"), suggested="all_resources.type"),
    "tag": Filter("Tag (KEY or KEY=VALUE)", _tag),
    "arn": Filter("ARN", exactly("arn")),
    "owner": Filter("Team", exactly("owner"), suggested="served_stacks.owner"),
    "account": Filter("Account", exactly("account"), suggested="served_stacks.account"),
    "region": Filter("Region", exactly("region"), suggested="served_stacks.region"),
    "project": Filter("Project", exactly("project"), suggested="served_stacks.project"),
    "stack": Filter("Stack", exactly("stack"), suggested="served_stacks.stack"),
    "stack_id": Filter("Stack id", exactly("stack_id")),
}
RESOURCES = Listing(
    """(SELECT r.*, s.organization, s.project, s.stack, s.owner FROM all_resources r
    JOIN served_stacks s ON r.shard = s.shard AND r.stack_id = s.stack_id)""",
    "*",
    RESOURCE_FILTERS,
    {"name": (Order("stack_id"), Order("urn"), Order("arn"))},
    ("urn", "arn", "tags"),
    counted=False,
)
"""There can be millions: a search is as fast as reading them."""
ACCESS = Listing(
    "access",
    "*",
    {
        "verdict": Filter(
            "Verdict",
            one_of(
                {"public": Condition("verdict = 'public'", []), "undecided": Condition("verdict = 'undecided'", [])}
            ),
            {"public": "public", "undecided": "undecided"},
        ),
        **{
            name: RESOURCE_FILTERS[name]
            for name in ("type", "owner", "account", "region", "project", "stack", "stack_id")
        },
    },
    {"type": (Order("verdict"), Order("type"), Order("urn"), Order("path"), Order("stack_id"))},
    ("lower(concat_ws(' ', verdict, type, name, urn, why, example, project, stack, owner))",),
)
