"""IAM's wildcards against a model that tries everything."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.iam import globs
from policypack.iam.globs import any_matches, covers, everything, matches, overlaps

PATTERNS = st.text("ab*?", max_size=7)
TEXTS = st.text("abc", max_size=7)
WORDS = ["".join(word) for length in range(8) for word in itertools.product("abc", repeat=length)]


def model(pattern: str, text: str) -> bool:
    """The definition, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return model(pattern[1:], text) or (bool(text) and model(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and model(pattern[1:], text[1:])


@given(PATTERNS, TEXTS)
def test_matches_is_the_definition(pattern: str, text: str) -> None:
    assert matches(pattern, text) == model(pattern, text)


@given(st.lists(PATTERNS, max_size=3), TEXTS)
def test_any_of_several_matches(patterns: list[str], text: str) -> None:
    assert any_matches(tuple(patterns), text) == any(model(pattern, text) for pattern in patterns)


@given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=4))
def test_overlaps_when_some_text_matches_both(first: str, second: str) -> None:
    shared = any(model(first, word) and model(second, word) for word in WORDS if len(word) <= len(first) + len(second))
    assert overlaps(first, second) == overlaps(second, first) == shared


@given(st.text("ab*?", max_size=5), st.text("ab*?", max_size=3))
def test_covers_when_no_text_is_left_over(wide: str, narrow: str) -> None:
    assert covers(wide, narrow) == all(model(wide, word) for word in WORDS if model(narrow, word))


@given(PATTERNS, PATTERNS, TEXTS)
def test_a_covered_pattern_never_matches_more(wide: str, narrow: str, text: str) -> None:
    if covers(wide, narrow) and matches(narrow, text):
        assert matches(wide, text)


@given(PATTERNS)
def test_everything_is_covering_every_text(pattern: str) -> None:
    assert everything(pattern) == covers(pattern, "?*")


def test_brackets_dots_and_newlines_are_plain() -> None:
    assert matches("a[b].*", "a[b].c\nd")
    assert not matches("a[b].*", "ab.c")
    assert not overlaps("a.c*", "abc*")


def test_case_counts_unless_it_is_ignored() -> None:
    assert not matches("s3:get*", "s3:GetObject")
    assert matches("s3:get*", "s3:GetObject", ignore_case=True)
    assert overlaps("S3:Get*", "s3:*object", ignore_case=True)
    assert covers("S3:*", "s3:get*", ignore_case=True)


@pytest.mark.parametrize("run", [matches, overlaps, covers])
def test_many_wildcards_take_no_longer(run: object) -> None:
    started = time.process_time()
    assert not run("*a" * 400 + "b", "*a" * 400 + "c")  # type: ignore[operator]
    assert time.process_time() - started < 1


def test_of_two_patterns_the_longer_one_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = []
    monkeypatch.setattr(globs, "places", lambda pattern, text: walked.append((len(pattern), len(text))) or 0)
    long, short = f"{'*a' * 2000}b", "arn:*:s3:::*/*"
    overlaps(long, short)
    overlaps(short, long)
    assert set(walked) == {(len(short), len(long))}


def test_places_are_kept_for_the_characters_of_the_text_only() -> None:
    pattern = "".join(map(chr, range(0x4E00, 0x9E00))) + "?"
    assert matches(pattern, f"{pattern[:-1]}x")
    assert not matches(f"?{pattern}", "x\u4e00y")
    assert set(globs._masks(f"?{pattern}")[2]) == {"?", "x", "\u4e00", "y"}
