"""The names that a file of JavaScript exports, as far as its text shows them.

Comments and texts are left out, the usual forms of an export are read, and a
file with any other use of `exports`, `module` or `export` is unclear. Sources:
https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html, https://nodejs.org/api/modules.html,
https://developer.mozilla.org/docs/Web/JavaScript/Reference/Statements/export.
"""

from __future__ import annotations

import re

LONGEST = 1 << 20
"""Characters of the longest file that is read; those that people write are shorter."""
LONGEST_LINE = 2_000
"""The same of a line."""
_QUOTE = re.compile(r"[=(,:]\s*/[^/*\n]*['\"`]")
"""A regular expression with a quote, which looks like the start of a text."""
_IGNORED = re.compile(
    r"//[^\n]*|/\*.*?\*/|(?P<text>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")|`(?:\\.|[^`\\])*`", re.DOTALL
)
_NAME = r"[A-Za-z_$][\w$]*"
_ALL = r"(?:module\s*\.\s*)?exports"
_KEY = re.compile(
    rf"\s*(?:(?:async\s*|get\s+)?\*?\s*(?P<name>{_NAME})|(?P<text>['\"][\w$]+['\"]))\s*(?P<after>[:(,}}])", re.DOTALL
)
_ESM_MARK = re.compile(rf"Object\s*\.\s*defineProperty\s*\(\s*{_ALL}\s*,\s*['\"]__esModule['\"]")
_DEFINED = re.compile(rf"Object\s*\.\s*defineProperty\s*\(\s*{_ALL}\s*,\s*['\"](?P<name>[\w$]+)['\"]")
_MEMBER = re.compile(rf"(?<![\w$.]){_ALL}\s*(?:\.\s*(?P<name>{_NAME})|\[\s*['\"](?P<text>[\w$]+)['\"]\s*\])")
_OBJECT = re.compile(r"(?<![\w$.])module\s*\.\s*exports\s*=\s*\{")
_DECLARED = re.compile(
    rf"(?<![\w$.])export\s+(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s*(?P<name>{_NAME})(?![\w$])"
)
_LISTED = re.compile(r"(?<![\w$.])export\s*\{(?P<names>[^{}]*)\}")
_WHOLE = re.compile(rf"(?<![\w$.])export\s*\*\s*as\s+(?P<name>{_NAME})")
_UNCLEAR = re.compile(r"(?<![\w$.])(?:exports|module|export|eval|globalThis|awslambda|define|require\.main)(?![\w$])")
_SEVERAL = re.compile(r"(?<![\w$.])export\s+(?:const|let|var)\s[^;\n]*,\s*(?:\n\s*)?[\w$]+\s*=")


def exported(source: str) -> frozenset[str] | None:
    """The names that a file of JavaScript exports; None if its text does not show all of them."""
    lines = source.splitlines()
    if len(source) > LONGEST or not source.strip() or max(map(len, lines)) > LONGEST_LINE or _QUOTE.search(source):
        return None
    code = _IGNORED.sub(lambda match: _kept(match["text"]) if match["text"] else " ", source)
    names: set[str] = set()
    while match := _OBJECT.search(code):
        keys = _keys(code, match.end())
        if keys is None:
            return None
        names |= keys[0]
        code = f"{code[: match.start()]} {code[keys[1] :]}"
    if _SEVERAL.search(code):
        return None
    code = _ESM_MARK.sub(" ", code)
    for form in (_DEFINED, _MEMBER, _DECLARED, _WHOLE):
        names |= {match.groupdict().get("text") or match["name"] for match in form.finditer(code)}
        code = form.sub(" ", code)
    for match in _LISTED.finditer(code):
        names |= {part.split()[-1].strip("'\"") for part in match["names"].split(",") if part.split()}
    code = _LISTED.sub(" ", code)
    return None if _UNCLEAR.search(code) else frozenset(names)


def _kept(text: str) -> str:
    """A text that may be a name; an empty one for another, so that no word in it counts."""
    return text if re.fullmatch(r"['\"][\w$]+['\"]", text) else "''"


def _keys(code: str, at: int) -> tuple[set[str], int] | None:
    """The keys of an object, and where it ends; None if something is spread into it or a key is computed."""
    names: set[str] = set()
    while True:
        if end := re.match(r"\s*\}", code[at : at + 200]):
            return names, at + end.end()
        match = _KEY.match(code, at)
        if not match:
            return None
        names.add(match["name"] or match["text"].strip("'\""))
        at = match.start("after")
        depth = 0
        while at < len(code) and (depth or code[at] not in ",}"):
            depth += (code[at] in "([{") - (code[at] in ")]}")
            at += 1
        if at >= len(code):
            return None
        at += code[at] == ","
