"""Plots of the trend: runs go in, SVG without styles or scripts comes out, which the page's style sheet themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from html import escape

from markupsafe import Markup

from stackguard.audit.reports.results import TrendPoint
from stackguard.audit.reports.wording import SEVERITIES

WIDE, NARROW, HIGH, LOW = 760, 370, 240, 170
INK = "#0550ae"
"""The colour of lines where no style sheet applies."""

Point = tuple[datetime, float]


def score(trend: Sequence[TrendPoint]) -> Markup:
    """The score over runs; empty for fewer than two."""
    points = [(_time(point), point.score) for point in trend]
    return _chart("Score", points, WIDE, HIGH, 100) if len(points) > 1 else Markup()


def by_severity(trend: Sequence[TrendPoint]) -> list[tuple[str, Markup]]:
    """A plot of the open violations of each severity that there is, all on one scale."""
    if len(trend) < 2:
        return []
    series = {
        severity: [(_time(point), float(getattr(point.open, severity))) for point in trend] for severity in SEVERITIES
    }
    highest = max(value for points in series.values() for _, value in points)
    return [
        (severity, _chart(f"Open, {severity}", points, NARROW, LOW, highest))
        for severity, points in series.items()
        if any(value for _, value in points)
    ]


def _tick(points: Sequence[Point]) -> Callable[[datetime, int, int], str]:
    """The labels of the time axis: days, or hours if there are only a few."""
    shown = "%m-%d" if points[-1][0] - points[0][0] > timedelta(days=3) else "%H:%M"
    return lambda time, _index, _count: f"{time:{shown}}"


def _time(point: TrendPoint) -> datetime:
    return datetime.fromisoformat(point.started).replace(tzinfo=None)  # the library's own bounds have no zone


def _chart(title: str, points: Sequence[Point], width: int, height: int, highest: float) -> Markup:
    import leather

    chart = leather.Chart()
    chart.add_y_scale(0, max(highest, 1))
    chart.add_line(points, stroke_color=INK, width=2)
    chart.add_x_axis(tick_formatter=_tick(points))
    svg = chart.to_svg(width=width, height=height)
    (first_day, first), (last_day, last) = points[0], points[-1]
    label = f"{title}: {first:g} on {first_day:%Y-%m-%d}, {last:g} on {last_day:%Y-%m-%d}; the table has each audit"
    sized = f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {width} {height}" '
    return Markup(svg.replace("<svg ", sized, 1))  # noqa: S704 (numbers and names of ours)
