"""Answers of the reader: AWS calls with their arguments, what cannot be resolved, and loops over records."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from policypack.python.files import CodePlace


class Environment(msgspec.Struct, frozen=True):
    """The value of an environment variable, and the code's default if it is not set."""

    name: str
    default: str | None = None


class Shape(enum.Enum):
    """What a value of the event is to its records."""

    EVENT = "event"
    """The event."""
    MESSAGE = "message"
    """A message in a record, which may have records of its own."""
    RECORDS = "records"
    """All its records, or something taken from each of them."""
    INNER = "inner"
    """The same of the records of a message."""
    SOME = "some"
    """Those of its records that a condition selects, or something that is made from each."""
    GROUPS = "groups"
    """Lists of its records, such as those of the partitions in an event of Kafka."""
    CUT = "cut"
    """Its first or last records, whatever the others are."""
    RECORD = "record"
    """One record, or a part of it."""
    COUNT = "count"
    """How many records there are."""
    PART = "part"
    """Something else that is made from the event."""


Shapes = frozenset[Shape]


class UnknownPart(msgspec.Struct, frozen=True):
    """A text that the code does not contain: it comes with the event, or from somewhere else."""

    event: bool = False
    shape: Shape = Shape.PART


Part = str | Environment | UnknownPart


class Text(msgspec.Struct, frozen=True):
    """A text of which some parts are known, in order."""

    parts: tuple[Part, ...]

    @property
    def constant(self) -> str | None:
        """The text if all of it is in the code."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    def __add__(self, other: Text) -> Text:
        """One after the other."""
        return joined((*self.parts, *other.parts))

    def __str__(self) -> str:
        """As a person reads it: `${NAME}` for a variable of the environment, `…` for what is not known."""
        return "".join(
            part
            if isinstance(part, str)
            else f"${{{part.name}}}"
            if isinstance(part, Environment)
            else "(the event's)"
            if part.event
            else "…"
            for part in self.parts
        )


def joined(parts: Iterable[Part]) -> Text:
    """A text of these parts: neighbours that are known become one, and so do unknown ones."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        elif isinstance(part, UnknownPart) and isinstance(last, UnknownPart):
            merged[-1] = UnknownPart(event=part.event and last.event)
        elif part != "":
            merged.append(UnknownPart(part.event) if isinstance(part, UnknownPart) else part)
    return Text(tuple(merged))


UNKNOWN_TEXT = Text((UnknownPart(),))
EVENT_TEXT = Text((UnknownPart(event=True),))
OWN_REGION = Text((Environment("AWS_REGION"),))
"""The region of the function, which Lambda sets."""


def event_text(shape: Shape) -> Text:
    """A value of the event."""
    return Text((UnknownPart(event=True, shape=shape),))


def shape_of(value: object) -> Shape | None:
    """What a value of the event is to its records; None for every other value."""
    if not isinstance(value, Text) or len(value.parts) != 1:
        return None
    part = value.parts[0]
    return part.shape if isinstance(part, UnknownPart) and part.event else None


class AwsCall(msgspec.Struct, frozen=True):
    """One call of an operation, in one way: a helper that is called with two buckets makes two."""

    place: CodePlace
    service: str
    """As botocore names it: `s3`, `stepfunctions`."""
    operation: str
    """As the service names it: `ListObjectsV2`."""
    arguments: tuple[tuple[str, tuple[Text, ...]], ...] = ()
    """By name, each text that an argument may be; texts inside lists and mappings are named `Entries[].EventBusName`."""
    open: bool = False
    """Whether there may be arguments that cannot be read: `**options`."""
    region: Text | None = None
    """The region that the client names; None for the function's own."""

    def argument(self, *names: str) -> tuple[Text, ...]:
        """The possible texts of the first of these arguments that is passed; empty if none is."""
        arguments = dict(self.arguments)
        return next((arguments[name] for name in names if name in arguments), ())

    def has(self, *names: str) -> bool:
        """Whether one of these arguments is passed."""
        return any(name in names or name.partition("[")[0].partition(".")[0] in names for name, _ in self.arguments)


