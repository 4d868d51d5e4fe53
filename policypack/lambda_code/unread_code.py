"""Functions of which policies do not read the code: another language, an image, code elsewhere; or a role elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec

from policypack.core.policy import Policy, Resource, Stack
from policypack.lambda_code import packaging
from policypack.resources.execution_role import role_documents
from policypack.resources.tokens import FUNCTION

OF_ROLES = frozenset({"lambda-missing-permission", "s3-notification-loop"})
"""The policies that judge what the role of a function allows."""
MOST_NAMES = 5
"""How many functions a summary lists."""


class UnreadCode(msgspec.Struct, frozen=True):
    """Functions whose code was not read for one reason, and the policies that would have read it."""

    why: str
    functions: Sequence[Resource]
    policies: Sequence[str]
    part: str = "code"
    """What was not read: the code, or the role."""

    @property
    def sentence(self) -> str:
        """One sentence, without a full stop: `the code of 2 functions is not Python, so 4 policies did not read it`."""
        functions, policies = len(self.functions), len(self.policies)
        return (
            f"the {self.part} of {functions} function{'s' * (functions != 1)} {self.why}, so"
            f" {policies} polic{'y' if policies == 1 else 'ies'} did not read it"
        )

    @property
    def summary(self) -> str:
        """The sentence with the names of the functions."""
        names = [function.name for function in self.functions[:MOST_NAMES]]
        if len(self.functions) > MOST_NAMES:
            names.append(f"and {len(self.functions) - MOST_NAMES} more")
        return f"{self.sentence}: {', '.join(names)}"


def unread_code(policies: Collection[Policy[Any]], stack: Stack) -> Iterator[UnreadCode]:
    """What these policies did not read of a stack's functions. Code that should be readable and is not is undecided."""
    readers = sorted(policy.id for policy in policies if policy.language)
    functions: dict[str, list[Resource]] = {}
    for function in stack.of(FUNCTION) if readers else ():
        if not function.external and (why := _why(stack, function)):
            functions.setdefault(why, []).append(function)
    for why, unread in functions.items():
        yield UnreadCode(why, unread, readers)
    judges = sorted(policy.id for policy in policies if policy.id in OF_ROLES)
    roles = [
        function
        for function in stack.of(FUNCTION)
        if judges and not function.external and role_documents(stack, function).elsewhere
    ]
    if roles:
        yield UnreadCode("is not in this stack", roles, judges, "role")


def _why(stack: Stack, function: Resource) -> str:
    """Why a function's code is not read: a clause about the code; empty if it is read, or undecided."""
    runtime = function.inputs.get("runtime")
    if packaging.is_image(function):
        return "is in a container image"
    if isinstance(runtime, str) and not runtime.startswith("python"):
        return "is not Python"
    return "" if packaging.read_code(stack, function, lambda _: True) else "is outside the stack"
