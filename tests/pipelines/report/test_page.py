"""What a page is made of: values in which nothing ends an element, a policy that fits script and style sheet."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.charts import INK
from pipelines.report.page import TEMPLATES, island

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["</script>", "<!--", "]]>", "\u2028&"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_values_come_back_and_never_end_an_element(value: Any) -> None:
    text = island(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_the_policy_names_this_script_and_this_style_sheet(report_file: Path) -> None:
    page = report_file.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    told = policy[1].replace("&#39;", "'")
    assert told.startswith("default-src 'none'; ")
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in told
    assert "unsafe" not in told


def test_the_page_names_no_other_place(report_file: Path) -> None:
    found = _Elements()
    found.feed(report_file.read_text("utf-8"))
    places = {value for _, attributes in found.all for name, value in attributes.items() if name in ("href", "src")}
    assert {place for place in places if place and not place.startswith("#")} == {"data:,"}
    assert not any("style" in attributes for _, attributes in found.all), "the policy refuses styles of elements"
    ids = [attributes["id"] for _, attributes in found.all if "id" in attributes]
    assert len(ids) == len(set(ids)) > 20
    assert {place[1:] for place in places if place and place.startswith("#")} <= set(ids)


class _Elements(HTMLParser):
    """All elements of a page, as a browser would find them, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


def test_every_colour_of_charts_has_one_for_the_dark() -> None:
    style = (TEMPLATES / "style.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w+)", part)) for part in style.split("* { box-sizing")[0].split("@media")
    )
    assert set(light) == set(dark)
    for colour in INK.values():
        for attribute in ("fill", "stroke"):
            found = re.search(rf'\.chart \[{attribute}="{colour}"\] {{ {attribute}: var\(--(\w+)\); }}', style)
            assert found
            assert light[found[1]] == colour, "the chart by itself looks as on the page"
