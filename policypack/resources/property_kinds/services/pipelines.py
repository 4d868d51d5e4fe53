"""The artifacts of a pipeline: the inputs of one of CodePipeline in, the places of those that no action has made yet out.

Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.spelling import similar
from policypack.core.values import has_unknown
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.json_texts import items

_FEWEST = 2
_OUTPUTS = ("outputArtifacts", "outputArtifactsForComputeActions[*].name")


def artifact_problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Inputs that no earlier action outputs, sources in later stages, and other actions in the first one."""
    stages = inputs.get("stages")
    if not isinstance(stages, list) or has_unknown([stages]):
        return
    if len(stages) < _FEWEST:
        yield "stages", f"takes {_FEWEST} or more, and has {len(stages)}"
    made: set[str] = set()
    for index, stage in enumerate(items(stages)):
        actions = items(stage.get("actions"))
        for place, action in enumerate(actions):
            path = f"stages[{index}].actions[{place}]"
            before = made.union(*(_outputs(other) for other in actions if _order(other) < _order(action)))
            for position, name in enumerate(action.get("inputArtifacts") or []):
                if isinstance(name, str) and name not in before:
                    close = similar(name, sorted(before))
                    hint = f"; did you mean `{close[0]}`?" if close else ""
                    yield f"{path}.inputArtifacts[{position}]", f"is an artifact that no action before outputs{hint}"
            if (action.get("category") == "Source") != (index == 0):
                yield f"{path}.category", f"is `{action.get('category')}`, and sources are in the first stage, alone"
        made.update(*(_outputs(action) for action in actions))


def _outputs(action: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for pattern in _OUTPUTS:
        for _, value in values_at(action, pattern):
            found.update(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))
    return found


def _order(action: Mapping[str, Any]) -> int:
    order = action.get("runOrder")
    return int(order) if isinstance(order, int | float) else 1
