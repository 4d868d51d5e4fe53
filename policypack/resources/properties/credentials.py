"""Credentials in settings: a name and a value, or a script in, the kind of credential out, never the credential.

A setting's name says more than a file does: `DB_PASSWORD` has a password whatever that looks like. So a name that ends in
a word for a credential counts, unless the value only says where the credential is, or is a placeholder.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policypack.resources.properties.credential_forms import credential_in

LONGEST = 65_536
"""Characters of a value that are searched: user data has 16 KB, a task definition 64 KB."""
SHORTEST = 4
SHORTEST_TOKEN = 20
"""Characters of the shortest credential that has a form of its own, an access key's id."""
_CONNECTION = "a connection string with a password"
LENGTH_OF_ID, LENGTH_OF_KEY = 20, 40
"""Characters of an access key's id, and of its secret."""

HINT = re.compile(r"(?i)pass|pwd|secret|key|token|cred|pat|verify|authorization")
"""In each name of a credential."""
_PASSWORD = re.compile(r"(?:password|passwd|passphrase|passcode|(?:^|_)pass|_pwd)$")
_SECRET = re.compile(
    r"(?:(?:secret|api|access|private|encryption|signing|auth|account|master|license|hmac|jwt|shared|webhook|session|app)_?key"
    r"|secret_key_base|(?:^|_)(?:jwt|client|session|cookie|signing|webhook|hmac|shared|app|application|consumer|oauth|api"
    r"|auth|csrf|nextauth|django|flask)_?secret"
    r"|(?:api|auth|access|bearer|refresh|bot|admin|service|github|gitlab|slack|npm|pypi|deploy|personal|datadog|sentry"
    r"|vault|security|session|secret|jwt)_?token|(?:^|_)pat)$"
)
_LOOSE = re.compile(
    r"(?:^|_)(?:secret|token|credentials?|apikey)$|header_(?:proxy_)?authorization$|^(?:proxy_)?authorization$"
    r"|(?:^|_)(?:origin|cloudfront|cdn|edge)_verify$"
)
"""Among them headers by which an origin knows its distribution.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/restrict-access-to-load-balancer.html.
"""
_PUBLIC = re.compile(r"public|publishable")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")

