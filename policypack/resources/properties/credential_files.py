"""Credentials in the files of a package, or in an object of a bucket; a file's name and content in, the kinds of credentials out.

A file says less than a setting does: a name that ends in a word for a credential may be a label, a test's or a field's.
So a value counts only if it looks like one that somebody made up or had generated: mixed characters, and no words alone.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from policypack.resources.properties.credential_forms import credentials_in
from policypack.resources.properties.credentials import HINT, assigned, credential_in_text, credential_of, is_made_up

LARGEST = 262_144
"""Bytes of a file whose names and values are read; what is larger is data, or code that a tool wrote."""
LONGEST_LINE = 1_000
_CODE = re.compile(r".+\.(?:py|[cm]?js|tsx?|rb|go|java|kt|cs|php)")
_SETTINGS = re.compile(r".+\.(?:ya?ml|json|toml|ini|cfg|conf|cnf|properties|sh)|config|\.my\.cnf")
_PUBLIC = re.compile(r"(?:^|/)(?:tests?|testdata|fixtures|examples?|samples?|docs?|locales?|i18n|__tests__)/")
_UNSEARCHED = re.compile(
    r"(?:^|.*[._-])(?:test|spec|tests|conftest|example|sample|template|tmpl|dist|schema|min|lock)(?:[._-].*|$)|google-services\.json"
)
_NO_CREDENTIAL = re.compile(
    r"(?i)(?:next|page|continuation|pagination|starting|sync|client|request|idempotency|csrf|xsrf)[_-]?token$"
)
"""Names of tokens that mark a place or a request."""
_KEY_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
"""The id of an access key, which is no secret beside one."""
_DIGIT = re.compile(r"[0-9]")
_PGPASS = re.compile(rb"(?m)^[^#:\n]+:[^:\n]*:[^:\n]*:[^:\n]*:[^\s:]{4,}$")


def credential_in_file(name: str, content: bytes) -> str | None:
    """The kind of credential in a file, or None."""
    return next((kind for kind, _ in credentials_in_file(name, content)), None)


def credentials_in_file(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The credentials in a file: the kind of each, and a text that tells it from another of its kind."""
    known: dict[str, str] = {}
    for kind, token in credentials_in(content):
        text = token.decode(errors="replace")
        known[text] = kind
        yield kind, text
    base = posixpath.basename(name).lower()
    if base in (".pgpass", "pgpass.conf", "pgpass"):
        yield from (("a password", match[0].decode(errors="replace")) for match in _PGPASS.finditer(content))
    plain = bool(_SETTINGS.fullmatch(base))
    searched = (plain or _CODE.fullmatch(base)) and not (_PUBLIC.search(name.lower()) or _UNSEARCHED.fullmatch(base))
    if not searched or len(content) > LARGEST:
        return
    kinds = {*known.values()}
    decoded = content.decode(errors="replace")
    known |= {key_id: "" for key_id in _KEY_ID.findall(decoded) if known}
    for kind, text in _named(decoded, plain=plain):
        if kind not in kinds and not any(token in text or text in token for token in known):
            yield kind, text


def _named(text: str, *, plain: bool) -> Iterator[tuple[str, str]]:
    """The credentials in the lines of a text, by name or in a URL; `plain` if its values need no quotes."""
    for line in text.splitlines():
        if len(line) > LONGEST_LINE or not _DIGIT.search(line):  # what is made up has a digit
            continue
        kinds = set()
        if HINT.search(line) and ("=" in line or ":" in line or "get" in line):
            for name, value in assigned(line, plain=plain):
                if not _NO_CREDENTIAL.search(name) and is_made_up(value) and (kind := credential_of(name, value)):
                    kinds.add(kind)
                    yield kind, value
        whole = credential_in_text(line, fits=is_made_up) if "://" in line or "AIza" in line else None
        if whole and whole not in kinds:
            yield whole, line
