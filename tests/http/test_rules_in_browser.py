"""Your page, your rules: the history, the controls, and what takes everything back."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

pytest_plugins = ("tests.http.browser",)

Begin = Callable[..., Any]


def entries(tab: Any) -> list[str]:
    return list(tab.locator(".entry:not([data-leaving]) .strong").all_text_contents())


def test_what_is_removed_from_the_history_is_gone_at_once_and_an_undo_brings_it_back(visit: Begin) -> None:
    here = visit()
    tab = here.open("ivy/rules", ".entry")
    before = entries(tab)
    assert len(before) == 12  # she rated them all
    button = tab.get_by_role("button", name=f"Remove {before[2]} from what you watched", exact=True)
    button.focus()
    tab.keyboard.press("Enter")
    here.until(lambda: entries(tab) == before[:2] + before[3:])
    here.expect(f".entry:has-text('{before[3]}') button:focus").to_be_visible()
    here.until(lambda: here.sent("remove_from_history"))
    tab.keyboard.press("u")
    here.until(lambda: entries(tab) == before)
    here.until(lambda: here.sent("undo"))
    assert here.sent("undo")[0]["target"] == here.sent("remove_from_history")[0]["id"]


def test_each_control_says_what_it_did_and_keeps_it(visit: Begin) -> None:
    here = visit()
    tab = here.open("jon/rules", ".control")
    group = tab.get_by_role("group", name="Profiling")
    here.sure(group.get_by_role("radio", name="On")).to_be_checked()
    group.get_by_role("radio", name="On").focus()
    tab.keyboard.press("ArrowRight")
    here.sure(group.get_by_role("status")).to_contain_text("Profiling is off")
    tab.get_by_role("group", name="Pictures chosen for you").get_by_role("radio", name="Off").check()
    here.expect(".control:nth-child(2) .outcome").to_contain_text("first picture")
    tab.reload()
    here.expect(".control input[value='off']:checked").to_have_count(2)
    here.open("jon")
    reasons = set(tab.locator(".rows .row-reason").all_text_contents())
    assert reasons == {"Profiling is off: neither the titles nor their order depend on what you watched."}


def test_the_export_is_a_file_with_every_event_as_it_was_sent(visit: Begin, tmp_path: Path) -> None:
    here = visit()
    tab = here.open("ivy/rules", ".entry")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "profile.json"
    download.value.save_as(tmp_path / "ivy.json")
    assert '"rating"' in json.dumps(json.loads((tmp_path / "ivy.json").read_text()))


def test_starting_over_asks_first_and_empties_the_history(visit: Begin) -> None:
    here = visit()
    tab = here.open("kim/rules", ".entry")
    tab.get_by_role("button", name="Start over").click()
    dialog = tab.get_by_role("alertdialog")
    here.sure(dialog).to_contain_text("Kim")
    here.sure(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    tab.keyboard.press("Escape")
    here.sure(dialog).to_have_count(0)
    assert len(entries(tab)) == 12
    tab.get_by_role("button", name="Start over").click()
    dialog.get_by_role("button", name="Start over").click()
    here.expect(".entries-below").to_contain_text("Nothing yet")
    assert entries(tab) == []


def test_erasing_asks_first_says_what_remains_and_leaves_no_profile(visit: Begin) -> None:
    here = visit()
    tab = here.open("rex/rules", ".entry")
    tab.get_by_role("button", name="Erase").click()
    dialog = tab.get_by_role("alertdialog", name="Erase Rex for good?")
    here.sure(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Cancel").click()
    tab.get_by_role("button", name="Erase").click()
    dialog.get_by_role("button", name="Erase for good").click()
    here.sure(tab.get_by_role("heading", name="Rex is erased.")).to_be_focused()
    here.expect(".message").to_contain_text(re.compile(r"\d+ events are gone"))
    assert len(tab.locator(".message p.quiet").inner_text()) > 20  # what remains, in words
    tab.get_by_role("link", name="Who’s watching?").click()
    here.expect(".face").not_to_have_count(0)
    assert "Rex" not in tab.locator(".face-name").all_text_contents()
    here.complaints.clear()
    tab.goto(f"http://{here.address.netloc}/#/rex")
    here.expect("#complaint").to_contain_text("rex")
    here.complaints[:] = [said for said in here.complaints if "404" not in said]
