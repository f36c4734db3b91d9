"""The charts of the report, drawn by Matplotlib.

Belongs here: drawing figures that are given. Does not belong here: the figures (``stakes``, ``months``, ``promises``),
the form of the SVG (``svg``).

Colours are those of ``INK``: the page's style sheet knows each of them and has another for dark surroundings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.report.figures import MINUS
from pipelines.report.svg import SETTINGS, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = {"text": "#5b6470", "grid": "#dfe3e8", "accent": "#1f5f99", "soft": "#bcd3ea", "warm": "#b4400f"}
"""What is drawn in which colour, by light."""

WIDTH = 340
"""Of a chart, in pixels of a page: it fits a phone without becoming smaller."""

_POINTS = 72
_LONGEST = 20


def bars(name: str, labels: Sequence[str], wholes: Sequence[float], parts: Sequence[float], told: Sequence[str]) -> str:
    """Horizontal bars, the first on top: of each whole its part; ``told`` is written beside the bar."""
    figure, axes = _axes(28 + 34 * len(labels))
    places = range(len(labels))
    top = max([*wholes, 1e-9])
    axes.barh(places, wholes, height=0.5, color=INK["soft"])
    axes.barh(places, parts, height=0.5, color=INK["accent"])
    for place, label, text in zip(places, labels, told, strict=True):
        axes.text(0, place - 0.36, _short(label), color=INK["text"], va="bottom", ha="left")
        axes.text(top, place - 0.36, text, color=INK["text"], va="bottom", ha="right")
    axes.set(xlim=(0, top), ylim=(len(labels) - 0.6, -0.95))
    axes.axis("off")
    return _inline(figure, name)


def columns(name: str, labels: Sequence[str], values: Sequence[float], told: Sequence[str], below: str) -> str:
    """Columns with ``told`` above each; ``below`` says what the labels are."""
    figure, axes = _axes(190)
    places = range(len(labels))
    axes.bar(places, values, width=0.72, color=INK["accent"])
    top = max([*values, 1e-9])
    for place, value, text in zip(places, values, told, strict=True):
        axes.text(place, value + 0.02 * top, text, color=INK["text"], va="bottom", ha="center", fontsize=10)
    axes.set(xlim=(-0.6, len(labels) - 0.4), ylim=(0, 1.16 * top), yticks=[])
    axes.set_xticks(places, [_short(label) for label in labels], fontsize=10)
    axes.set_xlabel(below, color=INK["text"])
    _quiet(axes)
    return _inline(figure, name)


def course(
    name: str,
    labels: Sequence[str],
    values: Sequence[float | None],
    intervals: Sequence[tuple[float, float] | None],
    percent: bool,
) -> str:
    """A line through time with the interval of each point."""
    figure, axes = _axes(130)
    points = {at: value for at, value in enumerate(values) if value is not None}
    for at in points:
        between = intervals[at]
        if between:
            axes.plot([at, at], between, color=INK["soft"], linewidth=5, solid_capstyle="round")
    axes.plot(list(points), list(points.values()), "o-", color=INK["accent"], linewidth=1.6, markersize=3.6)
    reach = [bound for at, value in points.items() for bound in (*(intervals[at] or ()), value)]
    low, high = (min(reach), max(reach)) if reach else (0.0, 1.0)
    room = max((high - low) * 0.12, abs(high) * 0.02, 1e-4 if percent else 1.0)
    least = 0.0 if percent and low >= 0 and low < 0.5 * high else low - room
    axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(least, high + room))
    axes.set_xticks(*_some(labels), fontsize=10)
    _scale(axes, percent)
    return _inline(figure, name)


def promises(
    name: str,
    labels: Sequence[str],
    expected: Sequence[tuple[float, float, float]],
    actual: Sequence[float],
) -> str:
    """Of each list what was expected, as (low, value, high), and what came."""
    figure, axes = _axes(190)
    places = list(range(len(labels)))
    for place, (low, _, high) in zip(places, expected, strict=True):
        axes.plot([place, place], [low, high], color=INK["soft"], linewidth=6, solid_capstyle="round")
    axes.plot(places, [value for _, value, _ in expected], "_", color=INK["accent"], markersize=9, markeredgewidth=2)
    axes.plot(places, actual, "o", color=INK["warm"], markersize=5)
    top = max([high for _, _, high in expected] + list(actual) + [1])
    axes.set(xlim=(-0.6, len(labels) - 0.4), ylim=(0, 1.06 * top))
    axes.set_xticks(*_some(labels), fontsize=10)
    _scale(axes, percent=False)
    return _inline(figure, name)


def _axes(height: int) -> tuple[Figure, Axes]:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with mpl.rc_context(SETTINGS):
        figure = Figure(
            figsize=(WIDTH / _POINTS, height / _POINTS),
            dpi=_POINTS,
            layout=ConstrainedLayoutEngine(w_pad=0, h_pad=0.02),
        )
        return figure, figure.add_subplot()


def _inline(figure: Figure, name: str) -> str:
    from matplotlib.text import Text

    for artist in figure.findobj():
        artist.set_clip_on(False)
        if isinstance(artist, Text):
            artist.set_parse_math(False)  # a plan called $x$ is no formula
    return inline(figure, name)


def _quiet(axes: Axes) -> None:
    """No frame but the ground line, no ticks."""
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK["grid"])
    axes.tick_params(length=0, colors=INK["text"], labelcolor=INK["text"])


def _scale(axes: Axes, percent: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def told(value: float, _: int) -> str:
        text = f"{100 * value:.4g} %" if percent else f"{value:,.10g}"
        return text.replace("-", MINUS)

    _quiet(axes)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=not percent))
    axes.yaxis.set_major_formatter(FuncFormatter(told))
    axes.tick_params(axis="y", labelsize=10)
    axes.grid(axis="y", color=INK["grid"], linewidth=1)
    axes.set_axisbelow(True)


def _some(labels: Sequence[str]) -> tuple[list[int], list[str]]:
    """Places of at most four labels, the last among them."""
    step = max(1, -(-len(labels) // 4))
    places = list(range(len(labels) - 1, -1, -step))[::-1]
    return places, [_short(labels[place]) for place in places]


def _short(label: Any) -> str:
    """A label from data: one line, of characters that can be seen, not too long."""
    text = "".join(each if each.isprintable() else " " for each in str(label))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
