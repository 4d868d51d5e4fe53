"""What a handler does with its records, over all functions of its code that get them."""

from __future__ import annotations

from itertools import chain

from policypack.python.handling.log_only import only_logs
from policypack.python.handling.loops import Loops
from policypack.python.handling.parts.partial import Parts
from policypack.python.handling.scan import Scan
from policypack.python.handling.single_record import sends_one
from policypack.python.handling.unrun.abandoned_stacks import abandoned
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.handling.unrun.lazy_work import LazyWork
from policypack.python.handling.unrun.uncalled import uncalled
from policypack.python.interpret import ProgramReading
from policypack.python.model import Handling


def handling(reading: ProgramReading) -> Handling:
    """What a handler does with its records, in all functions of its code that it passes them to."""
    scans = _scans(reading)
    if only_logs(scans):
        scans = _scans(reading, only_logs=True)
    consumers = Consumers(scans)
    picks = [pick for scan in scans for pick in uncalled(scan, consumers)]
    scans = [scan for scan in scans if scan.touches_event()]
    lazy = [LazyWork(scan, consumers) for scan in scans]
    loops = [Loops(scan, consumers) for scan in scans]
    parts = [Parts(scan, consumers, own) for scan, own in zip(scans, loops, strict=True)]
    return Handling(
        (*(loop for own in loops for loop in own.loops()), *(loop for work in lazy for loop in work.loops())),
        tuple(dict.fromkeys((*picks, *(pick for own in parts for pick in own.picks())))),
        tuple(dict.fromkeys(chain(*(own.idle() for own in lazy), *map(abandoned, scans)))),
        elsewhere=any(own.handles_all(inner=False) for own in parts),
        elsewhere_inner=any(own.handles_all(inner=True) for own in parts),
        logged=any(own.handles_all(inner=inner, printing=True) for own in parts for inner in (False, True)),
        single=sends_one(scans),
        reports=tuple(
            report for own in loops for report in (*own.retries.reports(), *own.retries.unreturned(consumers))
        ),
    )


def _scans(reading: ProgramReading, *, only_logs: bool = False) -> list[Scan]:
    handlers = reading.entered()
    return [
        Scan(reading.reader, node, module, is_handler=node in handlers, only_logs=only_logs)
        for node, module in reading.reader.called.items()
    ]
