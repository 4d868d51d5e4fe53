"""Tells Ctrl-C in the code of a policy, which ends the run, from a `KeyboardInterrupt` that the code raises itself."""

from __future__ import annotations

import dis

RAISE = dis.opmap["RAISE_VARARGS"]


def is_interrupt(error: BaseException) -> bool:
    """Whether a signal has interrupted the code: no statement of it has raised the error."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    raised = last is not None and last.tb_frame.f_code.co_code[last.tb_lasti] == RAISE
    return isinstance(error, KeyboardInterrupt) and not raised
