"""What people do with the report: look, sort, filter, search, open an account; with keys only, by light and in dark, on
a phone; and that nothing in the data runs, breaks the page or is asked for elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.process

Visit = Callable[..., Any]
SIZES = {"wide": (1360, 1000), "tablet": (820, 1180), "phone": (390, 844), "narrow": (320, 700)}
HOSTILE_ROWS = 11


def column(page: Page, name: str) -> list[str]:
    """Texts of a column as shown."""
    return [" ".join(text.split()) for text in page.locator(f"#rows .{name}").all_inner_texts()]


def sort(page: Page, title: str) -> None:
    page.get_by_role("columnheader", name=title, exact=True).get_by_role("button").click()


def open_account(page: Page, name: str) -> Any:
    page.get_by_role("button", name=name, exact=True).click()
    shown = page.get_by_role("dialog", name=name)
    shown.wait_for()
    return shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_opens_without_a_fault_and_fits(visit: Visit, size: str, scheme: str) -> None:
    shown = visit(*SIZES[size], scheme)
    page = shown.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop")
    expect(page.get_by_role("status")).to_have_text("120 accounts")
    page.locator("#more").click()
    assert page.locator("#rows tr").count() == 120
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in paper[4:-1].split(",")) > 384) is (scheme == "light")
    page.evaluate("scrollTo(0, 0)")
    shown.picture(f"{size}-{scheme}")
    page.locator("#stakes").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#stakes').scrollIntoView()")
    shown.picture(f"charts-{size}-{scheme}")
    open_account(page, "Customer 1")
    assert page.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('dialog'))")
    shown.picture(f"account-{size}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_axe_finds_nothing(visit: Visit, size: str, scheme: str) -> None:
    page = visit(*SIZES[size], scheme).page
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    def violations() -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]

    assert violations() == []
    open_account(page, "Customer 1")
    page.evaluate("document.querySelectorAll('dialog details').forEach(each => { each.open = true; })")
    assert violations() == []


def test_sorting_both_ways_with_what_is_missing_last(visit: Visit) -> None:
    page = visit().page
    assert column(page, "rank")[0].startswith("1")
    sort(page, "MRR")
    head = page.get_by_role("columnheader", name="MRR", exact=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, "mrr")[:2] == ["€999.00", "€998.00"]
    sort(page, "MRR")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(page, "mrr")[:2] == ["€5.00", "€6.00"]
    assert page.locator("[aria-sort]:not([aria-sort=none])").count() == 1
    sort(page, "Account")
    names = column(page, "account")
    assert names.index("Customer 2 a02") < names.index("Customer 10 a10"), "numbers in names count as numbers"
    page.get_by_role("tab", name="Save").click()
    assert page.get_by_role("columnheader", name="Risk").count() == 0, "a column without any value is not there"
    sort(page, "Play")
    assert column(page, "play") == ["Ask to update the card", ""]
    sort(page, "Play")
    assert column(page, "play") == ["Ask to update the card", ""]


def test_filters_and_search_work_together(visit: Visit) -> None:
    page = visit().page
    status = page.get_by_role("status")
    page.get_by_role("combobox", name="Owner").select_option("Owner 1")
    expect(status).to_have_text("10 of 120 accounts")
    assert set(column(page, "owner")) == {"Owner 1"}
    page.get_by_role("combobox", name="Plan").select_option("pro")
    expect(status).to_have_text("5 of 120 accounts")
    page.get_by_role("combobox", name="Reason").select_option("usage")
    expect(status).to_have_text("0 of 120 accounts")
    expect(page.get_by_text("No account matches")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(status).to_have_text("120 accounts")
    page.get_by_role("searchbox", name="Search").fill("a07")
    expect(status).to_have_text("1 of 120 accounts")
    assert column(page, "account") == ["Customer 7 a07"]
    page.get_by_role("searchbox", name="Search").fill("SIGN-INS in the last 28 days: 12")
    expect(status).to_have_text("1 of 120 accounts")


def test_a_long_list_is_shown_in_parts(visit: Visit) -> None:
    page = visit().page
    assert page.locator("#rows tr").count() == 50
    page.get_by_role("button", name="Show 70 more").click()
    assert page.locator("#rows tr").count() == 120
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 51
    assert page.locator("#more").is_hidden()


def test_an_account_tells_its_story(visit: Visit) -> None:
    shown = visit()
    told = open_account(shown.page, "Customer 1")
    for text in ("Sign-ins in the last 28 days: 1", "MRR: 20 EUR", "At risk, rank 1; Save, rank 1", "since 2025-03-09"):
        expect(told.get_by_text(text)).to_be_visible()
    course = told.get_by_role("img", name="Probability of leaving on 4 days")
    assert "10 % on 2025-02-18, 40 % on 2025-03-10" in (course.get_attribute("aria-label") or "")
    assert told.get_by_text("Dotted: another model").is_visible()
    assert told.get_by_role("img", name="Usage by day").is_visible()
    contacts = told.locator(".contacts li")
    assert contacts.all_inner_texts() == ["2025-03-08\ntraining", "2025-03-01\ncheck in\npromised to stay"]
    told.get_by_text("Scores by day").click()
    assert told.get_by_role("cell", name="2025-03-07").is_visible()
    assert "98" not in told.get_by_role("region", name="Scores by day").inner_text(), "a score of a later day"


def test_the_play_says_what_to_do(visit: Visit) -> None:
    page = visit().page
    page.get_by_role("tab", name="Save").click()
    told = open_account(page, "Customer 1")
    expect(told.get_by_text("Ask to update the card")).to_be_visible()
    assert told.locator("ol li").count() >= 2
    told.get_by_text("Message", exact=True).click()
    expect(told.get_by_text("Hello Customer 1,")).to_be_visible()


def test_accounts_have_an_address_and_neighbours(visit: Visit) -> None:
    page = visit(at="#account=a05").page
    expect(page.get_by_role("dialog", name="Customer 5")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("dialog", name="Customer 6")).to_be_visible()
    assert page.url.endswith("#account=a06")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "#" not in page.url
    assert page.evaluate("document.activeElement.dataset.account") == "a06"
    page.evaluate("location.hash = '#account=%'")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_everything_can_be_done_with_keys(visit: Visit) -> None:
    page = visit().page

    def reach(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert ring != "none", f"nobody sees that {selector} has the focus"
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    reach("a.skip")
    page.keyboard.press("Enter")
    reach("[role=tab]")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Save")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("status")).to_have_text("0 accounts")
    page.keyboard.press("Home")
    reach("#search")
    page.keyboard.type("customer 1")
    expect(page.get_by_role("status")).to_have_text("32 of 120 accounts")
    reach("[data-sort=mrr]")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert page.get_by_role("columnheader", name="MRR", exact=True).get_attribute("aria-sort") == "ascending"
    reach("button.open")
    opened = page.evaluate("document.activeElement.dataset.account")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "account-name", "a screen reader begins with the name"
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.account") == opened


def test_hostile_names_are_text(visit: Visit, listed_shop: Any) -> None:
    from pipelines.exports import published

    page = visit().page
    found = published(listed_shop.config, "at_risk", listed_shop.as_of)
    assert found is not None
    page.get_by_role("searchbox", name="Search").fill("window.hacked")
    expect(page.get_by_role("status")).to_have_text("3 of 120 accounts")
    heading = page.locator("#account-name")
    for row in found.rows()[29 : 29 + HOSTILE_ROWS]:
        page.evaluate("(id) => { location.hash = `#account=${encodeURIComponent(id)}`; }", row["account_id"])
        expect(heading).to_be_visible()
        page.wait_for_function(
            "(name) => document.querySelector('#account-name').textContent === name", arg=row["name"]
        )
        assert page.locator("dialog script, dialog img").count() == 0
        assert page.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('dialog'))")
        page.keyboard.press("Escape")
    assert page.locator("script").count() == 3, "two of data, one of ours"


INJECTIONS = {
    "an event handler": "document.body.setAttribute('onclick', 'window.hacked = 9')",
    "markup": "document.body.innerHTML = '<p>'",
    "a script": "document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 9'}))",
}


@pytest.mark.parametrize("what", INJECTIONS)
def test_the_policy_lets_no_text_become_code(visit: Visit, what: str) -> None:
    shown = visit()
    attempt = f"() => {{ try {{ {INJECTIONS[what]}; return 'done'; }} catch (error) {{ return error.name; }} }}"
    assert shown.page.evaluate(attempt) == "TypeError"
    assert any("TrustedScript" in error or "TrustedHTML" in error for error in shown.errors)
    shown.errors.clear()
