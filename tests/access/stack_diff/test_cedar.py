"""Cedar policies of a store: a permit more or a forbid less is new access; the same in another form is none."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.policy import UNKNOWN, Resource
from tests.access.stacks import gains, resource

POLICY, TEMPLATE = "aws:verifiedpermissions/policy:Policy", "aws:verifiedpermissions/policyTemplate:PolicyTemplate"
STORE = "aws:verifiedpermissions/policyStore:PolicyStore"
NEW, UNDECIDED = Verdict.NEW_ACCESS, Verdict.UNDECIDED
ANA = 'permit (principal == Shop::User::"ana", action, resource);'
BUYERS = 'permit (principal in Shop::Group::"buyers", action == Shop::Action::"order", resource);'
OWN = "permit (principal, action, resource) when { resource.owner == principal && context.mfa };"
BLOCKED = "forbid (principal, action, resource) when { principal.blocked };"
ALL = "permit (principal, action, resource);"


def _policies(*texts: Any, store: str = "s") -> tuple[Resource, ...]:
    return tuple(
        resource(POLICY, f"p{at}", policyStoreId=store, definition={"static": {"statement": text}})
        for at, text in enumerate(texts)
    )


def _verdicts(old: tuple[Any, ...], new: tuple[Any, ...]) -> list[Verdict]:
    return [gain.answer.verdict for gain in gains(_policies(*new), _policies(*old))]


WIDER: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "everyone": ((ANA,), (ALL,)),
    "another user": ((ANA,), (ANA, ANA.replace("ana", "ben"))),
    "another group": ((BUYERS,), (BUYERS.replace("buyers", "sellers"),)),
    "another action": (
        (BUYERS,),
        (BUYERS.replace('== Shop::Action::"order"', 'in [Shop::Action::"order", Shop::Action::"refund"]'),),
    ),
    "every action": ((BUYERS,), (BUYERS.replace('action == Shop::Action::"order"', "action"),)),
    "a type for a group": ((BUYERS,), (BUYERS.replace('in Shop::Group::"buyers"', "is Shop::User"),)),
    "a condition less": ((OWN,), (OWN.replace(" && context.mfa", ""),)),
    "no condition": ((OWN,), (ALL,)),
    "an exception less": (
        ("permit (principal, action, resource) unless { resource.secret || context.guest };",),
        ("permit (principal, action, resource) unless { context.guest };",),
    ),
    "no forbid": ((ALL, BLOCKED), (ALL,)),
    "a forbid of fewer": ((ALL, BLOCKED), (ALL, BLOCKED.replace("(principal,", "(principal is Shop::User,"))),
    "a forbid with a condition more": ((ALL, BLOCKED), (ALL, BLOCKED.replace("blocked", "blocked && context.remote"))),
    "a permit for a forbid": (('forbid (principal == U::"a", action, resource);',), (ALL,)),
}
SAME: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "blanks and comments": ((ANA,), ('@id("one")\n// all of it\n' + ANA.replace(",", " ,\n"),)),
    "conditions in another order": (
        (OWN,),
        ("permit (principal, action, resource) when { context.mfa && (principal == resource.owner) };",),
    ),
    "conditions apart": ((OWN,), (OWN.replace(" && context.mfa }", " } when { context.mfa }"),)),
    "a denied condition": (
        ("permit (principal, action, resource) unless { context.guest };",),
        ("permit (principal, action, resource) when { !(context.guest) };",),
    ),
    "the scope as a condition": (
        (ANA,),
        ('permit (principal, action, resource) when { principal == Shop::User::"ana" };',),
    ),
    "actions apart": (
        ('permit (principal, action in [A::"x", A::"y"], resource);',),
        ('permit (principal, action == A::"x", resource);', 'permit (principal, action == A::"y", resource);'),
    ),
    "one for another": ((ANA, BUYERS), (BUYERS, ANA)),
    "an example in a text": ((ANA,), (ANA.replace(";", ' when { context.note like "a // permit; b" };'),)),
    "what is never": ((ANA,), (ANA, ALL.replace(";", " when { false };"))),
    "what is forbidden": ((ANA, ALL.replace("permit", "forbid")), (ANA, ALL, ALL.replace("permit", "forbid"))),
    "the forbid of another user": (
        (ANA, 'forbid (principal == Shop::User::"eve", action, resource);'),
        (ANA,),
    ),
}
OPEN: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "another condition": ((OWN,), (OWN.replace("context.mfa", "context.level > 2"),)),
    "another condition of a forbid": ((ALL, BLOCKED), (ALL, BLOCKED.replace("blocked", "suspended"))),
    "who may be in the group": ((BUYERS,), (BUYERS.replace('in Shop::Group::"buyers"', '== Shop::User::"ana"'),)),
    "what is no Cedar": ((ANA,), ("permit everything",)),
    "an unknown text": ((ANA,), (UNKNOWN,)),
    "a forbid alone": ((BLOCKED,), ()),
}


@pytest.mark.parametrize("change", WIDER.values(), ids=WIDER)
def test_more_is_new_access(change: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert _verdicts(*change) == [NEW]


@pytest.mark.parametrize("change", WIDER.values(), ids=WIDER)
def test_less_is_none(change: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    less, more = change
    assert [verdict for verdict in _verdicts(more, less) if verdict is NEW and "sellers" not in str(more)] == []


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_another_form_is_none(change: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert _verdicts(*change) == []


@pytest.mark.parametrize("change", OPEN.values(), ids=OPEN)
def test_what_cannot_be_told_is_undecided(change: tuple[tuple[Any, ...], tuple[Any, ...]]) -> None:
    assert _verdicts(*change) == [UNDECIDED]


def test_the_order_of_policies_makes_no_difference() -> None:
    texts, rng = [ANA, BUYERS, OWN, BLOCKED, ALL], random.Random(7)
    for _ in range(20):
        assert _verdicts(tuple(texts), tuple(rng.sample(texts, len(texts)))) == []


def test_a_store_that_goes_takes_its_policies_along() -> None:
    store = replace(resource(STORE, "shop"), id="s")
    assert gains((), (store, *_policies(ALL, BLOCKED))) == []
    assert [gain.answer.verdict for gain in gains((store,), (store, *_policies(BLOCKED)))] == [UNDECIDED]


def test_another_store_has_policies_of_its_own() -> None:
    (gain,) = gains(_policies(ALL, store="t"), _policies(ALL, store="s"))
    assert gain.answer.verdict is NEW


def _link(name: str, user: str, template: str = "t") -> Resource:
    entities = {
        "principal": {"entityType": "User", "entityId": user},
        "resource": {"entityType": "Doc", "entityId": "1"},
    }
    return resource(
        POLICY, name, policyStoreId="s", definition={"templateLinked": {"policyTemplateId": template, **entities}}
    )


def _template(effect: str) -> Resource:
    text = f"{effect} (principal == ?principal, action, resource == ?resource);"
    return replace(resource(TEMPLATE, "t", policyStoreId="s", statement=text), outputs={"policyTemplateId": "t"})


@pytest.mark.parametrize("shown", [(), (_template("permit"),)], ids=["elsewhere", "in the stack"])
def test_a_link_for_another_principal_is_new_access(shown: tuple[Resource, ...]) -> None:
    (gain,) = gains((*shown, _link("a", "ana"), _link("b", "ben")), (*shown, _link("a", "ana")))
    assert gain.answer.verdict is NEW
    assert gain.answer.witness is not None
    assert gain.answer.witness.outsider == 'User::"ben"'
    assert gains((*shown, _link("c", "ana")), (*shown, _link("a", "ana"), _link("b", "ben"))) == []


def test_a_template_that_forbids_permits_nobody() -> None:
    template = _template("forbid")
    assert gains((template, _link("a", "ana")), (template,)) == []
    (gain,) = gains((template, *_policies(ALL)), (template, *_policies(ALL), _link("a", "ana")))
    assert gain.answer.verdict is NEW


def test_the_text_of_a_template_counts_where_it_is_linked() -> None:
    wide = replace(
        _template("permit"), inputs={"policyStoreId": "s", "statement": "permit (principal, action, resource);"}
    )
    assert [gain.by.name for gain in gains((wide, _link("a", "ana")), (_template("permit"), _link("a", "ana")))] == [
        "a"
    ]
    assert gains((wide,), (_template("permit"),)) == []