_PLACEHOLDER = re.compile(
    r"(?i).*(?:change[-_ ]?(?:me|it)|replace[-_ ]?(?:me|with)|placeholder|example|redacted|dummy|sample|insert[-_ ]|your[-_ ]"
    r"|todo|fixme|not[-_ ]?set|overrid).*"
    r"|(?:my|the|some|a|db)?[-_ ]?(?:password|passwd|passw0rd|secret|token|api[-_]?key|key|value|string)"
    r"|pass|fake|mock|none|null|nil|undefined|empty|unset|tbd|true|false|yes|no|on|off|enabled|disabled|required|optional|auto"
    r"|default|prompt|managed|[x*.#_\[-]+|<.*>|\[.*\]|x{3,}[-\w]*"
)
_REFERENCE = re.compile(
    r"\$\{?\w+\}?|\$[.$@*].*|\$\w{1,2}\$.*|%\w+%?|.*(?:\$[{(]|\$[A-Z_]{3}|\{\{|\{%|<%|`).*"
    r"|(?:arn|file|vault|ssm|secretsmanager|env|op|kms|alias|s3):.*|(?:https?|s3)://[^@]*"
    r"|(?:method|integration)\.re(?:quest|sponse)\..*|(?:context|stageVariables)\.[\w.-]+|\$(?:request|response|context|stageVariables)\..*"
    r"|(?:alias|\.{0,2}|~)/[\w./@:+=-]*|[A-Za-z][\w.-]*(?:/[A-Za-z][\w.-]*)+(?::[\w-]*)*"
)
"""Values that only say where a credential is: variables, ARNs, paths, URLs, names with folders, API Gateway's mappings; and hashes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html.
"""
_NAME = re.compile(r"[a-z]+[0-9]{0,2}(?:[-_.](?:[a-z]+[0-9]{0,2}|[0-9]{1,4}))+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_IN_URL = re.compile(
    r"(?i)\b[a-z][a-z0-9+.-]{1,30}://[^/?#@\s:'\"]{0,100}:(?P<value>[^/?#\s'\"@]{1,200})@(?P<host>[\w.-]*)"
)
_VARIABLE = re.compile(r"\{\w+\}")
"""What a program or API Gateway fills in."""
_IN_PAIRS = re.compile(r"(?i)(?<![\w-])(?:password|pwd)\s*=\s*['\"]?(?P<value>[^;&\s'\"]{4,200})['\"]?\s*;")
_IN_QUERY = re.compile(
    r"(?i)(?P<web>\bhttps?)?://[^\s'\"]{1,400}?[?&;](?:password|passwd|pwd)=(?P<value>[^&;\s'\"]{4,200})"
)
"""Source of the forms of JDBC: https://jdbc.postgresql.org/documentation/use/#connecting-to-the-database."""
_ORACLE = re.compile(r"(?i)\bjdbc:oracle:\w{1,10}:[\w.-]{1,64}/(?P<value>[^\s'\"@]{4,200})@")
_KEYWORDS = {"host", "hostaddr", "dbname", "user", "port"}
"""Of libpq's strings. Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE."""
_NAMED = r"(?<![A-Za-z0-9_])(?P<name>[A-Za-z_][\w.-]{2,80})['\"]?[ \t]{0,4}(?::=|=>|=|:)[ \t]{0,4}"
_QUOTED = r"'(?P<single>[^'\n]{4,200})'|\"(?P<double>[^\"\n]{4,200})\""
_ASSIGNED = re.compile(rf"{_NAMED}(?:{_QUOTED}|(?P<plain>(?![{{\[])[^\s'\"`,;&|)}}\]]{{4,200}}))")
_IN_CODE = re.compile(rf"{_NAMED}(?:[\w.\[\]| ]{{2,40}}=[ \t]{{0,4}})?(?:{_QUOTED})")
"""The same in code, where a value has quotes and a name may have a type."""
_DEFAULT = re.compile(
    r"(?:\bgetenv|\bget)\(\s*['\"](?P<name>[A-Za-z_][\w.-]{2,80})['\"]\s*,\s*(?:default\s*=\s*)?['\"](?P<value>[^'\"\n]{4,200})['\"]"
)
"""The value of a variable of the environment that is not set."""
_OPTION = re.compile(r"(?<!\S)--(?P<name>[a-z-]{0,40}(?:password|token|secret))[= ]['\"]?(?P<plain>[^\s'\"]{4,200})")
_LOGIN = re.compile(
    r"(?:\bcurl\b[^\n|;]{0,200}?\s(?:-u|--user)[ =]?['\"]?[\w.@-]{1,64}:|\bmysql\w*\b[^\n|;]{0,200}?\s-p"
    r"|\b(?:docker login|sshpass)\b[^\n|;]{0,200}?\s-p\s?)"
    r"['\"]?(?P<before>[^\s'\"]{4,200})|(?<![\w.-])[\w.-]{1,64}:(?P<after>[^\s'\"|]{4,200})['\"]?\s*\|\s*(?:sudo\s+)?chpasswd"
)
_STORED = re.compile(r"(?m)^([ \t]*)(?:secrets-manager|parameter-store):[ \t]*\n(?:\1[ \t]+.*\n?)*")
"""Sections of a build's specification, whose values are the names of secrets."""
_LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1)?")
_EXAMPLE = re.compile(r".*\bexample\.(?:com|org|net)")


_BASIC = re.compile(r"(?i)\bBasic\s+(?P<pair>[A-Za-z0-9+/]{8,200}={0,2})(?![A-Za-z0-9+/=])")
_BEARER = re.compile(
    r"(?i)(?:^|\bauthorization['\"]?\s{0,4}[:=]\s{0,4})['\"]?Bearer\s+(?P<token>(?!(?-i:eyJ))[\w.~+/-]{16,400}={0,2})['\"]?(?:$|(?=[\s'\",;]))"
)
"""A header's value with a token; one that is a JSON Web Token is judged by its signature."""
_JWT = re.compile(
    r"(?<![\w.-])(?P<header>eyJ[\w-]{10,500})\.(?P<payload>eyJ[\w-]{4,4000})\.(?P<signature>[\w-]{22,1000})(?![\w-])"
)
_GOOGLE = re.compile(r"(?<![\w-])AIza[\w-]{35}(?![\w-])")
_KEYS = (("a Google API key", "AIza", _GOOGLE), ("a signed token", "eyJ", _JWT))
"""Kinds of keys that some sites publish, what is in each, and their forms."""
BEFORE = 60
"""Characters before such a key in which a script names it."""
_FOR_BROWSERS = re.compile(r"(?i)firebase|public|publishable|browser|(?:^|_)(?:vite|react_app|expo|gatsby|nuxt)_|anon")
"""In names of keys and tokens that every visitor of a site may read."""


