"""Answers for small documents that each depend on one rule, found by mutation of the engine."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import NOTHING, access, diff, gains, newly, within
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.examples import allow, deny, document
from policypack.core.policy import UNKNOWN
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
NEW, OLD = Verdict.NEW_ACCESS, Verdict.NO_NEW_ACCESS


def own(new: list[Any], old: list[Any]) -> Answer:
    """Of the documents of a principal."""
    read = [parse(document(*each), DocumentKind.IDENTITY, "aws:iam/policy:Policy") for each in (new, old) if each]
    return diff(read[:1], read[1:])


def bucket(new: list[Any], old: list[Any]) -> Answer:
    """Of the documents of a bucket."""
    read = [
        parse(document(*each), DocumentKind.RESOURCE, "aws:s3/bucketPolicy:BucketPolicy") for each in (new, old) if each
    ]
    return diff(read[:1], read[1:])


def when(*conditions: tuple[str, str, Any]) -> dict[str, Any]:
    """An Allow statement of a principal under conditions."""
    condition: dict[str, dict[str, Any]] = {}
    for operator, key, values in conditions:
        condition.setdefault(operator, {})[key] = values
    return allow(Condition=condition)


def sent(answer: Answer, key: str) -> str:
    assert answer.witness is not None
    return dict(answer.witness.context)[key.lower()]


def anyone(*args: Any, **elements: Any) -> dict[str, Any]:
    return allow(*args, **{"Principal": "*", **elements})


@pytest.mark.parametrize("key", ["aws:TagKeys", "aws:PrincipalOrgPaths", "aws:CalledVia"])
def test_one_request_has_several_values_of_some_keys(key: str) -> None:
    both = when(("ForAnyValue:StringEquals", key, "one"), ("ForAnyValue:StringLike", key, "two"))
    assert own([both], []).verdict is NEW


def test_a_wildcard_in_an_exact_comparison_is_a_plain_character() -> None:
    answer = own([when(("StringEquals", "s3:prefix", ["ab", "a*"]))], [when(("StringEquals", "s3:prefix", "a*"))])
    assert (answer.verdict, sent(answer, "s3:prefix")) == (NEW, "ab")


@pytest.mark.parametrize("key", ["aws:PrincipalAccount", "kms:CallerAccount"])
def test_a_condition_on_the_account_allows_its_principals(key: str) -> None:
    answer = bucket([anyone(Condition={"StringEquals": {key: OTHER}})], [])
    assert answer.verdict is NEW
    assert answer.witness is not None
    assert OTHER in answer.witness.outsider


@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "aws:userid", "kms:CallerAccount"])
def test_only_a_signed_request_has_keys_of_its_sender(key: str) -> None:
    known = anyone(Condition={"Null": {key: "false"}})
    signed = anyone(Condition={"Null": {"aws:PrincipalArn": "false"}})
    assert bucket([known], [signed]).verdict is OLD
    assert bucket([signed], [known]).verdict is (OLD if key == "kms:CallerAccount" else NEW)


@pytest.mark.parametrize("key", ["aws:username", "aws:userid"])
def test_who_signs_in_with_a_provider_is_no_user(key: str) -> None:
    whom = {"Federated": "accounts.google.com"}
    assert bucket([allow(resource=f"arn:aws:s3:::b/${{{key}}}/*", Principal=whom)], []).verdict is OLD
    assert bucket([allow(Principal=whom, Condition={"Null": {key: "true"}})], []).verdict is NEW


def test_a_variable_has_the_value_that_the_caller_has() -> None:
    def on(resource: str) -> dict[str, Any]:
        return allow("s3:GetObject", f"arn:aws:s3:::b/{resource}/x", Principal={"AWS": ACCOUNT})

    variable = "${aws:PrincipalAccount}"
    assert bucket([on(variable)], [on(ACCOUNT)]).verdict is OLD
    answer = bucket([on(variable)], [on(OTHER)])
    assert answer.verdict is NEW
    assert answer.witness is not None
    assert answer.witness.resource == f"arn:aws:s3:::b/{ACCOUNT}/x"


@pytest.mark.parametrize(
    ("one", "other"),
    [("aws:username", "aws:userid"), ("aws:PrincipalTag/team", "aws:RequestTag/team")],
)
def test_two_variables_are_two_values(one: str, other: str) -> None:
    different, same = (allow("s3:GetObject", f"arn:aws:s3:::b/${{{one}}}/${{{second}}}/x") for second in (other, one))
    assert own([different], [same]).verdict is NEW
    assert own([different], [different]).verdict is OLD


HOME = "arn:aws:s3:::b/${aws:username}/x"


@pytest.mark.parametrize("pattern", ["a*", "*-*", "any-*", "????????????/x", "any-username/x", "bob/*"])
def test_a_variable_is_not_only_what_a_pattern_beside_it_matches(pattern: str) -> None:
    few = allow(resource=f"arn:aws:s3:::b/{pattern}")
    assert own([allow(resource=HOME)], [few]).verdict is NEW
    assert own([allow(resource=HOME)], [allow(resource=HOME), few]).verdict is OLD


@pytest.mark.parametrize("pattern", ["c*", "*-c*", "?/x", "bob/*"])
def test_a_variable_may_be_what_a_pattern_beside_it_matches(pattern: str) -> None:
    home, denied = allow(resource=HOME), deny("s3:*", f"arn:aws:s3:::b/{pattern}")
    assert own([home], [home, denied]).verdict is NEW
    assert own([home, denied], [home]).verdict is OLD


def test_a_variable_under_a_condition_is_any_value_that_meets_it() -> None:
    home = allow(resource=HOME, Condition={"StringLike": {"aws:username": "b*"}})
    assert own([home], [allow(resource="arn:aws:s3:::b/bx*")]).verdict is NEW
    assert own([home], [allow(resource="arn:aws:s3:::b/b*")]).verdict is OLD


def test_a_variable_in_a_condition_is_any_value_too() -> None:
    own_prefix, few = (when(("StringLike", "s3:prefix", each)) for each in ("${aws:username}/*", "a*"))
    assert own([own_prefix], [few]).verdict is NEW
    assert own([own_prefix], [few, own_prefix]).verdict is OLD


def test_in_an_arn_a_wildcard_stands_for_characters_of_one_part() -> None:
    wide = when(("ArnLike", "aws:SourceArn", f"arn:aws:sns:eu-west-?:{ACCOUNT}:t"))
    narrow = when(("ArnLike", "aws:SourceArn", f"arn:aws:sns:eu-west-1:{ACCOUNT}:t"))
    answer = own([wide], [narrow])
    assert answer.verdict is NEW
    assert sent(answer, "aws:SourceArn").count(":") == 5
    text = when(("StringLike", "aws:SourceArn", f"arn:aws:sns:eu-west-?:{ACCOUNT}:t"))
    assert own([text], [wide]).verdict is NEW
    assert own([wide], [text]).verdict is OLD


def test_a_stranger_has_an_account_of_its_own() -> None:
    signed = {"StringLike": {"aws:PrincipalArn": "*"}}
    answer = bucket([anyone(Condition=signed)], [])
    assert answer.witness is not None
    assert answer.witness.outsider == "`arn:aws:iam::999999999999:role/x`, of another account"


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::1234567890123456:root",
        "arn:aws:iam::ACCOUNT:root",
        "arn:aws:iam::ACCOUNT:user/ann",
        "arn:aws:iam::1234:role/reader",
    ],
)
def test_an_account_that_is_a_placeholder_is_a_caller(principal: str) -> None:
    narrow, wide = allow("s3:GetObject", Principal={"AWS": principal}), allow("s3:*", Principal={"AWS": principal})
    assert bucket([wide], [narrow]).verdict is NEW
    assert bucket([narrow], [wide]).verdict is OLD
    assert bucket([wide], [allow("s3:*", Principal={"AWS": ACCOUNT})]).verdict is NEW


def test_a_session_has_the_arn_of_its_role() -> None:
    def by(arn: str) -> Answer:
        return bucket([allow(Principal={"AWS": SESSION}, Condition={"ArnEquals": {"aws:PrincipalArn": arn}})], [])

    assert (by(ROLE).verdict, by(SESSION).verdict) == (NEW, OLD)


@pytest.mark.parametrize(
    ("new", "old", "value"),
    [
        (("NumericGreaterThan", "10"), ("NumericLessThan", "5"), "11"),
        (("NumericLessThan", "5"), ("NumericGreaterThan", "10"), "4"),
        (("NumericLessThanEquals", "5"), ("NumericLessThan", "5"), "5"),
        (("NumericGreaterThanEquals", "5"), ("NumericGreaterThan", "5"), "5"),
        (("NumericLessThan", "10"), ("NumericLessThanEquals", "5"), "6"),
    ],
)
def test_numbers_are_distinguished_by_those_in_conditions(
    new: tuple[str, str], old: tuple[str, str], value: str
) -> None:
    answer = own(*([when((operator, "s3:max-keys", limit))] for operator, limit in (new, old)))
    assert (answer.verdict, sent(answer, "s3:max-keys")) == (NEW, value)


def test_an_address_is_in_a_range_or_not() -> None:
    wide, narrow = (when(("IpAddress", "aws:SourceIp", each)) for each in ("203.0.113.0/24", "203.0.113.0/25"))
    assert own([wide], [narrow]).verdict is NEW
    assert own([narrow], [wide]).verdict is OLD
    outside = when(("NotIpAddress", "aws:SourceIp", "203.0.113.0/25"))
    assert own([outside], [narrow]).verdict is NEW


@pytest.mark.parametrize(
    ("operator", "key", "why"),
    [
        ("StringEquals", "aws:SourceIp", "write `IpAddress`"),
        ("StringNotEquals", "aws:SourceIp", "write `NotIpAddress`"),
        ("StringLikeIfExists", "aws:SourceIp", "write `IpAddressIfExists`"),
        ("IpAddress", "aws:username", "`IpAddress` compares addresses, and `aws:username` has none"),
    ],
)
def test_the_answer_on_what_aws_refuses_has_the_fix(operator: str, key: str, why: str) -> None:
    answer = own([when((operator, key, "203.0.113.7"))], [])
    assert answer.verdict is Verdict.INVALID
    assert answer.why.endswith(why)


@pytest.mark.parametrize(
    ("new", "old", "value"),
    [
        (("StringLike", "a**"), ("StringLike", "a?*"), "a"),
        (("StringLike", "a*"), ("StringEquals", "a*"), "a"),
        (("StringEquals", "a**"), ("StringEquals", "x"), "a**"),
        (("StringEqualsIgnoreCase", "AB"), ("StringEquals", "AB"), "Ab"),
        (("StringEqualsIgnoreCase", "AB"), ("StringLike", "A*"), "aB"),
    ],
)
def test_texts_are_distinguished_as_the_operators_compare_them(
    new: tuple[str, str], old: tuple[str, str], value: str
) -> None:
    answer = own(*([when((operator, "s3:prefix", pattern))] for operator, pattern in (new, old)))
    assert (answer.verdict, sent(answer, "s3:prefix")) == (NEW, value)


def test_no_role_is_a_service_of_aws() -> None:
    def by(value: str) -> Answer:
        return bucket([allow(Principal={"AWS": ROLE}, Condition={"Bool": {"aws:PrincipalIsAWSService": value}})], [])

    assert (by("true").verdict, by("false").verdict) == (OLD, NEW)


def test_a_denial_of_something_unknown_leaves_open_what_is_allowed() -> None:
    assert own([allow(), deny("s3:*", UNKNOWN)], []).verdict is Verdict.UNDECIDED
    assert own([allow()], [allow(), deny("s3:*", UNKNOWN)]).verdict is Verdict.UNDECIDED
    assert own([allow(), deny("s3:*", UNKNOWN)], [allow()]).verdict is OLD


def test_what_is_named_exactly_hides_nothing_else() -> None:
    answer = own([allow(resource="arn:aws:s3:::b/*")], [allow(resource=["arn:aws:s3:::b/", "arn:aws:s3:::b/*z"])])
    assert answer.verdict is NEW


def test_the_example_is_an_action_of_aws_where_a_denial_spares_some_resources() -> None:
    spared = deny("s3:*", None, NotResource="arn:aws:s3:::b/z*", Principal="*")
    answer = bucket([anyone("s3:Get*", "arn:aws:s3:::b/*"), spared], [deny("s3:PutObject", "*", Principal="*")])
    assert answer.witness is not None
    assert answer.witness.resource.startswith("arn:aws:s3:::b/z")
    assert answer.witness.action == "s3:GetObject"


def test_a_condition_that_only_services_meet_allows_services() -> None:
    answer = bucket([anyone(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})], [])
    assert answer.verdict is NEW
    assert answer.witness is not None
    assert answer.witness.outsider == "any-other.amazonaws.com"


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (allow(resource="arn:aws:s3:::b/*/x"), allow(resource="arn:aws:s3:::b/a*")),
        (allow(resource="arn:aws:s3:::b/*/x"), allow(resource=["arn:aws:s3:::b/a*", "arn:aws:s3:::b/?*/x"])),
        (allow(resource="arn:aws:s3:::b/*/x*z"), allow(resource=None, NotResource="arn:aws:s3:::b/a*/x?z")),
    ],
)
def test_what_a_pattern_names_behind_its_wildcard_counts(new: Any, old: Any) -> None:
    assert own([new], [old]).verdict is NEW
    assert own([new], [old, new]).verdict is OLD


def test_an_example_beside_a_variable_is_not_what_a_denial_matches() -> None:
    answer = own([allow("s3:?yzObject", "arn:aws:s3:::b/${aws:username}"), deny("s3:x*", "*")], [])
    assert answer.witness is not None
    assert not answer.witness.action.startswith("s3:x")
    within = own([allow("s3:?yzObject", "arn:aws:s3:::b/${aws:username}"), deny("s3:?yz*", "*")], [])
    assert within.verdict is OLD


@pytest.mark.parametrize(
    ("actions", "resource", "action"),
    [
        ("*", "arn:aws:sns:us-east-1:111122223333:t", "sns:"),
        (["iam:GetRole", "*"], "arn:aws:s3:::b", "s3:"),
    ],
)
def test_without_a_named_service_the_example_is_an_action_of_a_matching_one(
    actions: Any, resource: str, action: str
) -> None:
    witness = own([allow(actions, resource)], []).witness
    assert witness is not None
    assert witness.action.startswith(action)


def test_each_statement_is_reported_once_with_several_reasons() -> None:
    everything = [allow("s3:*", "*")]
    before = [allow("s3:Get*", "*"), deny("s3:*", "arn:aws:s3:::b/*"), deny("s3:*", "arn:aws:s3:::c/*")]
    new, old = (
        access([parse(document(*each), DocumentKind.IDENTITY, "aws:iam/policy:Policy")], Bound.LEAST)
        for each in (everything, before)
    )
    assert len(list(gains(new, old, attached=True))) == 1


def test_through_a_vpc_endpoint_a_request_has_no_public_address() -> None:
    assert bucket([anyone(Condition={"Null": {"aws:SourceIp": "true"}})], []).verdict is NEW


def test_a_key_is_true_or_false() -> None:
    yes, no = (when(("Bool", "aws:MultiFactorAuthPresent", each)) for each in ("true", "false"))
    assert own([yes], [no]).verdict is NEW
    assert own([yes, no], [yes, no]).verdict is OLD


def test_a_request_without_a_variable_matches_nothing() -> None:
    two = allow(resource="arn:aws:s3:::b/${aws:username}/${aws:userid}")
    assert own([two], [allow(resource="arn:aws:s3:::b/?*/*")]).verdict is OLD


@pytest.mark.parametrize("account", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"])
@pytest.mark.parametrize("identity", [ROLE, USER, SESSION])
def test_an_account_beside_its_identity_is_only_its_root_user(account: str, identity: str) -> None:
    """AWS's guide lists both, and denies all others of the account."""
    spared = deny("s3:GetObject", "arn:aws:s3:::*", Principal=None, NotPrincipal={"AWS": [identity, account, OTHER]})
    answer = bucket([allow(Principal={"AWS": ACCOUNT})], [allow(Principal={"AWS": ACCOUNT}), spared])
    assert answer.verdict is NEW
    assert str(answer.witness).split()[0] not in (identity, f"arn:aws:iam::{ACCOUNT}:root")
    for principal in (identity, OTHER):
        assert bucket([allow(Principal={"AWS": principal})], [allow(Principal="*"), spared]).verdict is OLD


