"""Forms of credentials that nothing else has; a text in, the kinds of credentials in it out.

Archives and properties are searched for the same forms (decision 22). Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (access keys),
https://www.rfc-editor.org/rfc/rfc7468 (private keys),
https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns (tokens).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_VALUE = rb"""['"]?\s{0,8}[=:]\s{0,8}['"]?"""
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:[\s\\rn\"'+,]|(?:Proc-Type|DEK-Info|Version|Comment):[^\r\n\\]{0,200}){1,200}[A-Za-z0-9+/=]{40}"
)
_ACCESS_KEY = re.compile(rb"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_SECRET_KEY = re.compile(rb"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")
_NAMED_SECRET_KEY = re.compile(
    rb"(?i:aws_?secret_?(?:access_?)?key|secret_?access_?key)"
    + _VALUE
    + rb"(?P<token>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"
)
_TOKENS = (
    ("a GitHub token", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"), rb"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("a GitHub token", (b"github_pat_",), rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    ("a GitLab token", (b"glpat-",), rb"glpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", (b"xox",), rb"xox[abposr]-[0-9]{8,14}-[A-Za-z0-9-]{20,}"),
    ("a Slack token", (b"xapp-",), rb"xapp-[0-9]-[A-Z0-9]{9,}-[0-9]{8,}-[a-f0-9]{60,}"),
    (
        "a Slack webhook",
        (b"hooks.slack.com",),
        rb"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}",
    ),
    ("a PyPI token", (b"pypi-AgE",), rb"pypi-AgE[A-Za-z0-9_-]{60,}"),
    ("an npm token", (b"npm_",), rb"npm_[A-Za-z0-9]{36}"),
    ("an npm token", (b"_authToken=",), rb"_authToken=(?!\$)[A-Za-z0-9_/+=-]{16,}"),
    ("a Stripe key", (b"k_live_",), rb"[sr]k_live_[A-Za-z0-9]{20,}"),
    ("an Anthropic key", (b"sk-ant-",), rb"sk-ant-[a-z]+[0-9]{2}-[A-Za-z0-9_-]{80,}"),
    ("an OpenAI key", (b"T3BlbkFJ",), rb"sk-[A-Za-z0-9_-]{16,200}T3BlbkFJ[A-Za-z0-9_-]{16,}"),
    ("a SendGrid key", (b"SG.",), rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a Pulumi token", (b"pul-",), rb"pul-[a-f0-9]{40}"),
)
"""The kind of token, marks that are in each of its kind and fast to search for, and its form."""
_EXAMPLE_KEY = re.compile(rb"EXAMPLE(?:KEY)?$|^EXAMPLE|(?i:placeholder|your[_-]?|1234567890[a-z])")
"""The ends of the secrets in AWS's own examples; what merely contains the word is none of these."""
_NEAR = 400
"""Characters between an access key's id and its secret."""


def credential_in(content: bytes) -> str | None:
    """The kind of credential in a text, or None."""
    return next((kind for kind, _ in credentials_in(content)), None)


def credentials_in(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The credentials in a text, each with its kind; one that is there twice may be yielded twice."""
    for match in _PRIVATE_KEY.finditer(content) if b"PRIVATE KEY" in content else ():
        yield "a private key", match[0]
    for token in _access_keys(content):
        yield "an AWS access key", token
    for kind, marks, form in _forms():
        for match in form.finditer(content) if any(mark in content for mark in marks) else ():
            if _is_random(match[0]):
                yield kind, match[0]


@cache
def _forms() -> tuple[tuple[str, tuple[bytes, ...], re.Pattern[bytes]], ...]:
    """The tokens' forms, compiled once a file is searched: a pack starts often."""
    return tuple((kind, marks, re.compile(rb"(?<![A-Za-z0-9_-])(?:%b)" % form)) for kind, marks, form in _TOKENS)


def _access_keys(content: bytes) -> Iterator[bytes]:
    """The secrets of access keys, by their name or by the id near them."""
    for match in _NAMED_SECRET_KEY.finditer(content) if b"ecret" in content or b"ECRET" in content else ():
        if _is_key(match["token"]):
            yield match["token"]
    for match in _ACCESS_KEY.finditer(content) if b"AKIA" in content or b"ASIA" in content else ():
        around = content[max(match.start() - _NEAR, 0) : match.end() + _NEAR]
        if not match[0].endswith(b"EXAMPLE"):
            yield from (other[0] for other in _SECRET_KEY.finditer(around) if _is_key(other[0]))


def _is_key(token: bytes) -> bool:
    """Whether forty characters are a secret access key, and not a hash, a path or the one of AWS's own examples."""
    kinds = (rb"[a-z]", rb"[A-Z]", rb"[0-9]")
    return not _EXAMPLE_KEY.search(token) and all(re.search(kind, token) for kind in kinds) and len(set(token)) >= 12


def _is_random(token: bytes) -> bool:
    """Whether a token is no placeholder such as `ghp_xxxxxxxx`."""
    return len(set(token)) >= 12 and not re.search(rb"(?i:example|placeholder|your[_-]?token|1234567890[a-z])", token)
