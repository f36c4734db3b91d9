"""The page ``features.md``.

Belongs here: how features look on it. Does not belong here: what they mean, which is written where they are declared.
"""

from __future__ import annotations

from page_parts import NOTE, table

from churn_features.catalogue import FEATURES
from churn_features.describing import definition, facts
from churn_features.feature import Feature


def features_page() -> str:
    """Every feature of the catalogue, by theme."""
    themes = {theme: [f for f in FEATURES if f.theme == theme] for theme in dict.fromkeys(f.theme for f in FEATURES)}
    rows = [
        [
            f"[{theme}](#{theme.replace(' ', '-')})",
            ", ".join(f"[{feature.name}](#{feature.name})" for feature in members),
        ]
        for theme, members in themes.items()
    ]
    overview = table(["theme", "features"], rows)
    sections = "\n".join(
        "\n".join([f"## {theme.capitalize()}\n", *map(_feature_section, members)]) for theme, members in themes.items()
    )
    return f"""{NOTE}
# Features

{len(FEATURES)} features. A feature of a day rests on nothing that became known after that day
([how](time.md)), and missing history is missing, not zero. "Last 28 days" includes the day itself.
`churn features describe NAME` says the same on a terminal.

- **Unit**: *change* is relative (-50 % is half as much), *money* is kept in minor units and told in major ones.
- **From**: the tables it rests on; `subscriptions` are taken as `subscription_changes` left them, where there are any.
- **Missing**: where a feature has no value. *Without the table*, *without an event of the role*: for all accounts of a
  company that does not have one; *as defined*: for the accounts that the definition names.
- **Risk**: where more of it can only mean more risk, or only less, the model is held to that.
- **Sentence**: what customer success reads, with the account's own numbers in place of the braces; a feature without
  one is used by the model and never shown as a reason. What is usual for the account goes on with it, as far as that is
  known.
- **Example**: `from pipelines.example import known` makes one account out of the rows given, in which a column of days
  or instants takes whole days before the as-of date, and says what the feature is. A test runs every one.

{overview}

{sections}"""


def _feature_section(feature: Feature) -> str:
    told = {heading: text for heading, text in facts(feature).items() if heading != "theme"}
    lines = "\n".join(f"- **{heading}**: {text}" for heading, text in told.items())
    return f"""### {feature.name}

{definition(feature)}

{lines}

```python
{feature.example}
```
"""
