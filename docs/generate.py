"""Writes the pages that come out of the code: ``configuration.md``, ``contract.md`` and ``features.md``.

Belongs here: how keys, tables and features look on a page. Does not belong here: what they mean, which is written once,
where they are declared. ``make docs`` runs this; a test holds the pages to what it gives.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from churn_features.catalogue import FEATURES
from churn_features.describing import definition, facts
from churn_features.feature import Feature
from churn_features.tables import CONTRACT, ROLES, STORED_USAGE, VERSION, Column, Table
from pipelines import config
from pipelines.contracts.rules import rules_for

DOCS = Path(__file__).resolve().parent
NOTE = "<!-- written by docs/generate.py: change the code, then run `make docs` -->"


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {"configuration.md": configuration_page(), "contract.md": contract_page(), "features.md": features_page()}


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; what would break out of a cell is escaped."""

    def line(cells: Iterable[object]) -> str:
        texts = (" ".join(str(cell or "").split()).replace("|", "\\|").replace("``", "`") for cell in cells)
        return "| " + " | ".join(texts) + " |"

    names = list(header)
    return "\n".join([line(names), "|" + "---|" * len(names), *(line(row) for row in rows)])


# configuration


def configuration_page() -> str:
    """Every key of the configuration file, and one full example."""
    body = "\n\n".join(_section(place, model) for place, model in sections())
    example = (DOCS / "example.yaml").read_text("utf-8").rstrip()
    return f"""{NOTE}
# Configuration

One file says everything: `churn.yaml` in the folder where a command is run. `churn --config FILE` or the environment
variable `{config.ENVIRONMENT}` choose another. A key that is not listed here is refused. `churn config check` reads the
file and says where tables come from and where results go.

- **Paths** are relative to the configuration file.
- **Secrets** are never written into the file: `${{NAME}}` in any text is replaced by the environment variable, and
  `${{NAME:-default}}` has a default. A variable that is not set and has no default is an error.
- **Names of tables and columns** are those of [the contract](contract.md).

## A full example

```yaml
{example}
```

{body}
"""


def sections() -> list[tuple[str, type[BaseModel]]]:
    """Every section of the file: its place, with NAME for names that the user chooses, and the model of its keys."""
    return [("", config.Config), *_below(config.Config, "")]


def keys(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The keys of a section."""
    return [(name, field) for name, field in model.model_fields.items() if not field.exclude]


def _below(model: type[BaseModel], place: str) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in keys(model):
        for suffix, inner in _models(field.annotation):
            yield f"{place}{name}{suffix}", inner
            yield from _below(inner, f"{place}{name}{suffix}.")


def _models(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models in a key's type, and what stands between the key and theirs: ``.NAME`` where names are mapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation
    named = get_origin(annotation) is dict
    for part in get_args(annotation)[1 if named else 0 :]:
        for suffix, model in _models(part):
            yield (".NAME" if named else "") + suffix, model


def _section(place: str, model: type[BaseModel]) -> str:
    rows = [[f"`{name}`", type_name(field.annotation), _default(field), _meaning(field)] for name, field in keys(model)]
    kind = model.model_fields.get("kind")
    one_of_several = f" of kind {get_args(kind.annotation)[0]}" if kind and kind.is_required() else ""
    title = (f"`{place}`" if place else "Keys") + one_of_several
    said = (model.__doc__ or "").replace("``", "`")
    return f"## {title}\n\n{said}\n\n{table(['key', 'type', 'default', 'meaning'], rows)}"


def type_name(annotation: Any) -> str:
    """A key's type in words."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(parts[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in parts) if len(parts) < len(ROLES) else "role"
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(type_name(part) for part in parts if part is not type(None)))
    if origin is dict:
        return f"mapping of names to {type_name(parts[1])}"
    if origin is list:
        return f"list of {type_name(parts[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    words = {"str": "text", "SecretStr": "text", "int": "whole number", "float": "number", "bool": "true or false"}
    return words.get(annotation.__name__, annotation.__name__.lower())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel) or value in (None, {}):
        return ""
    return f"`{value}`"


def meaning(field: FieldInfo) -> str:
    """What a key means, empty if nobody wrote it down."""
    if field.description:
        return field.description
    annotation = field.annotation
    if get_origin(annotation) is Literal and len(get_args(annotation)) == 1:
        return "which kind of source this is"
    return (annotation.__doc__ or "") if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ""


def _meaning(field: FieldInfo) -> str:
    limits = [limit for limit in map(_limit, field.metadata) if limit]
    return "; ".join([meaning(field), *limits])


def _limit(rule: Any) -> str:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{word} {getattr(rule, name)}" for name, word in words.items() if hasattr(rule, name))


# contract


def contract_page() -> str:
    """Every table and column of the contract, and what is checked."""
    overview = table(
        ["table", "what it holds", "needed"],
        [[f"[{each.name}](#{each.name})", each.meaning, _needed(each)] for each in CONTRACT],
    )
    return f"""{NOTE}
# The contract, version {VERSION}

The tables that the product reads, whatever they are called in your systems: [the configuration](configuration.md) maps
your columns to these. Only `accounts` and `subscriptions` are required. A table or a column that you do not have costs
the features that rest on it, nothing else.

{overview}

**Types.** *text*; *instant*: a point in time, kept as UTC; *day*: a day in the company's time zone; *integer*;
*money*: a whole number of minor units (cents) of the configured currency; *number*; *flag*: true or false.

**Kinds.** A *fixed* value is written once, with its row. An *event* value is filled in later and counts only from the
instant named under "known from". A *snapshot* value is overwritten in place, so nobody can tell what it was on an
earlier day: it may be shown on lists and is refused as a feature.

**Rules.** Rows that break an *error* are set aside in the quarantine; if more than `contracts.max_bad_share` of a table
is set aside, or a required column is empty throughout, the whole table is withheld for that day. Rows that break a
*warning* are published and reported.

{chr(10).join(_table_section(each) for each in CONTRACT)}
## Event roles

Products name their events differently, so `event_roles` in the configuration maps your names to these; features speak
of roles only. An event without a role still counts as activity.

{", ".join(f"`{role}`" for role in ROLES)}
"""


def _table_section(each: Table) -> str:
    columns = table(
        ["column", "type", "", "kind", "meaning"],
        [
            [
                f"`{column.name}`",
                column.type,
                "required" if column.required else "",
                _column_kind(column),
                _said(column),
            ]
            for column in each.columns
        ],
    )
    rules = table(["rule", "level", "what must hold"], [[f"`{r.id}`", r.level, r.meaning] for r in rules_for(each)])
    kept = f" Kept as {', '.join(f'`{name}`' for name in STORED_USAGE)}." if each.name == "usage" else ""
    return f"""## {each.name}

{each.meaning[0].upper()}{each.meaning[1:]}. Key: {", ".join(f"`{name}`" for name in each.key)}.{kept}

{columns}

{rules}
"""


def _needed(each: Column | Table) -> str:
    return "required" if each.required else ""


def _column_kind(column: Column) -> str:
    return f"event, known from `{column.known_from}`" if column.kind == "event" else column.kind


def _said(column: Column) -> str:
    return column.meaning + (f": {', '.join(f'`{choice}`' for choice in column.choices)}" if column.choices else "")


# features


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


def main() -> None:
    """Write the pages that changed."""
    for name, text in pages().items():
        path = DOCS / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
