"""A Matplotlib figure as SVG that lives inside a page: its styles are attributes, which the page's style sheet and
policy can rule, and its ids are its own.

Belongs here: the form of the SVG. Does not belong here: what is drawn (``charts``).
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTINGS = {
    "svg.fonttype": "none",  # text stays text, in the page's font
    "svg.hashsalt": "report",  # ids of the same figure are the same
    "font.size": 11,
    "font.family": "DejaVu Sans",  # it comes with Matplotlib: the same layout on every machine
    "axes.unicode_minus": True,
}

_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_SHORTHAND = re.compile(r"(\d+(?:\.\d+)?)px")
_NOT_OURS = {"font-family", "font-style", "font-variant", "font-stretch", "font-weight", "mix-blend-mode"}


def inline(figure: Figure, name: str) -> str:
    """``figure`` as an SVG element for an HTML page; ``name`` is unique on it. It is hidden from screen readers, which
    get a table."""
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        # the browser has glyphs that Matplotlib's font, by which it measures, has not
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from")
        figure.savefig(
            buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
        )
    root = ET.fromstring(buffer.getvalue())  # noqa: S314
    _strip(root)
    _own_ids(root, name)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"class": "chart", "aria-hidden": "true", "focusable": "false"}
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _strip(element: ET.Element) -> None:
    """Styles become attributes, namespaces and what says nothing go."""
    for child in list(element):
        tag = child.tag.removeprefix(_SVG)
        if tag in ("metadata", "style") or (tag == "defs" and [each.tag for each in child] == [f"{_SVG}style"]):
            element.remove(child)
        else:
            _strip(child)
    element.tag = element.tag.removeprefix(_SVG)
    href = element.attrib.pop(f"{_XLINK}href", None)
    if href:
        element.set("href", href)
    for declaration in filter(None, (part.strip() for part in element.attrib.pop("style", "").split(";"))):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            key, value = "font-size", next(iter(_SHORTHAND.findall(value)), "11")
        if key not in _NOT_OURS:
            element.set(key, value.removesuffix("px"))
    if element.text is not None and not element.text.strip():
        element.text = None
    if element.tail is not None and not element.tail.strip():
        element.tail = None


def _own_ids(root: ET.Element, name: str) -> None:
    """Ids that are used begin with the chart's name, the others go."""
    pattern = re.compile(r"#([\w-]+)")
    used = {
        found
        for element in root.iter()
        for key, value in element.attrib.items()
        if key in ("href", "clip-path")
        for found in pattern.findall(value)
    }
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", f"{name}-{own}")
        for key in ("href", "clip-path"):
            if key in element.attrib:
                element.set(key, pattern.sub(rf"#{name}-\1", element.attrib[key]))
