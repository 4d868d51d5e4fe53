"""Secrets in an archive: files of a kind that contains them, and credentials of a known form in any file.

What a package's own list of files names (`RECORD`), and what is in `node_modules`, was published before it got here,
and contains no secret of the function's owner, though it may contain test keys. So neither is searched.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (access keys),
https://www.rfc-editor.org/rfc/rfc7468 (private keys), https://packaging.python.org/en/latest/specifications/recording-installed-packages/,
https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns (tokens).
"""

from __future__ import annotations

import posixpath
import re
from functools import cache

import msgspec

from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.installed_files import published
from policypack.python.files import UnreadableError

MOST_OF_ONE = 1_000_000
"""Bytes of a file that are searched."""
MOST_OF_ALL = 100_000_000
"""Bytes of an archive that are searched."""

_BINARY = re.compile(
    r"\.(?:so[.0-9]*|pyc|pyd|dll|exe|node|wasm|class|jar|zip|whl|gz|tgz|bz2|xz|zst|png|jpe?g|gif|webp|ico|pdf|woff2?|ttf|otf"
    r"|eot|mp[34]|parquet|arrow|feather|npy|npz|onnx|pt|bin|h5|tflite|sqlite3?|db|mo)$"
)
_SAMPLE = re.compile(r"(?:^|[._-])(?:example|sample|template|tmpl|dist|defaults?|schema|vault|j2)(?:$|[._-])")
_ENVIRONMENT = re.compile(r"\.env(?:rc|\.[a-z0-9_.-]+)?|[a-z0-9_-]+\.env")
_KEYSTORE = re.compile(r".+\.(?:p12|pfx|jks|keystore|bks|ppk|kdbx)")
_PUBLIC_STORE = re.compile(r"trust|cacerts|ca-?bundle")
_SSH_KEY = re.compile(r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?")
_LOGINS = (".netrc", "_netrc", ".git-credentials", ".pypirc")
_LOGIN = re.compile(rb"password|https://[^/\s]{1,200}:")
_STATE = re.compile(r".+\.tfstate(?:\..*)?")

_VALUE = rb"""['"]?\s{0,8}[=:]\s{0,8}['"]?"""
_SETTING = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=[ \t]*(?:[^\s#'\"]|(['\"])(?!\1))", re.MULTILINE
)
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
_NEAR = 400
"""Characters between an access key's id and its secret."""


class SecretFile(msgspec.Struct, frozen=True):
    """A file that contains a secret, and its kind: `a private key`."""

    name: str
    kind: str


def secret_files(archive: Archive) -> list[SecretFile]:
    """The files of an archive that contain secrets, by name. The result does not contain the secrets themselves.

    Raises:
        UnreadableError: the archive cannot be read, or has more text than is searched.
    """
    theirs = published(archive)
    secrets: list[SecretFile] = []
    searched = 0
    for name, member in sorted(archive.members.items()):
        if name in theirs or "node_modules/" in name:
            continue
        kind = secret_name(name)
        if kind is None and not _BINARY.search(name.lower()):
            searched += min(member.size, MOST_OF_ONE)
            if searched > MOST_OF_ALL:
                raise UnreadableError("holds more text than is searched for secrets")
            kind = secret_text(name, archive.head(name, MOST_OF_ONE))
        if kind:
            secrets.append(SecretFile(printable(name), kind))
    return secrets


def secret_name(name: str) -> str | None:
    """The kind of secret that a file contains, by its name alone; None if its content decides."""
    base = posixpath.basename(name).lower()
    folders = name.split("/")[:-1]
    if ".git" in folders:
        return "the repository's history"
    if _STATE.fullmatch(base) or (".pulumi" in folders and base.endswith(".json")):
        return "the state of a stack"
    if _KEYSTORE.fullmatch(base) and not _PUBLIC_STORE.search(base):
        return "a keystore"
    return None


def secret_text(name: str, content: bytes) -> str | None:
    """The kind of secret in a file's content, or None."""
    if b"\0" in content[:1024]:
        return None
    base = posixpath.basename(name).lower()
    if b"PRIVATE KEY" in content and (_SSH_KEY.fullmatch(base) or _PRIVATE_KEY.search(content)):
        return "a private key"
    if _has_access_key(content):
        return "an AWS access key"
    for kind, marks, form in _forms():
        if any(mark in content for mark in marks) and any(_is_random(match[0]) for match in form.finditer(content)):
            return kind
    if _ENVIRONMENT.fullmatch(base) and not _SAMPLE.search(base.removeprefix(".")) and _SETTING.search(content):
        return "an environment file"
    if base in _LOGINS and _LOGIN.search(content):
        return "a password"
    return None


@cache
def _forms() -> tuple[tuple[str, tuple[bytes, ...], re.Pattern[bytes]], ...]:
    """The tokens' forms, compiled once a file is searched: a pack starts often."""
    return tuple((kind, marks, re.compile(rb"(?<![A-Za-z0-9_-])(?:%b)" % form)) for kind, marks, form in _TOKENS)


def _has_access_key(content: bytes) -> bool:
    named = _NAMED_SECRET_KEY.finditer(content) if b"ecret" in content or b"ECRET" in content else ()
    if any(_is_key(match["token"]) for match in named):
        return True
    if b"AKIA" not in content and b"ASIA" not in content:
        return False
    for match in _ACCESS_KEY.finditer(content):
        around = content[max(match.start() - _NEAR, 0) : match.end() + _NEAR]
        if not match[0].endswith(b"EXAMPLE") and any(_is_key(other[0]) for other in _SECRET_KEY.finditer(around)):
            return True
    return False


def _is_key(token: bytes) -> bool:
    """Whether forty characters are a secret access key, and not a hash, a path or the one of AWS's own examples."""
    kinds = (rb"[a-z]", rb"[A-Z]", rb"[0-9]")
    return b"EXAMPLE" not in token and all(re.search(kind, token) for kind in kinds) and _is_random(token)


def _is_random(token: bytes) -> bool:
    """Whether a token is no placeholder such as `ghp_xxxxxxxx`."""
    return len(set(token)) >= 12 and not re.search(rb"(?i:example|placeholder|your[_-]?token|1234567890[a-z])", token)