class Imported(msgspec.Struct, frozen=True):
    """One import of a program: of a module, or of the member `member` of one.

    `module` is a dotted name, or empty where a relative import leads out of all packages.
    """

    place: CodePlace
    module: str
    member: str = ""
    unless: tuple[tuple[Imported, ...], ...] = ()
    """The imports of each `try` that comes before it: it is made where one of each fails."""


class Unresolved(msgspec.Struct, frozen=True):
    """A possible call of AWS that cannot be resolved, and why."""

    place: CodePlace
    why: str


class AwsCalls(msgspec.Struct, frozen=True):
    """The calls of a package, in the order of its files and lines."""

    calls: tuple[AwsCall, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()


class Fate(enum.IntEnum):
    """What becomes of a failure that code catches."""

    LOST = 0
    """It is logged, or nothing."""
    ANSWER = 1
    """A dictionary that the handler returns has it."""
    RESULT = 2
    """Something else that the handler returns has it."""
    KEPT = 3
    """It is raised, sent, stored or reported to Lambda, or may be."""


class How(enum.StrEnum):
    """How a loop is left: a verb that follows the place."""

    RETURN = "returns"
    BREAK = "breaks off"
    RAISE = "raises"
    EXIT = "ends the process"
    STOP = "stops early"
    CATCH = "catches the first failure"
    REMOVE = "removes records from their list"
    DROP = "logs a failure, or nothing, and goes on"
    ANSWER = "only returns that a record failed, to a service that does not read it,"
    OVERWRITE = "keeps one of the records that have the same key"
    GROUP = "takes one record of each group, whose key several records share,"
    OMIT = "leaves a record out of what it returns to Firehose"
    GATE = "works on no record if one is bad"
    FUTURE = "starts work whose failure nothing looks at"
    PROCESS = "starts a process that nothing waits for"

    @property
    def lost(self) -> str:
        """What is lost, as a clause."""
        if self is How.OMIT:
            return "Firehose takes it for failed, unlike one with the result `Dropped`"
        if self is How.GATE:
            return "the good ones are lost, too"
        if self is How.PROCESS:
            return "Lambda freezes it when the handler returns"
        of_one = self in (How.DROP, How.ANSWER, How.FUTURE)
        return "the record that fails is lost" if of_one else "the remaining ones are lost"


class LoopExit(msgspec.Struct, frozen=True):
    """A statement by which a loop is left while records remain."""

    place: CodePlace
    how: How
    reports: bool = False
    """Whether the remaining records are reported to Lambda, which delivers them again if it is told to look."""
    fails: bool = False
    """Whether the whole call fails by it."""
    fate: Fate = Fate.LOST
    """What becomes of the failure of a record."""


class RecordLoop(msgspec.Struct, frozen=True):
    """A loop over the records; `searches` if it does nothing but look for something among them."""

    place: CodePlace
    exits: tuple[LoopExit, ...]
    searches: bool = False
    finds: bool = True
    """Whether something that it finds is kept or returned."""
    whole: bool = True
    """Whether it does something with every record, if it is not left."""
    logs: bool = False
    """Whether it at least prints or logs something for every record."""
    inner: bool = False
    """Whether the records are those of a message."""


class Misreport(enum.StrEnum):
    """Why Lambda does not deliver all records again that a function reports: a clause that follows the place."""

    KEY = "reports failures under another key than `batchItemFailures`, and Lambda reads no other"
    PART = "reports a part of the failures, and the queue deletes the other messages"
    UNRETURNED = "collects failures, and the handler does not return them, so Lambda takes all records as processed"
    UNREAD = "reports failures, and no event source mapping has `ReportBatchItemFailures`, so Lambda ignores them"


class FailureReport(msgspec.Struct, frozen=True):
    """Where a function returns the failures of its records, and what is wrong with that."""

    place: CodePlace
    wrong: Misreport | None = None


class Taking(enum.StrEnum):
    """How code takes a part of the records: a clause that follows the place."""

    ONE = "takes one record of the event, and no loop handles the others"
    PART = "takes a part of the event's records, and nothing handles the others"
    EXACT = "unpacks a fixed number of records, and fails for an event with another number, however often it is retried"
    UNCALLED = "has work for the records, and nothing calls it"


class Pick(msgspec.Struct, frozen=True):
    """Where a part of the records is taken, whatever the others are."""

    place: CodePlace
    taking: Taking
    inner: bool = False
    glances: bool = False
    """Whether the code only looks at what it takes, or reads what all records have in common: a log is enough for them."""
    first: int | None = None
    """How many records it takes, if these are the first ones."""


class Handling(msgspec.Struct, frozen=True):
    """What a handler does with the records of its event."""

    loops: tuple[RecordLoop, ...] = ()
    picks: tuple[Pick, ...] = ()
    idle: tuple[CodePlace, ...] = ()
    """Lazy work on the records that nothing consumes."""
    elsewhere: bool = False
    """Whether all records are iterated without a loop, counted, or passed to a library."""
    elsewhere_inner: bool = False
    """The same of the records of a message."""
    logged: bool = False
    """Whether all records are logged without a loop."""
    single: bool = False
    """Whether the service that invokes the function sends one record at a time."""
    several: bool = False
    """Whether a queue or stream of the stack sends the function several records at a time."""
    most: int | None = None
    """How many records an event has at most, if the stack says so."""
    retries: bool = True
    """Whether Lambda may look at the failures that the function reports."""
    redelivered: bool = False
    """Whether everything that invokes the function delivers all records again if it fails."""
    heeded: Fate = Fate.ANSWER
    """From which fate on something that invokes the function may act on a failure."""
    reports: tuple[FailureReport, ...] = ()

    @property
    def exits(self) -> list[LoopExit]:
        """The ways out of loops by which records are lost, one for each place; a misspelt key of a report says more."""
        by_place: dict[CodePlace, LoopExit] = {}
        for exit_ in self._lost():
            by_place.setdefault(exit_.place, exit_)
        misspelt = any(report.wrong is Misreport.KEY for report in self.reports)
        if misspelt and all(exit_.how is How.ANSWER for exit_ in by_place.values()):
            return []
        return [*by_place.values()]

    def _lost(self) -> list[LoopExit]:
        return [
            exit_
            for loop in self.loops
            if not (loop.searches and self.handles_all(inner=True, logged=not loop.finds))
            and not (self.single and not loop.inner)
            for exit_ in self._losses(loop)
        ]

    @property
    def misreports(self) -> list[tuple[CodePlace, Misreport]]:
        """The reports of failures by which records are lost. Where a loop is left early, that is the report."""
        if self.exits:
            return []
        if not self.retries:
            return [
                (report.place, Misreport.UNRETURNED if report.wrong is Misreport.UNRETURNED else Misreport.UNREAD)
                for report in self.reports
            ]
        return [(report.place, report.wrong) for report in self.reports if report.wrong]

    @property
    def partial(self) -> list[Pick]:
        """The picks that leave records behind. Where a loop is left early, that is the report."""
        if self.exits:
            return []
        left = filter(self._may_leave, self.picks)
        return [pick for pick in left if not self.handles_all(inner=pick.inner, logged=pick.glances)]

    def _may_leave(self, pick: Pick) -> bool:
        """Whether a pick leaves records behind with the number of records that the function gets."""
        if pick.taking is Taking.UNCALLED:
            return True
        if pick.first is not None and self.most is not None and self.most <= pick.first:
            return pick.inner
        if pick.taking is Taking.EXACT and not self.several:
            return False
        return pick.inner or not self.single

    def handles_all(self, *, inner: bool, logged: bool = False) -> bool:
        """Whether some code handles every record: of the event, or with `inner` of a message too.

        Args:
            inner: whether the records may be those of a message.
            logged: whether it is enough to print or log something for each.
        """
        loops = (loop for loop in self.loops if (loop.whole or (logged and loop.logs)) and (inner or not loop.inner))
        elsewhere = self.elsewhere or (inner and self.elsewhere_inner) or (logged and self.logged)
        return elsewhere or any(not self._losses(loop) for loop in loops)

    def _losses(self, loop: RecordLoop) -> list[LoopExit]:
        return [
            exit_
            for exit_ in loop.exits
            if not (exit_.reports and self.retries)
            and not (exit_.how in (How.RAISE, How.EXIT) and exit_.fails and self.redelivered)
            and exit_.fate < self.heeded
        ]
