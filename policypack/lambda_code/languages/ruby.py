"""The methods that a file of Ruby defines, as far as its text shows them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html.
"""

from __future__ import annotations

import re

_REQUIRED = re.compile(r"^\s*(?:require|load|autoload|require_relative)\b[ (]*(?P<name>.*)$", re.MULTILINE)
_STANDARD = re.compile(
    r"['\"](?:json|time|date|uri|net/http|logger|securerandom|set|digest|base64|csv|yaml|tempfile|openssl|zlib|erb"
    r"|bundler/setup|aws-sdk[\w-]*|aws-record|faraday|nokogiri|pg|mysql2|rack|httparty)['\"]\)?\s*(?:#.*)?"
)
_DYNAMIC = re.compile(
    r"\b(?:eval|instance_eval|class_eval|module_eval|define_method|define_singleton_method|method_missing|extend|include"
    r"|prepend|alias|alias_method|attr_\w+|delegate|def_delegators?|send|public_send|const_missing|Class\.new|Module\.new)\b"
)


def defines_method(source: str, name: str) -> bool | None:
    """Whether a file of Ruby defines a method of this name; None if its text does not show that."""
    if not source.strip():
        return None
    code = re.sub(r"^\s*#.*$", "", source, flags=re.MULTILINE)
    if re.search(rf"\bdef\s+(?:[\w:]+\.)?{re.escape(name)}(?![\w?!=])", code):
        return True
    required = (match["name"] for match in _REQUIRED.finditer(code))
    unclear = _DYNAMIC.search(code) or not all(_STANDARD.fullmatch(text.strip()) for text in required)
    return None if unclear else False
