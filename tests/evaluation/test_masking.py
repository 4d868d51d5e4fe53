"""The mask over secrets."""

from __future__ import annotations

import base64
import json
import os
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.core.policy import Asset
from policypack.evaluation.redaction import REDACTED, Mask, Secrets, hidden, texts_in
from policypack.evaluation.spellings import IN_TOKEN, PIECE, TOKEN, Index, spellings


def mask(*values: object) -> Mask:
    masked = Mask(frozenset({"prod"}))
    masked.add(values)
    return masked


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("hunter22", "a hunter22 b", "a … b"),
        ('a"b\\c', json.dumps({"k": 'a"b\\c'}), '{"k": "…"}'),
        ('a"b\\c', json.dumps(json.dumps(['a"b\\c'])), '"[\\"…\\"]"'),
        ("it's so", repr(["it's so", 'and "']), '["…", \'and "\']'),
        ("pass wörd", repr("pass wörd".encode()), "b'…'"),
        ("pass wörd", quote_plus("pass wörd"), "…"),
        ("pass wörd", ascii("pass wörd"), "'…'"),
        ("one\n  two-lines\n", "> one\n>   two-lines", "> one\n>   …"),
        ("hunter22", b"hunter22".hex(), "…"),
        ({"a": ["deep-down"], "n": 31337, "yes": True}, "deep-down 31337 True", "… … True"),
        ('{"a": {"b": "in-json"}}', "in-json", "…"),
        ("postgres://app:p%40ssw0rd@db/x", "login with p@ssw0rd", "login with …"),
        ("Server=db;Password=s3sam3;Port=1", "s3sam3", "…"),
        (base64.b64encode(b"under base64").decode(), "under base64", "…"),
        (b"in bytes", "in bytes", "…"),
        (Asset(text="in an asset"), "in an asset", "…"),
        (1234.0, "1234", "…"),
        ("abc", "abc", "abc"),
        ("True", "True", "True"),
        ("eu-west-1", "eu-west-1", "eu-west-1"),
        ("prod", "prod", "prod"),
        ("Statement", "Statement", "Statement"),
        ("production", "prod production", "prod …"),
    ],
)
def test_a_secret_is_masked_in_each_spelling(secret: object, text: str, masked: str) -> None:
    assert mask(secret).hide(text) == masked


def test_overlapping_secrets_are_masked_completely() -> None:
    assert mask("abcdXY", "XYefgh").hide("<abcdXYefgh>") == "<…>"
    assert mask("abab").hide("<ababab>") == "<…>"
    assert mask("password", "password-1").hide("password-1 password") == "… …"


@pytest.mark.parametrize("before", [b"", b"u", b"u:", b"user"])
def test_base64_around_a_secret_reveals_nothing_of_it(before: bytes) -> None:
    text = base64.b64encode(before + b"hunter2-hunter2" + b"!!").decode()
    masked = mask("hunter2-hunter2").hide(text)
    assert REDACTED in masked
    assert len(masked) < len(text) - 4 * len("hunter2-hunter2") // 3 + 4


def test_a_token_that_was_shortened_for_a_message_is_masked() -> None:
    token = "ghp_0123456789abcdefghijKLMNOPQRSTUVWXYZ"
    masked = mask(token).hide(f"input_value='{token[:20]}...{token[-15:]}' {token[:14]} {token}")
    assert masked == "input_value='…...…' … …"
    assert mask("a sentence with spaces in it, long").hide("a sentence with wings") == "a sentence with wings"


def test_a_secret_that_a_cut_goes_through_is_masked() -> None:
    assert mask("hunter2-hunter2").hide_head("ter2-hunter2 rest") == "… rest"
    assert mask("hunter2-hunter2").hide_head("whole hunter2-hunter2") == "whole …"


@given(
    st.text(min_size=4, max_size=40).filter(lambda text: REDACTED not in text),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_no_text_that_is_masked_stays(secret: str, before: str, after: str) -> None:
    for text in texts_in(secret):
        assert text not in hidden(before + text + after, [text])


def spans_one_by_one(secret: str, text: str) -> set[tuple[int, int]]:
    """The parts of a text that reveal a secret, by a search for each spelling."""
    spans = {
        (start, start + len(form))
        for form in spellings(secret)
        for start in range(len(text))
        if text.startswith(form, start)
    }
    if TOKEN.fullmatch(secret):
        for token, inner, turned in ((secret, text, False), (secret[::-1], text[::-1], True)):
            for start in (at for at in range(len(inner)) if inner.startswith(token[:PIECE], at)):
                common = os.path.commonprefix([token, inner[start:]])  # noqa: RUF071 (of texts)
                end = start + len(common)
                if (
                    common == token
                    or inner.startswith("...", end)
                    or not IN_TOKEN.fullmatch(inner[end] if end < len(inner) else " ")
                ):
                    spans.add((len(text) - end, len(text) - start) if turned else (start, end))
    return spans


ALPHABETS = ("ab{\"'/+=", "ab.", "ab%\\&<é\n\t ", "0123abcd")


@given(st.sampled_from(ALPHABETS), st.data())
@settings(deadline=None)
def test_many_secrets_are_hidden_at_once_as_one_by_one(alphabet: str, data: st.DataObject) -> None:
    secrets = data.draw(st.lists(st.text(alphabet, min_size=4, max_size=40), min_size=1, max_size=20))
    secrets += [secrets[0] * 8 + end for end in data.draw(st.lists(st.text(alphabet, max_size=9), max_size=4))]
    text = ""
    for chosen in data.draw(st.lists(st.sampled_from(secrets), min_size=1, max_size=4)):
        form = data.draw(st.sampled_from(sorted(spellings(chosen)) or [chosen]))
        first, last = (data.draw(st.integers(0, len(form))) for _ in range(2))
        text += data.draw(st.text(alphabet + "x", max_size=5)) + data.draw(
            st.sampled_from((form, f"{form[:first]}...", f"...{form[last:]}", form[first:]))
        )
    expected = [0] * len(text)
    for start, end in (span for secret in secrets for span in spans_one_by_one(secret, text)):
        expected[start:end] = [1] * (end - start)
    actual = [0] * len(text)
    for start, end in Index(secrets).spans(text):
        actual[start:end] = [1] * (end - start)
    assert actual == expected


def test_hundreds_of_keys_are_found_in_long_output() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(["{0:04d}MIIEvQIBADANBg+/kqhkiG9w0BAQEF" + "A" * 29] * 20)
    keys = [key.format(index) for index in range(100)]
    text = mask(*keys).hide(
        "\n".join(("a line of output " * 20, keys[7], json.dumps(keys[80]), keys[3].splitlines()[4]))
    )
    assert "MIIEvQ" not in text
    assert text.count("a line of output") == 20


def test_a_cut_token_is_found_among_many_secrets() -> None:
    token = "q8Zr2LwXy7Kq2mZp9RtB4nVc"
    many = Secrets([*(f"secret-{index:04d}" for index in range(50)), token])
    for cut in (f"invalid {token[:14]}... at 3", f"invalid ...{token[-14:]}"):
        assert hidden(cut, many) == hidden(cut, [token]) != cut
