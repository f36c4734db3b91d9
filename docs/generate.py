"""Writes the pages that come out of the code, or parts of them.

Belongs here: which pages, and the one of the configuration. Does not belong here: the others, each in a module beside
this one, and what keys, tables, features, triggers and plays mean, which is written once, where they are declared.
``make docs`` runs this; a test holds the pages to what it gives.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from churn_features.tables import ROLES
from pipelines import config

DOCS = Path(__file__).resolve().parent
# whoever loads this file by its path does not find the modules beside it
sys.path.insert(0, str(DOCS))

from contract_page import contract_page  # noqa: E402
from features_page import features_page  # noqa: E402
from lists_page import columns_page, schema_file  # noqa: E402
from outreach_pages import plays_page, triggers_page  # noqa: E402
from page_parts import NOTE, table  # noqa: E402


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {
        "configuration.md": configuration_page(),
        "contract.md": contract_page(),
        "contracts/list.schema.json": schema_file(),
        "list-columns.md": columns_page(),
        "features.md": features_page(),
        "plays.md": plays_page(),
        "triggers.md": triggers_page(),
    }


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
- **Bare words.** `true` and `false` are no text; `yes`, `no`, `on` and `off` are, so that `NO` may be a country, but
  switches such as `enabled` take them too. A text of digits, or of `true`, wants quotes.
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


def main() -> None:
    """Write the pages that changed."""
    for name, text in pages().items():
        path = DOCS / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
