"""Policy documents, written as sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi


@dataclass(frozen=True)
class Statement:
    effect: str
    actions: tuple[str, ...]
    on: list[pulumi.Input[str]] | None = None
    to: Any = None
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def allow(cls, *actions: str, on=None, to=None) -> Statement:
        return cls("Allow", actions, on, to)

    @classmethod
    def deny(cls, *actions: str, on=None, to=None) -> Statement:
        return cls("Deny", actions, on, to)

    def when(self, operator: str, key: str, value: Any) -> Statement:
        return replace(self, conditions={**self.conditions, operator: {key: value}})

    @property
    def plain(self) -> dict[str, Any]:
        elements = {
            "Effect": self.effect,
            "Principal": self.to,
            "Action": list(self.actions),
            "Resource": self.on,
            "Condition": self.conditions,
        }
        return {name: value for name, value in elements.items() if value}


class Document:
    def __init__(self, *statements: Statement) -> None:
        self.text = pulumi.Output.from_input([each.plain for each in statements]).apply(
            lambda known: json.dumps({"Version": "2012-10-17", "Statement": known})
        )
