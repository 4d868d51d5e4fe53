"""Documents in JSON that a service reads: lifecycle policies of ECR and items of DynamoDB. Texts in, clauses out.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policypack.resources.property_kinds.json_texts import decoded, items
from policypack.resources.property_kinds.limits import limit_problem

_COUNTS = "imageCountMoreThan,sinceImagePulled,sinceImagePushed,sinceImageTransitioned"
_SELECTIONS: Mapping[str, str] = {"tagStatus": "any,tagged,untagged", "countType": _COUNTS, "countUnit": "days"}
"""By field of a selection, what it takes."""
_REQUIRED = ("tagStatus", "countType", "countNumber")
_TAGS = ("tagPrefixList", "tagPatternList")
_TYPES = frozenset({"B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"})
_NAME = re.compile(r"[\w.-]{1,60}", re.ASCII)


def lifecycle_policy_problems(text: str) -> Iterator[str]:
    """Fields of the rules of a repository that ECR does not take or misses, and priorities that two rules share."""
    policy = decoded(text)
    rules = items(policy.get("rules")) if isinstance(policy, Mapping) else []
    if isinstance(policy, Mapping) and "rules" not in policy:
        yield "has no `rules`"
    seen: set[int] = set()
    for rule in rules:
        priority = rule.get("rulePriority")
        if isinstance(priority, int) and priority in seen:
            yield f"has two rules of the `rulePriority` {priority}, and each takes its own"
        if priority is None:
            yield "has a rule without `rulePriority`"
        if isinstance(priority, int):
            seen.add(priority)
        yield from _selection_problems(rule.get("selection"))
        action = rule.get("action")
        kind = action.get("type") if isinstance(action, Mapping) else None
        clause = limit_problem("one-of:expire,transition", kind) if isinstance(kind, str) else "is missing"
        if clause:
            yield f"has an `action.type` that {clause}"


def _selection_problems(selection: Any) -> Iterator[str]:
    if not isinstance(selection, Mapping):
        yield "has a rule without `selection`"
        return
    yield from (f"has a selection without `{name}`" for name in _REQUIRED if name not in selection)
    for name, values in _SELECTIONS.items():
        value = selection.get(name)
        if isinstance(value, str) and (clause := limit_problem(f"one-of:{values}", value)):
            yield f"has a `{name}` that {clause}"
    since = str(selection.get("countType", "")).startswith("since")
    if since and "countUnit" not in selection:
        yield f"has `{selection['countType']}`, which takes `countUnit`"
    elif "countUnit" in selection and selection.get("countType") == "imageCountMoreThan":
        yield "has `countUnit` beside `imageCountMoreThan`, which is a number of images"
    if selection.get("tagStatus") == "tagged" and not any(name in selection for name in _TAGS):
        yield f"has `tagged`, which takes {' or '.join(f'`{name}`' for name in _TAGS)}"


def item_problems(text: str) -> Iterator[str]:
    """Attributes of an item that are no values of DynamoDB, which have their type around them."""
    item = decoded(text)
    for name, value in item.items() if isinstance(item, Mapping) else ():
        if not isinstance(value, Mapping) or len(value) != 1 or not _TYPES.issuperset(value):
            shown = f" `{name}`" if _NAME.fullmatch(name) else ""
            yield f'has an attribute{shown} without its type, as in `{{"S": "text"}}` or `{{"N": "1"}}`'


JSON_DOCUMENTS: Mapping[str, Sequence[tuple[str, Any]]] = {
    "aws:dynamodb/tableItem:TableItem": [("item", item_problems)],
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": [("policy", lifecycle_policy_problems)],
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": [("lifecyclePolicy", lifecycle_policy_problems)],
}
"""By type, the paths of such documents."""
