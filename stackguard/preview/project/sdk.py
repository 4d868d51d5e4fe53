"""The arguments of a resource type in the pulumi-aws that a program has installed, read from its source text.

Nothing is imported: the generated classes have so few shapes that a look at one file tells. It is looked at only for
a resource with an argument that our own table lacks. Source: https://github.com/pulumi/pulumi-aws/tree/master/sdk/python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from policypack.iam.tables import argument_names

ARGS_OF = re.compile(r"__props__ = (\w+Args)\.__new__\(")
GETTER = re.compile(
    r'    @pulumi\.getter(?:\(name="(?P<schema>\w+)"\))?\n'
    r'(?:    @_utilities\.deprecated\("""[^"]*"""\)\n)?'
    r"    def (?P<python>\w+)\(self\) -> "
)
SET_BY_CHECK = frozenset({"tagsAll"})


def accepted(interpreter: Path, type_token: str, written: Iterable[str]) -> frozenset[str] | None:
    """The arguments that the program's SDK gives a type; None where our table has all of them, or the SDK is not found.

    Args:
        interpreter: the one that runs the program.
        type_token: of any resource.
        written: the names of its inputs.

    """
    if not type_token.startswith("aws:") or (argument_names(type_token) or frozenset()) | SET_BY_CHECK >= set(written):
        return None
    return _arguments(interpreter, type_token)


@cache
def _arguments(interpreter: Path, type_token: str) -> frozenset[str] | None:
    for folder in _installed(interpreter):
        for file in _files(folder, type_token):
            text = file.read_text(encoding="utf-8")
            found = ARGS_OF.search(text)
            if found and f"'{type_token}'" in text:
                body = re.search(rf"^class {found[1]}:\n(.*?)(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE)
                names = GETTER.finditer(body[1]) if body else ()
                return frozenset(each["schema"] or each["python"] for each in names) or None
    return None


def _installed(interpreter: Path) -> Iterator[Path]:
    """Where `pulumi_aws` is in the environment of an interpreter."""
    root = interpreter.parent.parent
    for pattern in ("lib*/python3*/site-packages/pulumi_aws", "Lib/site-packages/pulumi_aws"):
        yield from sorted(root.glob(pattern))


def _files(folder: Path, type_token: str) -> Iterator[Path]:
    """The file of a type, by the SDK's habits, then every other of its module."""
    module, _, name = type_token.split(":")[1].partition("/")
    home = folder if module == "index" else folder / {"lambda": "lambda_"}.get(module, module)
    guess = home / (re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() + ".py")
    if guess.exists():
        yield guess
    yield from (file for file in sorted(home.glob("*.py")) if file != guess and not file.name.startswith("_"))
