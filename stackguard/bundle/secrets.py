"""Secrets among a function's own files, which everyone who can read the function can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.lambda_code.archive import printable
from policypack.lambda_code.secret_files import MOST_OF_ONE, secret_name, secret_text
from stackguard.bundle.archive import ArchiveFile
from stackguard.bundle.config import TABLE, FunctionProject
from stackguard.bundle.errors import CannotBundle
from stackguard.bundle.sources import matcher


def _secrets(own: Sequence[ArchiveFile]) -> Iterator[tuple[str, str]]:
    """The path of each own file that contains a secret, and the kind of secret, as `lambda-secret-in-archive` finds it."""
    for file in own:
        if kind := secret_name(file.path) or secret_text(file.path, file.content[:MOST_OF_ONE]):
            yield file.path, kind


def check(function: FunctionProject, own: Sequence[ArchiveFile]) -> list[tuple[str, str]]:
    """Refuse secrets that the function's `allow-secrets` does not name.

    Returns:
        The allowed ones: the path of each file, and the kind of its secret.

    Raises:
        CannotBundle: a file contains one. The message has its kind, and nothing of its content.
    """
    is_allowed = matcher(function.table.allow_secrets)
    secrets = list(_secrets(own))
    refused = [(path, kind) for path, kind in secrets if not (is_allowed(path) or is_allowed(f"src/{path}"))]
    if refused:
        path, kind = refused[0]
        more = f", and {len(refused) - 1} more files hold secrets" if len(refused) > 1 else ""
        raise CannotBundle(
            f"`{function.folder}` would package `{printable(path)}`, which holds {kind}{more}: leave it out with "
            f"`exclude` below `[{TABLE}]`, or name it in `allow-secrets` if everyone may read it"
        )
    return secrets
