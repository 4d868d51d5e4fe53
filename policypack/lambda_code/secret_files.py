"""Secrets in an archive: files of a kind that contains them, and credentials of a known form in any file.

What a package's own list of files names (`RECORD`), and what is in `node_modules`, was published before it got here,
and contains no secret of the function's owner, though it may contain test keys. So neither is searched.
Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
"""

from __future__ import annotations

import posixpath
import re

import msgspec

from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.installed_files import published
from policypack.python.files import UnreadableError
from policypack.resources.properties.credential_files import credential_in_file

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

_SETTING = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=[ \t]*(?:[^\s#'\"]|(['\"])(?!\1))", re.MULTILINE
)


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
        if kind is None and member.size and not _BINARY.search(name.lower()):
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
    if b"PRIVATE KEY" in content and _SSH_KEY.fullmatch(base):
        return "a private key"
    if kind := credential_in_file(name, content):
        return kind
    if _ENVIRONMENT.fullmatch(base) and not _SAMPLE.search(base.removeprefix(".")) and _SETTING.search(content):
        return "an environment file"
    if base in _LOGINS and _LOGIN.search(content):
        return "a password"
    return None
