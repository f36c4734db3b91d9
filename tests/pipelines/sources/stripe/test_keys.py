"""The keys of a Stripe source: what is refused, and that no key is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines import config as configuration
from pipelines.config import StripeSource
from pipelines.errors import ChurnError


def source(**keys: Any) -> StripeSource:
    return StripeSource.model_validate({"kind": "stripe", "api_key": "rk_live_verysecret", **keys})


def test_defaults() -> None:
    made = source()
    assert made.live
    assert (made.account_id, made.plan, made.api_base) == ("id", "product.name", "https://api.stripe.com")
    assert set(made.gives) == {"accounts", "subscriptions", "subscription_changes", "invoices", "payments",
                               "payment_methods"}  # fmt: skip
    assert not source(api_key="sk_test_1").live
    assert "verysecret" not in f"{made!r} {made} {made.model_dump()} {made.model_dump_json()}"


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"api_key": "pk_live_1"}, "give a secret"),
        ({"api_key": "rk_live_"}, "give a secret"),
        ({"api_base": "http://stripe.example.com"}, "give an https address"),
        ({"api_base": "https://me:secret@stripe.example.com"}, "give an https address"),
        ({"tables": []}, "at least 1 item"),
        ({"tables": ["usage"]}, "Input should be"),
        ({"accounts": {"account_id": "id"}}, "no column of accounts"),
        ({"accounts": {"colour": "metadata.colour"}}, "no column of accounts"),
        ({"accounts": {"owner": 'a"b'}}, "is no field"),
        ({"plan": "nickname"}, "should match pattern"),
        ({"account_id": 'metadata."x'}, "should match pattern"),
        ({"overlap_minutes": 0}, "greater than or equal to 1"),
    ],
)
def test_refused(keys: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        source(**keys)


def test_a_key_in_the_file_is_refused_and_not_shown(
    configured: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = configured().file
    plain = file.read_text("utf-8").replace("${STRIPE_KEY:-rk_test_readonly}", "rk_live_verysecret")
    file.write_text(plain, "utf-8")
    with pytest.raises(ChurnError, match=r"sources\.billing\.api_key holds a key in plain text") as said:
        configuration.load(file)
    assert "verysecret" not in str(said.value)
    file.write_text(plain.replace("rk_live_verysecret", "${STRIPE_KEY}"), "utf-8")
    monkeypatch.setenv("STRIPE_KEY", "not-a-key-verysecret")
    with pytest.raises(ChurnError, match=r"api_key: Value error, give a secret") as said:
        configuration.load(file)
    assert "verysecret" not in str(said.value)
    monkeypatch.setenv("STRIPE_KEY", "rk_live_verysecret")
    assert configuration.load(file).sources["billing"].live  # type: ignore[union-attr]


def test_without_the_library_the_remedy_is_said(
    configured: Any, landed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "stripe", None)
    with pytest.raises(ChurnError, match=r"needs the stripe library.*pip install \"churn-pipeline\[stripe\]\""):
        landed(configured(), "accounts", tmp_path / "landed")


def test_the_example_of_the_documentation_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[4] / "docs" / "sources.md").read_text("utf-8")
    example = page.partition("## Stripe\n")[2].partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "churn.yaml").write_text(example, "utf-8")
    monkeypatch.setenv("STRIPE_KEY", "rk_live_1")
    billing = configuration.load(tmp_path / "churn.yaml").sources["billing"]
    assert isinstance(billing, StripeSource)
    assert billing.accounts["owner"] == "metadata.csm"