def test_an_account_alone_is_all_of_it() -> None:
    spared = deny(
        "s3:GetObject",
        "arn:aws:s3:::*",
        Principal=None,
        NotPrincipal={"AWS": [ACCOUNT, f"arn:aws:iam::{OTHER}:role/reader"]},
    )
    assert bucket([allow(Principal={"AWS": ROLE})], [allow(Principal="*"), spared]).verdict is OLD


def test_an_account_is_its_number_or_its_root() -> None:
    number, root = (allow(Principal={"AWS": each}) for each in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"))
    assert bucket([number], [root]).verdict is OLD
    assert bucket([root], [number]).verdict is OLD


def test_the_last_part_of_an_arn_may_have_colons() -> None:
    function = ("ArnLike", "aws:SourceArn", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:*")
    assert own([when(function, ("StringLike", "aws:SourceArn", "*:function:*z"))], []).verdict is NEW


def test_a_key_that_is_only_asked_for_may_be_there() -> None:
    assert own([when(("Null", "s3:prefix", "false"))], []).verdict is NEW
    assert own([when(("Null", "s3:prefix", "true"))], [when(("Null", "s3:prefix", "false"))]).verdict is NEW
    assert own([when(("Null", "s3:prefix", ["true", "false"]))], []).verdict is NEW


def test_a_variable_is_also_each_value_that_conditions_on_its_key_tell_apart() -> None:
    home = allow(resource="arn:aws:s3:::b/${aws:username}/*")
    some = allow(Condition={"StringNotEquals": {"aws:username": ["bob", "eve"]}})
    fewer = allow(Condition={"StringNotLike": {"aws:username": "b*"}})
    answer = own([some], [home, fewer])
    assert answer.verdict is NEW
    assert sent(answer, "aws:username").startswith("b")


USER, ID = "${aws:username}", "${aws:userid}"


@pytest.mark.parametrize(
    ("home", "denied", "request_has"),
    [
        (f"{USER}/*", f"{ID}/*", {"aws:username": "any-username", "aws:userid": "any-username"}),
        (f"{USER}/*", f"x-{ID}/*", {"aws:username": "x-x", "aws:userid": "x"}),
        (f"x-{USER}/*", f"{ID}/*", {"aws:username": "any-username", "aws:userid": "x-any-username"}),
        (f"{USER}/{ID}/*", f"{ID}/{USER}/*", {"aws:username": "any-username", "aws:userid": "any-username"}),
        (f"{USER}/{USER}", "*x*/*y*", {"aws:username": "x/y"}),
    ],
)
def test_a_variable_may_have_the_value_of_another(home: str, denied: str, request_has: dict[str, str]) -> None:
    mine, theirs = (f"arn:aws:s3:::b/{each}" for each in (home, denied))
    answer = own([allow(resource=mine)], [allow(resource=mine), deny("s3:*", theirs)])
    assert answer.verdict is NEW
    assert {key: sent(answer, key) for key in request_has} == request_has
    assert own([allow(resource=mine), deny("s3:*", theirs)], [allow(resource=mine)]).verdict is OLD


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike"])
@pytest.mark.parametrize(("key", "variable"), [("aws:username", ID), ("aws:userid", USER)])
def test_a_variable_may_be_what_a_condition_compares_its_key_with(operator: str, key: str, variable: str) -> None:
    both = allow(resource=f"arn:aws:s3:::b/{USER}/{ID}/*")
    same = deny("s3:*", "arn:aws:s3:::b/*", Condition={operator: {key: variable}})
    answer = own([both], [both, same])
    assert answer.verdict is NEW
    assert sent(answer, "aws:username") == sent(answer, "aws:userid")


def test_a_variable_follows_another_that_conditions_limit() -> None:
    home = allow(resource=f"arn:aws:s3:::b/{USER}/*")
    bob = deny("s3:*", f"arn:aws:s3:::b/x-{ID}/*", Condition={"StringEquals": {"aws:userid": "bob"}})
    assert sent(own([home], [home, bob]), "aws:username") == "x-bob"


def test_a_variable_may_be_the_default_of_another() -> None:
    home = allow(resource=f"arn:aws:s3:::b/{ID}/*")
    bob = deny("s3:*", "arn:aws:s3:::b/${aws:username, 'bob'}/*", Condition={"Null": {"aws:username": "true"}})
    assert sent(own([home], [home, bob]), "aws:userid") == "bob"


def test_a_variable_in_two_texts_meets_what_both_are_compared_with() -> None:
    home = allow(resource=HOME, Condition={"StringEquals": {"s3:prefix": USER}})
    denied = deny("s3:*", "arn:aws:s3:::b/a*", Condition={"StringLike": {"s3:prefix": "*z"}})
    assert sent(own([home], [home, denied]), "aws:username") == "az"


def test_many_patterns_with_a_variable_are_answered() -> None:
    several = [
        allow(resource=f"arn:aws:s3:::*{ID}*b*${{aws:PrincipalTag/team}}*{USER}*d{index}*") for index in range(100)
    ]
    asked = allow(resource=f"arn:aws:s3:::b/*{USER}*{ID}*${{aws:PrincipalTag/team}}")
    assert own([asked], several).verdict is NEW
    assert own([asked], [*several, asked]).verdict is OLD


def test_a_value_with_a_star_equals_itself() -> None:
    starred = allow(Condition={"StringEquals": {"aws:userid": "b*"}})
    itself = deny("s3:*", "*", Condition={"StringEquals": {"aws:userid": ID}})
    assert own([starred, itself], [itself]).verdict is OLD
    assert own([starred], [itself]).verdict is NEW
    like = deny("s3:*", "*", Condition={"StringLike": {"aws:userid": ID}})
    assert own([starred, like], [itself]).verdict is OLD


def bounded(*conditions: tuple[str, str, Any], home: str = "*") -> bool:
    """Whether a permissions boundary with conditions leaves something of what is allowed on some resources."""
    inner, outer = (
        access([parse(document(each), DocumentKind.IDENTITY, "aws:iam/policy:Policy")], Bound.LEAST)
        for each in (allow("*", home), when(*conditions) | {"Action": "*", "Resource": "*"})
    )
    return newly(within(inner, outer), NOTHING, attached=True) is not None


def test_an_alternative_beside_a_variable_counts_where_the_other_key_refers_back() -> None:
    other = ("StringNotLike", "aws:username", [ID])
    assert bounded(other, ("StringLike", "aws:userid", ["x*", USER]))
    assert not bounded(other, ("StringLike", "aws:userid", [USER]))


def test_an_alternative_beside_a_variable_of_its_own_key_counts() -> None:
    assert bounded(("StringLike", "aws:username", ["xx*", f"?{USER}"]))
    assert not bounded(("StringEquals", "aws:username", f"y{USER}"))


def test_a_value_passed_on_over_several_keys_meets_what_the_last_is_compared_with() -> None:
    team = "aws:PrincipalTag/team"
    chain = [("StringEquals", "aws:username", ID), ("StringEquals", "aws:userid", f"${{{team}}}")]
    last = ("StringLike", team, "x*")
    assert bounded(*chain, last, home=HOME)
    assert not bounded(*chain, last, ("StringNotLike", "aws:username", "x*"), home=HOME)


def test_values_are_passed_on_over_other_keys_too() -> None:
    team = "${aws:PrincipalTag/team}"
    one, other = [("StringEquals", "s3:prefix", each) for each in (USER, ID)]
    more, last = [("StringEquals", "s3:delimiter", each) for each in (ID, team)]
    conditions = [one, more, ("StringLike", "aws:PrincipalTag/team", "*b"), ("StringLike", "aws:username", "?*")]
    denied = [deny("*", "*", Condition={"StringNotEquals": {key: value}}) for _, key, value in (other, last)]
    assert own([when(*conditions), *denied], []).verdict is NEW
    ends = deny("*", "*", Condition={"StringLike": {"aws:username": "*b"}})
    assert own([when(*conditions), *denied, ends], []).verdict is OLD


def test_a_value_does_not_contain_what_another_key_may_not_be() -> None:
    contains = ("StringLike", "aws:username", f"x{ID}")
    assert bounded(contains, ("StringLike", "aws:userid", "b*"), ("StringNotEquals", "aws:userid", "b"), home=HOME)


@pytest.mark.parametrize("operator", ["StringEqualsIgnoreCase", "StringLike", "StringEquals"])
def test_references_that_cells_do_not_distinguish_are_undecided(operator: str) -> None:
    refers, other = {
        "StringEqualsIgnoreCase": (ID, "x*"),
        "StringLike": (f"{ID}x*", f"{USER}y"),
        "StringEquals": (f"x{ID}", f"{USER}y"),
    }[operator]
    never = allow(resource=HOME, Condition={operator: {"aws:username": refers}, "ArnLike": {"aws:userid": other}})
    denied = deny("s3:*", "arn:aws:s3:::b/*", Condition={operator: {"aws:username": ["q", refers]}})
    assert own([never, denied], []).verdict is Verdict.UNDECIDED


def test_references_are_decided_where_no_values_of_variables_would_do() -> None:
    never = {"StringLike": {"aws:username": f"{ID}*", "aws:userid": "x"}, "StringNotLike": {"aws:userid": "x*"}}
    assert own([allow(resource=HOME, Condition=never)], []).verdict is OLD