def sensitive(name: str) -> bool:
    """Whether a setting of this name is a password, a key or a token, and nothing about one."""
    words = _normalized(name)
    return bool((_PASSWORD.search(words) or _SECRET.search(words)) and not _PUBLIC.search(words))


def credential_of(name: str, value: str) -> str | None:
    """The kind of credential in a setting, or None: `a password`."""
    words = _normalized(name) if HINT.search(name) else ""
    if words and (kind := credential_in(f"{name}={value[:LONGEST]}".encode(errors="replace"))):
        return kind
    if kind := credential_in_text(value, name):
        return kind
    password, secret, loose = (form.search(words) for form in (_PASSWORD, _SECRET, _LOOSE))
    if not (password or secret or loose) or _PUBLIC.search(words) or not _is_literal(value):
        return None
    if password:
        return "a password"
    if _UUID.fullmatch(value) or " " in value:
        return None
    if secret and len(value) >= 8 and not _names_one(value):
        return "a secret key or token"
    if loose and len(value) >= 12 and not _NAME.fullmatch(value) and _is_mixed(value):
        return "a secret key or token"
    return None


def credential_in_text(text: str, name: str = "", fits: Callable[[str], bool] | None = None) -> str | None:
    """The kind of credential in a script, a URL or another text, by its form.

    Args:
        text: the text.
        name: that of its setting.
        fits: whether a password in it counts; else each does that is no placeholder.
    """
    fits = fits or _is_literal
    text = text[:LONGEST]
    if len(text) >= SHORTEST_TOKEN and (kind := credential_in(text.encode(errors="replace"))):
        return kind
    if any(_is_pair(match["pair"]) for match in _BASIC.finditer(text)):
        return "a user's password in base64"
    if any(is_made_up(match["token"]) and fits(match["token"]) for match in _BEARER.finditer(text)):
        return "a bearer token"
    for kind, mark, form in _KEYS:
        for match in form.finditer(text) if mark in text and not _FOR_BROWSERS.search(name) else ():
            named = text[max(match.start() - BEFORE, 0) : match.start()].rpartition("\n")[2]
            if not _FOR_BROWSERS.search(named) and (mark != "eyJ" or _is_signed(match)):
                return kind
    return _connection_in(text, fits)


def _connection_in(text: str, fits: Callable[[str], bool]) -> str | None:
    """The kind of connection's text that contains a password which fits."""
    for match in _IN_URL.finditer(text) if "://" in text and "@" in text else ():
        value, host = match["value"], match["host"]
        if (
            fits(value)
            and not _VARIABLE.fullmatch(value)
            and not (_LOCAL.fullmatch(host) or (_EXAMPLE.fullmatch(host) and not is_made_up(value)))
        ):
            return "a URL with a password"
    queries = (*_IN_QUERY.finditer(text), *_ORACLE.finditer(text)) if "://" in text or "jdbc:" in text else ()
    for match in queries:
        value = match["value"]
        if fits(value) and value[0] != "{" and (_is_mixed(value) or not match.groupdict().get("web")):
            return "a URL with a password"
    if "password=" in text and any(fits(value) for value in _of_keywords(text)):
        return _CONNECTION
    pairs = _IN_PAIRS.finditer(text) if "=" in text and ";" in text else ()
    if any(fits(match["value"]) for match in pairs):
        return _CONNECTION
    return None


def _of_keywords(text: str) -> Iterator[str]:
    """The passwords in strings of keywords and values: `host=db user=app password=...`."""
    for line in text.splitlines():
        words = [word.strip("'\"").partition("=") for word in line.split()] if "password=" in line else []
        settings = {name: value.strip("'\"") for name, equals, value in words if equals}
        password = settings.get("password", "")
        if not _KEYWORDS.isdisjoint(settings) and password[:1] not in {"", "{"}:
            yield password


def secret_keys(values: Iterable[Any]) -> set[str]:
    """The secret access keys among values, by the id of one beside them, whatever their names are."""
    texts = [value for value in values if isinstance(value, str)]
    ids = [text for text in texts if len(text) == LENGTH_OF_ID]
    return {
        text
        for text in texts
        if len(text) == LENGTH_OF_KEY and any(credential_in(f"{key} {text}".encode(errors="replace")) for key in ids)
    }


