"""Credentials in the files of a package, or in an object of a bucket; a file's name and content in, the kind of credential out.

A file says less than a setting does: a name that ends in a word for a credential may be a label, a test's or a field's.
So a value counts only if it looks like one that somebody made up or had generated: mixed characters, and no words alone.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from policypack.resources.properties.credential_forms import credential_in
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
_DIGIT = re.compile(r"[0-9]")
_PGPASS = re.compile(rb"(?m)^[^#:\n]+:[^:\n]*:[^:\n]*:[^:\n]*:[^\s:]{4,}$")


def credential_in_file(name: str, content: bytes) -> str | None:
    """The kind of credential in a file, or None."""
    if kind := credential_in(content):
        return kind
    base = posixpath.basename(name).lower()
    if base in (".pgpass", "pgpass.conf", "pgpass") and _PGPASS.search(content):
        return "a password"
    plain = bool(_SETTINGS.fullmatch(base))
    searched = (plain or _CODE.fullmatch(base)) and not (_PUBLIC.search(name.lower()) or _UNSEARCHED.fullmatch(base))
    if not searched or len(content) > LARGEST:
        return None
    return next(_kinds(content.decode(errors="replace"), plain=plain), None)


def _kinds(text: str, *, plain: bool) -> Iterator[str]:
    """The kinds of credentials in the lines of a text; `plain` if its values need no quotes."""
    for line in text.splitlines():
        if len(line) > LONGEST_LINE or not _DIGIT.search(line):  # what is made up has a digit
            continue
        if HINT.search(line) and ("=" in line or ":" in line or "get" in line):
            for name, value in assigned(line, plain=plain):
                if not _NO_CREDENTIAL.search(name) and is_made_up(value) and (kind := credential_of(name, value)):
                    yield kind
        if ("://" in line or "AIza" in line) and (kind := credential_in_text(line, fits=is_made_up)):
            yield kind
