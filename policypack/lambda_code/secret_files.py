"""Secrets in an archive: files of a kind that contains them, and credentials of a known form in any file.

What a package's own list of files names (`RECORD`), and what is in `node_modules`, was published before it got here,
and contains no secret of the function's owner, though it may contain test keys. So neither is searched.
Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter

import msgspec

from policypack.lambda_code.archive import Archive, printable
from policypack.lambda_code.installed_files import published
from policypack.python.files import UnreadableError
from policypack.resources.properties.credential_files import credentials_in_file

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
    """A file that contains secrets."""

    name: str
    kinds: dict[str, int]
    """How many secrets it contains, by kind: `a private key`."""
    beside: dict[str, int] = {}
    """What it would contain without those, such as `an environment file`."""


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
        if kind:
            secrets.append(SecretFile(printable(name), {kind: 1}))
        elif member.size and not _BINARY.search(name.lower()):
            searched += min(member.size, MOST_OF_ONE)
            if searched > MOST_OF_ALL:
                raise UnreadableError("holds more text than is searched for secrets")
            content = archive.head(name, MOST_OF_ONE)
            if kinds := _forms(name, content):
                secrets.append(SecretFile(printable(name), kinds, _contents(name, content)))
            elif kinds := _contents(name, content):
                secrets.append(SecretFile(printable(name), kinds))
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
    return next(iter(_forms(name, content) or _contents(name, content)), None)


def _forms(name: str, content: bytes) -> dict[str, int]:
    """How many different secrets of a known form are in a file's content, by kind."""
    if b"\0" in content[:1024]:
        return {}
    ssh = b"PRIVATE KEY" in content and _SSH_KEY.fullmatch(posixpath.basename(name).lower())
    return ({"a private key": 1} if ssh else {}) | Counter(
        kind for kind, _ in dict.fromkeys(credentials_in_file(name, content))
    )


def _contents(name: str, content: bytes) -> dict[str, int]:
    """The secrets that a file of its name contains, whatever their form."""
    base = posixpath.basename(name).lower()
    if b"\0" in content[:1024]:
        return {}
    if _ENVIRONMENT.fullmatch(base) and not _SAMPLE.search(base.removeprefix(".")) and _SETTING.search(content):
        return {"an environment file": 1}
    logins = len(_LOGIN.findall(content)) if base in _LOGINS else 0
    return {"a password": logins} if logins else {}