def credentials_in_script(text: str) -> Iterator[tuple[str, str]]:
    """The credentials in a script: the name of the setting, empty for none, and the kind; each as often as it is there."""
    text = _STORED.sub("", text[:LONGEST])
    assigned_here = list(_assigned_in(text))
    yield from assigned_here
    if kind := credential_in_text(text):
        yield from (("", kind) for kind in _unnamed(text, kind, {of for _, of in assigned_here}))
    for match in _LOGIN.finditer(text):
        if _is_literal(match["before"] or match["after"]):
            yield "", "a password"


def _assigned_in(text: str) -> Iterator[tuple[str, str]]:
    """The credentials that are the value of a name: the name and the kind."""
    for match in (*_ASSIGNED.finditer(text), *_OPTION.finditer(text)):
        name, *values = match.groups()
        value = next(value for value in values if value is not None)
        if (sensitive(name) or _LOOSE.search(_normalized(name))) and (kind := credential_of(name, value)):
            yield name, kind


def _unnamed(text: str, first: str, named: set[str]) -> Iterator[str]:
    """The kinds of credentials that no name is given, by line; `first` is that of the text, which may go over lines."""
    by_line = [(kind, line) for line in text.splitlines() if (kind := credential_in_text(line))]
    others = [kind for kind, line in by_line if not _covered(kind, {of for _, of in _assigned_in(line)})]
    if first not in {kind for kind, _ in by_line} and not _covered(first, named):
        others.append(first)
    yield from others


def _covered(kind: str, named: set[str]) -> bool:
    """Whether a credential is one that has a name."""
    return kind in named or (kind == _CONNECTION and "a password" in named)


def _normalized(name: str) -> str:
    return _WORDS.sub("_", name).strip("_").lower().rstrip("0123456789").rstrip("_")


def _is_literal(value: str) -> bool:
    """Whether a value is a credential itself, and neither a placeholder nor a place where one is."""
    text = value.strip()
    return len(text) >= SHORTEST and not _PLACEHOLDER.fullmatch(text) and not _REFERENCE.fullmatch(text)


def _is_pair(encoded: str) -> bool:
    """Whether a text is a user's name and password in base64, as HTTP's basic authentication has it."""
    user, colon, password = _base64(encoded).partition(":")
    return bool(user and colon) and (user + password).isprintable() and _is_literal(password)


def _is_signed(match: re.Match[str]) -> bool:
    """Whether a JSON Web Token is signed, and not for anonymous callers as Supabase's public key is."""
    header, payload = (_base64(match[name].translate({45: "+", 95: "/"})) for name in ("header", "payload"))
    return '"alg"' in header and '"none"' not in header and payload.startswith("{") and '"anon"' not in payload


def _base64(encoded: str) -> str:
    """The decoded text; empty for anything else."""
    try:
        return base64.b64decode(f"{encoded.rstrip('=')}{'=' * (-len(encoded.rstrip('=')) % 4)}", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _names_one(value: str) -> bool:
    """Whether a value is the name of a stored secret: `shop-prod-api-key`."""
    return bool(_NAME.fullmatch(value)) and bool(re.search(r"(?:secret|token|key|credentials?)s?$", value))


def assigned(line: str, *, plain: bool) -> Iterator[tuple[str, str]]:
    """The names and values in a line of code or of settings; `plain` if values need no quotes."""
    for match in (*(_ASSIGNED if plain else _IN_CODE).finditer(line), *_DEFAULT.finditer(line)):
        name, *values = match.groups()
        yield name, next(value for value in values if value is not None)


def is_reference(value: str) -> bool:
    """Whether a value only says where a credential is, or is empty."""
    return not value.strip() or bool(_REFERENCE.fullmatch(value.strip()))


def is_made_up(value: str) -> bool:
    """Whether a value looks like a password or a key: mixed characters without spaces, and neither words nor a template."""
    return (
        _is_literal(value)
        and not re.search(r"[\s<>{}()\[\]]", value)
        and not _NAME.fullmatch(value)
        and _is_mixed(value)
    )


def _is_mixed(value: str) -> bool:
    return len(set(value)) >= 8 and bool(re.search(r"[0-9]", value)) and bool(re.search(r"[A-Za-z]", value))
