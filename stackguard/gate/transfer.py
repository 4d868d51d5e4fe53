"""Results as bytes: what a process has judged goes in, and the process that prints it gets the same out.

A policy's functions stay where they are: our own cards are sent by id, and those of other packs without them.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any

from policypack.core.policy import Policy, Resource
from stackguard.gate.evidence import Evidence

LEFT_OUT = frozenset({"reads", "check", "bad", "good"})
"""The fields of a card that judging needs, and reports do not."""


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """How a value is sent."""
        if isinstance(value, Policy):
            if _own().get(value.id) is value:
                return _own_card, (value.id,)
            return _card, ({f.name: getattr(value, f.name) for f in fields(value) if f.name not in LEFT_OUT},)
        if isinstance(value, Resource):  # without what is remembered about it
            return Resource, tuple(getattr(value, f.name) for f in fields(value) if f.init)
        if isinstance(value, Evidence):  # without the stack that it is made from
            return tuple, (list(value),)
        if isinstance(value, MappingProxyType):
            return MappingProxyType, (dict(value),)
        return NotImplemented


def packed(value: Any) -> bytes:
    """A value as bytes, for a process that this one was forked from."""
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def unpacked(content: bytes) -> Any:
    """The value of bytes from a process that was forked from this one."""
    return pickle.loads(content)  # noqa: S301 (our own process has written them)


@cache
def _own() -> dict[str, Policy[Any]]:
    from policypack.policies import POLICIES

    return {policy.id: policy for policy in POLICIES}


def _own_card(policy_id: str) -> Policy[Any]:
    return _own()[policy_id]


def _card(facts: dict[str, Any]) -> Policy[Any]:
    return Policy(**facts, bad=(), good=(), reads=_nothing, check=_nothing)


def _nothing(_value: Any) -> tuple[()]:
    return ()
