"""Settings in layers: later ones win, each stack has its own, and nothing loosens what a layer locks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN_VALUE, EnforcementLevel, Policy, Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.evaluate import undecided_level
from policypack.evaluation.settings.model import UNSEEN, Settings, SettingsError
from policypack.evaluation.settings.parsing import Layer, layer, option, with_beside
from policypack.evaluation.settings.resolving import Effective, require_known, resolve
from policypack.evaluation.settings.selectors import STRICTNESS, enforcement, runs, unknown_value_level
from policypack.evaluation.waivers import rules_of
from policypack.iam.addresses import Ranges
from policypack.policies import POLICIES

PROD, DEV = StackName("acme", "shop", "prod-eu"), StackName("acme", "shop", "dev")
BY_ID = {policy.id: policy for policy in POLICIES}
ACL = BY_ID["s3-public-acl"]
MANDATORY, ADVISORY, DISABLED = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY, EnforcementLevel.DISABLED


def read(raw: Any, name: str = "stackguard.yaml", *, central: bool = False) -> Layer:
    return layer(raw, lambda keys: f"{name}:{'.'.join(map(str, keys))}", folder=Path("/repo"), central=central)


def central(raw: Any) -> Layer:
    return read(raw, "central.yaml", central=True)


def of(*raw: Any, stack: StackName = PROD) -> Effective:
    return resolve([read(layer_) for layer_ in raw], stack)


OVERRIDES = {
    "failOn": "medium",
    "enforcement": {"s3-public-acl": "advisory", "tag:iam": "advisory"},
    "overrides": [
        {"stacks": ["dev*"], "failOn": "critical", "enforcement": {"tag:s3": "disabled"}},
        {"stacks": ["shop/prod*"], "failOn": "low", "enforcement": {"s3-public-acl": "mandatory"}},
        {"stacks": ["prod*"], "projects": ["other"], "failOn": "high"},
    ],
}


def test_each_stack_has_its_own_settings() -> None:
    prod, dev, other = (of(OVERRIDES, stack=stack) for stack in (PROD, DEV, StackName("acme", "other", "prod")))
    assert [item.settings.fail_on for item in (prod, dev, other)] == ["low", "critical", "high"]
    assert [enforcement(ACL, item.settings) for item in (prod, dev, other)] == [MANDATORY, ADVISORY, ADVISORY]
    assert (prod.origin("failOn"), dev.origin("failOn")) == (
        "stackguard.yaml:overrides.1.failOn",
        "stackguard.yaml:overrides.0.failOn",
    )
    assert prod.origin("enforcement.tag:iam") == "stackguard.yaml:enforcement.tag:iam"
    assert prod.origin("unknown") == "default"


def test_later_overrides_win_and_options_win_over_files() -> None:
    both = {"overrides": [{"stacks": ["*"], "failOn": "high"}, {"stacks": ["prod*"], "failOn": "critical"}]}
    file = read(both)
    assert resolve([file], PROD).settings.fail_on == "critical"
    assert resolve([file, option({"failOn": "low"}, "--fail-on")], PROD).settings.fail_on == "low"


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("infra/legacy", "/repo/infra/legacy", True),
        ("infra/legacy", "/repo/infra/legacy/app/export.json", True),
        ("./infra/*/", "/repo/infra/shop", True),
        ("infra/*.json", "/repo/infra/prod.json", True),
        ("legacy", "/repo/infra/legacy", False),
        ("*", "/elsewhere", False),
        ("infra/legacy", "/repo/infra/legacy-2", False),
    ],
)
def test_paths_are_relative_to_the_file_and_a_folder_stands_for_all_in_it(
    pattern: str, path: str, *, fits: bool
) -> None:
    file = read({"overrides": [{"paths": [pattern], "failOn": "high"}]})
    assert (resolve([file], PROD, Path(path)).settings.fail_on == "high") is fits


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ({"severity:critical": "advisory"}, ADVISORY),
        ({"severity:critical": "disabled", "tag:s3": "advisory"}, ADVISORY),
        ({"tag:s3": "disabled", "tag:public-access": "advisory"}, ADVISORY),
        ({"tag:s3": "disabled", "tag:public-access": "mandatory", "s3-public-acl": "advisory"}, ADVISORY),
        ({"severity:low": "disabled", "tag:iam": "disabled"}, MANDATORY),
    ],
)
def test_the_most_specific_selector_decides_and_of_tags_the_strictest(
    levels: dict[str, str], level: EnforcementLevel
) -> None:
    assert ACL.severity is Severity.CRITICAL
    assert enforcement(ACL, of({"enforcement": levels}).settings) is level


def test_unknown_values_have_no_tag() -> None:
    levels = {"tag:pulumi": "disabled", "tag:visibility": "disabled", "severity:high": "disabled"}
    settings = of({"enforcement": levels}).settings
    assert enforcement(BY_ID[UNKNOWN_VALUE], settings) is MANDATORY
    assert unknown_value_level(settings) is MANDATORY


def test_a_lock_wins_over_a_looser_value_and_says_so() -> None:
    locks = {
        "failOn": "high",
        "unknown": "mandatory",
        "allowedRegions": ["eu-west-1", "eu-central-1"],
        "trustedCidrs": ["203.0.113.0/24"],
        "enforcement": {"severity:critical": "mandatory"},
    }
    looser = {
        "failOn": "critical",
        "unknown": "advisory",
        "allowedRegions": ["us-east-1"],
        "trustedCidrs": ["203.0.113.128/25", "198.51.100.0/24"],
        "trustedAccounts": ["111122223333"],
        "enforcement": {"tag:s3": "disabled"},
    }
    effective = resolve([central({"locked": locks}), read(looser)], PROD)
    settings = effective.settings
    assert (settings.fail_on, settings.unknown) == ("high", "mandatory")
    assert settings.regions == ("eu-west-1", "eu-central-1")
    assert settings.trusted_cidrs == ("203.0.113.128/25",)
    assert settings.trusted_accounts == ("111122223333",)
    assert enforcement(ACL, settings) is MANDATORY
    assert effective.origin("failOn") == "stackguard.yaml:failOn, within central.yaml:locked.failOn"
    assert effective.notes == tuple(
        f"stackguard.yaml:{name}: `{name}` counts only within what central.yaml:locked.{name} locks"
        for name in ("failOn", "unknown", "allowedRegions", "trustedCidrs")
    )
    (note,) = effective.lock_notes([ACL])
    assert note == (
        "stackguard.yaml:enforcement.tag:s3: `tag:s3: disabled` does not count for `s3-public-acl`; "
        "central.yaml:locked.enforcement.severity:critical keeps a stricter level"
    )


@pytest.mark.parametrize(
    ("region", "regions"),
    [("eu-west-1", ("eu-west-1",)), ("us-east-1", ("eu-west-1", "eu-north-1")), (None, ("eu-west-1", "eu-north-1"))],
)
def test_the_stacks_own_region_must_be_within_locked_ones(region: str | None, regions: tuple[str, ...]) -> None:
    locked = central({"locked": {"allowedRegions": ["eu-west-1", "eu-north-1"]}})
    assert resolve([locked], PROD, region=region).settings.regions == regions


def test_locks_of_overrides_hold_for_their_stacks() -> None:
    locks = central({"overrides": [{"stacks": ["prod*"], "locked": {"neverWaive": ["severity:critical"]}}]})
    rules = [rules_of(resolve([locks], stack).settings) for stack in (PROD, DEV)]
    assert [item.refuse(ACL) for item in rules] == [True, False]


def test_limits_of_several_files_all_count() -> None:
    first = {"locked": {"longestWaiver": {"critical": 30, "high": 90}, "failOn": "medium", "neverWaive": ["a"]}}
    second = {"locked": {"longestWaiver": {"critical": 90, "high": 10}, "failOn": "high", "neverWaive": ["b"]}}
    limits = of(first, second).settings.limits
    assert (limits.longest_waiver, limits.fail_on, limits.never_waive) == (
        {Severity.CRITICAL: 30, Severity.HIGH: 10},
        Severity.MEDIUM,
        ("a", "b"),
    )


def test_a_lock_by_severity_runs_a_disabled_policy_for_its_more_severe_violations() -> None:
    locks = central({"locked": {"enforcement": {"severity:critical": "mandatory"}}})
    settings = resolve([locks, read({"enforcement": {"ec2-open-ingress": "disabled"}})], PROD).settings
    assert runs(BY_ID["ec2-open-ingress"], settings)
    assert not runs(BY_ID["ec2-open-ingress"], of({"enforcement": {"ec2-open-ingress": "disabled"}}).settings)


BESIDE = {
    "allowedRegions": ["us-east-1"],
    "trustedCidrs": ["203.0.113.128/25", "198.51.100.0/24"],
    "unknown": "advisory",
    "failOn": "high",
    "accountId": "111122223333",
    "mockFiles": ["mock.yaml"],
    "enforcement": {"s3-public-acl": "advisory", "logs-missing-retention": "mandatory"},
}


def beside(raw: Any) -> Layer:
    return with_beside(read(raw))


def test_a_file_beside_a_program_only_tightens_where_programs_says_nothing_else() -> None:
    effective = resolve([central({"programs": {}, "trustedCidrs": ["203.0.113.0/24"]}), beside(BESIDE)], PROD)
    settings = effective.settings
    assert (settings.unknown, settings.fail_on, settings.account_id) == ("mandatory", "low", None)
    assert (settings.allowed_regions, settings.mock_files) == ((), ())
    assert settings.trusted_cidrs == ("203.0.113.128/25",)
    assert enforcement(ACL, settings) is MANDATORY
    assert enforcement(BY_ID["logs-missing-retention"], settings) is MANDATORY
    assert rules_of(settings).refuse(ACL)
    assert len(effective.notes) == 6
    assert next(iter(effective.lock_notes([ACL]))).endswith("central.yaml:programs.maySet keeps a stricter level")


def test_programs_allow_what_they_name() -> None:
    allowed = ["allowedRegions", "unknown", "failOn", "accountId", "mockFiles", "enforcement", "trustedCidrs"]
    programs = {"programs": {"mayWaive": True, "maySet": allowed}}
    effective = resolve([central(programs), beside(BESIDE)], PROD)
    assert effective.notes == ()
    assert effective.settings.unknown == "advisory"
    assert enforcement(ACL, effective.settings) is ADVISORY
    assert not rules_of(effective.settings).refuse(ACL)


def test_an_option_lowers_what_is_not_locked_above_a_file_beside_a_program() -> None:
    layers = [central({"programs": {}}), beside({"failOn": "low"})]
    configured = option({"enforcement": {"s3-public-acl": "advisory"}}, "CrossGuard")
    assert enforcement(ACL, resolve([*layers, configured], PROD).settings) is ADVISORY


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"allowedRegion": []}, "f:allowedRegion: there is no setting `allowedRegion`; did you mean `allowedRegions`?"),
        (
            {"locked": {"neverwaive": []}},
            "f:locked.neverwaive: `locked` has no limit `neverwaive`; did you mean `neverW",
        ),
        ({"locked": {"unknown": "advisory"}}, "f:locked.unknown: `locked.unknown` can only be `mandatory`"),
        (
            {"locked": {"longestWaiver": {"critical": "x"}}},
            "`locked.longestWaiver` must map severities to numbers of d",
        ),
        (
            {"locked": {"longestWaiver": {"critical": 3, "hihg": 3}}},
            "f:locked.longestWaiver.hihg: there is no severity `hihg`; it is `low`",
        ),
        (
            {"locked": {"allowedRegions": []}},
            "f:locked.allowedRegions: `locked.allowedRegions` must be a list of region",
        ),
        ({"locked": []}, "f:locked: `locked` must be a mapping from limit to value"),
        ({"overrides": {}}, "f:overrides: `overrides` must be a list, such as `- stacks: [prod*]`"),
        ({"overrides": [3]}, "f:overrides.0: `overrides[0]` must be a mapping"),
        ({"overrides": [{"failOn": "low"}]}, "f:overrides.0: `overrides[0]` needs `projects`, `stacks` or `paths`, or"),
        ({"overrides": [{"stacks": "prod"}]}, "f:overrides.0.stacks: `overrides[0].stacks` must be a list of patterns"),
        (
            {"overrides": [{"stacks": ["p"], "failon": "low"}]},
            "`overrides[0]` has no setting `failon`; did you mean `f",
        ),
        (
            {"overrides": [{"stacks": ["p"], "failOn": "x"}]},
            "f:overrides.0.failOn: `overrides[0].failOn` must be `low`",
        ),
        (
            {"enforcement": {"severity:hi": "advisory"}},
            "f:enforcement.severity:hi: there is no severity `hi`; it is `l",
        ),
        ({"enforcement": {"tag:s3": "off"}}, "f:enforcement.tag:s3: `enforcement` must map policy ids, `tag:TAG` or"),
        ({"programs": {}}, "f:programs: `programs` counts in a central file only"),
        (
            {"overrides": [{"stacks": ["p"], "trustedCidrs": ["0.0.0.0/0"]}]},
            "`overrides[0].trustedCidrs[0]` is broader",
        ),
    ],
)
def test_an_error_names_the_place_and_how_to_fix_it(raw: Any, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(raw, "f")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            {"enforcement": {"s3-public-acls": "advisory"}},
            "f:enforcement.s3-public-acls: `enforcement` has no policy `s3-public-acls` to set; did you mean `s3-public-",
        ),
        (
            {"overrides": [{"stacks": ["x"], "enforcement": {"tag:s4": "advisory"}}]},
            "has no tag `tag:s4` to set; did you",
        ),
        (
            {"locked": {"neverWaive": ["nothing-like-it-at-all"]}},
            "f:locked.neverWaive.0: `neverWaive` has no policy `noth",
        ),
    ],
)
def test_a_selector_that_fits_no_policy_is_an_error_in_any_stack(raw: Any, message: str) -> None:
    with pytest.raises(SettingsError) as error:
        require_known([read(raw, "f")], POLICIES)
    assert message in str(error.value)


SELECTORS = st.sampled_from(
    ["s3-public-acl", "iam-wildcard-action", UNKNOWN_VALUE, *sorted(UNSEEN), "tag:s3", "tag:iam", "tag:visibility"]
    + [f"severity:{severity}" for severity in Severity]
)
CIDRS = st.lists(st.sampled_from(["10.0.0.0/16", "10.0.1.0/24", "10.1.0.0/16", "203.0.113.0/24"]), max_size=3)
REGION = st.sampled_from(["eu-west-1", "us-east-1", "eu-north-1"])
REGIONS = st.lists(REGION, max_size=2)
ACCOUNTS = st.lists(st.sampled_from(["111122223333", "444455556666"]), max_size=2)
SEVERITY = st.sampled_from([*Severity]).map(str)


def values(levels: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "failOn": SEVERITY,
        "allowedRegions": REGIONS,
        "trustedCidrs": CIDRS,
        "trustedAccounts": ACCOUNTS,
        "enforcement": st.dictionaries(SELECTORS, levels, max_size=4),
    }


LIMITS = st.fixed_dictionaries(
    {},
    optional={
        **values(st.sampled_from(["mandatory", "advisory"])),
        "allowedRegions": st.lists(REGION, min_size=1, max_size=2),
        "unknown": st.just("mandatory"),
        "waiverProblems": st.just("mandatory"),
        "neverWaive": st.lists(SELECTORS, max_size=2),
        "longestWaiver": st.dictionaries(SEVERITY, st.integers(0, 99), max_size=3),
    },
)
SETTINGS = {
    **values(st.sampled_from(["mandatory", "advisory", "disabled"])),
    "unknown": st.sampled_from(["mandatory", "advisory"]),
    "waiverProblems": st.sampled_from(["mandatory", "advisory"]),
    "locked": LIMITS,
}
OVERRIDE = st.fixed_dictionaries(
    {"stacks": st.sampled_from([["prod*"], ["dev*"], ["*"]])},
    optional=SETTINGS,  # type: ignore[arg-type]
)
FILE = st.fixed_dictionaries({}, optional={**SETTINGS, "overrides": st.lists(OVERRIDE, max_size=3)}).filter(
    lambda raw: all(
        part.get("enforcement", {}).get(UNKNOWN_VALUE) != "disabled" for part in (raw, *raw.get("overrides", ()))
    )
)


def severities(policy: Policy[Any]) -> list[Policy[Any]]:
    """A card with each severity that a violation of it can have."""
    from dataclasses import replace

    return [replace(policy, severity=severity) for severity in Severity]


def assert_within(settings: Settings, locked: dict[str, Any]) -> None:
    """Assert that settings are no looser than locks."""
    rules = rules_of(settings)
    assert settings.fail_on.rank <= Severity(locked.get("failOn", "critical")).rank
    assert settings.waiver_problems == locked.get("waiverProblems", settings.waiver_problems)
    assert {*settings.trusted_accounts} <= {*locked.get("trustedAccounts", settings.trusted_accounts)}
    cidrs = Ranges.union(map(Ranges.parse, settings.trusted_cidrs))
    assert not cidrs - Ranges.union(map(Ranges.parse, locked.get("trustedCidrs", settings.trusted_cidrs)))
    assert {*settings.regions} <= {*locked.get("allowedRegions", settings.regions)}
    assert settings.regions or "allowedRegions" not in locked
    assert {*locked.get("neverWaive", ())} <= rules.never
    assert all(rules.longest[Severity(name)] <= days for name, days in locked.get("longestWaiver", {}).items())
    if "unknown" in locked:
        assert undecided_level(ACL.id, MANDATORY, settings) is MANDATORY
        assert all(enforcement(BY_ID[policy], settings) is MANDATORY for policy in UNSEEN)
    for selector, level in locked.get("enforcement", {}).items():
        for policy in (violation for card in POLICIES for violation in severities(card)):
            if selects(selector, policy):
                assert STRICTNESS[enforcement(policy, settings)] >= STRICTNESS[EnforcementLevel(level)]
                assert runs(BY_ID[policy.id], settings)


def selects(selector: str, policy: Policy[Any]) -> bool:
    """Whether a selector fits a policy, as README says it."""
    fits = {f"tag:{tag}" for tag in policy.tags} | {f"severity:{policy.severity}"}
    return selector == policy.id or (selector in fits and policy.id != UNKNOWN_VALUE)


@given(
    first=FILE, second=FILE, third=FILE, restricted=st.booleans(), region=st.sampled_from(["eu-west-1", "us-west-2"])
)
def test_no_combination_of_layers_is_looser_than_what_the_central_file_locks(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any], *, restricted: bool, region: str
) -> None:
    programs = {"programs": {}} if restricted else {}
    options = {name: value for name, value in third.items() if name not in {"locked", "overrides"}}
    layers = [central({**first, **programs}), beside(second), option(options, "--option")]
    settings = resolve(layers, PROD, region=region).settings
    parts = [first, *(part for part in first.get("overrides", ()) if part["stacks"] != ["dev*"])]
    regions: set[str] = set()
    for part in parts:
        locked = dict(part.get("locked", {}))
        if regions and regions.isdisjoint(locked.get("allowedRegions", regions)):
            del locked["allowedRegions"]  # contradicts a lock before it, and does not count
        regions = {*locked.get("allowedRegions", regions)} & (regions or {*locked.get("allowedRegions", ())})
        assert_within(settings, locked)


@example(
    {"allowedRegions": ["eu-west-1", "us-east-1"], "locked": {"allowedRegions": ["us-east-1", "eu-north-1"]}},
    {"allowedRegions": ["eu-west-1"]},
)
@given(FILE, FILE)
def test_a_file_beside_a_program_is_never_looser_than_the_packs_own(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    file, region = central({**first, "programs": {}}), "eu-north-1"
    alone = resolve([file], PROD, region=region).settings
    both = resolve([file, beside(second)], PROD, region=region).settings
    locked = {
        "failOn": alone.fail_on,
        "trustedAccounts": alone.trusted_accounts,
        "trustedCidrs": alone.trusted_cidrs,
        "neverWaive": alone.limits.never_waive,
    }
    assert_within(both, locked)
    assert both.unknown == "mandatory" or alone.unknown == "advisory"
    assert {*both.regions} <= {*alone.regions}
    assert STRICTNESS[unknown_value_level(both)] >= STRICTNESS[unknown_value_level(alone)]
    for policy in (violation for card in POLICIES for violation in severities(card)):
        assert STRICTNESS[enforcement(policy, both)] >= STRICTNESS[enforcement(policy, alone)]
