"""What is wrong with a file that is no stack export, in words that help to find the right one."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

import msgspec

from stackguard.errors import CannotJudge

WRITE_IT = "write it with `pulumi stack export --file FILE`"

SHAPES: Mapping[str, tuple[frozenset[str], ...]] = {
    "a Terraform state": (frozenset({"terraform_version"}), frozenset({"lineage"})),
    "a Terraform plan": (frozenset({"planned_values"}), frozenset({"format_version"})),
    "a CloudFormation template": (frozenset({"AWSTemplateFormatVersion"}), frozenset({"Resources"})),
    "an IAM policy document": (frozenset({"Statement"}),),
    "a report of stackguard": (frozenset({"outcomes", "summary"}),),
    "an engine event log": (frozenset({"sequence", "timestamp"}),),
    "a stack reference's outputs, as `pulumi stack output --json` writes them": (frozenset({"outputs"}),),
    "a Pulumi project file": (frozenset({"name", "runtime"}),),
    "a package's metadata": (frozenset({"name", "version"}),),
}
KINDS = {"[": "a JSON array", '"': "a JSON text", "t": "a JSON boolean", "f": "a JSON boolean", "n": "JSON's `null`"}
BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
MAGIC = {b"\x1f\x8b": "gzip-compressed", b"PK\x03\x04": "a zip archive", b"\x28\xb5\x2f\xfd": "zstd-compressed"}


def text_of(data: bytes, source: str) -> bytes:
    """The data as UTF-8 without a byte order mark; PowerShell's `>` writes UTF-16.

    Raises:
        CannotJudge: it is empty, or no text.
    """
    for magic, kind in MAGIC.items():
        if data.startswith(magic):
            raise CannotJudge(f"{source} is {kind}; unpack it first")
    for bom, encoding in BOMS.items():
        if data.startswith(bom):
            try:
                data = data.decode(encoding).encode()
            except UnicodeError:
                raise CannotJudge(
                    f"{source} has a byte order mark but is not {encoding.upper()} text; {WRITE_IT}"
                ) from None
    if not data.strip():
        raise CannotJudge(f"{source} is empty; {WRITE_IT}")
    if b"\0" in data:
        raise CannotJudge(f"{source} is binary (byte {data.index(0)} is zero), not a stack export; {WRITE_IT}")
    return data


def looks_like(text: bytes) -> str:
    """What to say of JSON that is not a stack export: "is not a stack export but …"."""
    first = text.lstrip()[:1].decode("latin-1")
    if first != "{":
        return f"is not a stack export but {KINDS.get(first, 'a JSON number')}; {WRITE_IT}"
    try:
        names = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).keys()
    except msgspec.MsgspecError:
        names = {}.keys()
    for kind, shapes in SHAPES.items():
        if any(shape <= names for shape in shapes):
            return f"is not a stack export but looks like {kind}; {WRITE_IT}"
    return f"is JSON but has none of `deployment`, `checkpoint` and `steps`, so it is not a stack export; {WRITE_IT}"


def not_json(text: bytes, source: str, error: Exception) -> str:
    """One line that says where the JSON breaks off."""
    if isinstance(error, UnicodeDecodeError):
        start = _invalid_utf8(text)
        return f"{source} is not UTF-8 text at {_where(text, start)}; {WRITE_IT}"
    if "truncated" in str(error):
        return f"{source} ends in the middle of its JSON at {_where(text, len(text))}; it was cut off: write it again"
    found = re.search(r"byte (\d+)", str(error))
    byte = int(found[1]) if found else 0
    if "trailing" in str(error):
        return f"{source} goes on after its JSON at {_where(text, byte - 1)}; an export is one object, and an event log is not an export"
    return f"{source} is not JSON: it breaks at {_where(text, byte)}; {WRITE_IT}"


def worded(error: msgspec.ValidationError) -> str:
    """A schema error without type names: "`deployment.resources[0].urn` must be a text"."""
    message, _, place = str(error).partition(" - at ")
    place = re.sub(r"^`\$\.?|`$", "", place)
    expected = re.search(r"Expected `(\w+)", message)
    words = {
        "str": "a text",
        "array": "a list",
        "object": "an object",
        "bool": "true or false",
        "int": "a whole number",
    }
    must = f"must be {words.get(expected[1], 'of another kind')}" if expected else "cannot be read"
    return f"`{place}` {must}" if place else f"a value in it {must}"


def _where(text: bytes, byte: int) -> str:
    line = text.count(b"\n", 0, byte) + 1
    column = byte - (text.rfind(b"\n", 0, byte) + 1) + 1
    return f"line {line} column {column} (byte {byte})"


def _invalid_utf8(text: bytes) -> int:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0
