"""What a Python runtime of Lambda has by itself: the standard library of its version, and what Lambda adds.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies, the sections
"Removed" and "New Modules" of https://docs.python.org/3/whatsnew/, and https://docs.python.org/3/library/removed.html.
"""

from __future__ import annotations

import sys

from policypack.lambda_code.binaries import Target

IN_THE_RUNTIME = frozenset({"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"})
"""Packages: the AWS SDK and what it needs, which every Python runtime has. Their versions change without notice."""

_MODULES_OF_THEM = {package.removeprefix("python-") for package in IN_THE_RUNTIME}
_OF_THE_CLIENT = {"awslambdaric", "bootstrap", "lambda_runtime_client", "runtime_client", "simplejson"}
_OF_LAMBDA = _MODULES_OF_THEM | _OF_THE_CLIENT | {"snapshot_restore_py"}

_REMOVED = {
    **dict.fromkeys(("dummy_threading",), 9),
    **dict.fromkeys(("formatter", "parser", "symbol"), 10),
    **dict.fromkeys(("binhex",), 11),
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), 12),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"), 13),
    **dict.fromkeys(("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"), 13),
    **dict.fromkeys(("telnetlib", "uu", "xdrlib"), 13),
}
"""By module, the first version of Python 3 without it."""

_ADDED = {"graphlib": 9, "zoneinfo": 9, "tomllib": 11, "annotationlib": 14, "compression": 14}
"""By module, the first version of Python 3 with it."""

_BROUGHT = {"pip": None, "pkg_resources": 12, "setuptools": 12}
"""What an installation of Python brings beside its library, and the first version of Python 3 without it."""


def minor_of(runtime: str) -> int | None:
    """The `13` of `python3.13`; None for other runtimes."""
    python = Target(runtime).python
    return python[1] if python and python[0] == 3 else None


def has(minor: int, name: str) -> bool:
    """Whether a runtime brings a module of this name, which has no dot. Private ones are taken to be there."""
    removed = (_REMOVED | _BROUGHT).get(name)
    if removed is not None:
        return minor < removed
    if name in _ADDED:
        return minor >= _ADDED[name]
    return name.startswith("_") or name in _OF_LAMBDA or name in _BROUGHT or name in sys.stdlib_module_names


def change(name: str) -> str:
    """Since when, or until when, the standard library has a module: a clause, empty if versions do not differ."""
    if name in _REMOVED:
        return f"Python 3.{_REMOVED[name]} removed it"
    return f"it came with Python 3.{_ADDED[name]}" if name in _ADDED else ""
