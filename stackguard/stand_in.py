"""The stand-in account, which a report shows if a program's own account is unknown, and the note about it."""

from __future__ import annotations

from collections.abc import Iterable

from stackguard.notes import Note, NoteKind

STAND_IN_ACCOUNT = "111122223333"  # the account of the examples in AWS's own documentation
CONFIG_KEY = "stackguard:accountId"
ADVICE = (
    "stands in for this program's own account, which is unknown; set `accountId` in stackguard.yaml or"
    f" `--config {CONFIG_KEY}=ACCOUNT`, or, if there are several accounts, `allowed_account_ids` of each provider"
)
LINE = f"{STAND_IN_ACCOUNT} {ADVICE}"
"""The note as one line, for a report without a list of notes."""
NOTE = Note(NoteKind.ACCOUNT, STAND_IN_ACCOUNT, ADVICE)


def mentioned(texts: Iterable[str]) -> bool:
    """Whether one of these texts contains the stand-in account."""
    return any(STAND_IN_ACCOUNT in text for text in texts)
