"""Results that are kept on a stack or resource: by whose arguments."""

from __future__ import annotations

from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Resource, Stack
from policypack.evaluation.settings import Settings

QUEUE = Resource("aws:sqs/queue:Queue", "q")


def test_each_combination_of_arguments_is_computed_once() -> None:
    calls: list[Any] = []

    @memoized
    def called(_stack: Stack, *args: Any, **kwargs: Any) -> int:
        calls.append((args, kwargs))
        return len(calls)

    stack = Stack((), Settings())
    arguments: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((), {}),
        ((1,), {}),
        ((True,), {}),
        ((("x", 1),), {}),
        ((), {"x": 1}),
        ((QUEUE,), {}),
        ((QUEUE.urn,), {}),
    ]
    first = [called(stack, *args, **kwargs) for args, kwargs in arguments]
    assert first == list(range(1, len(arguments) + 1))
    assert [called(stack, *args, **kwargs) for args, kwargs in arguments] == first
    assert called(Stack((), Settings())) == len(arguments) + 1
