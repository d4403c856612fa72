"""The hold list: nothing is posted to an account on the list, and a list that cannot be read is refused."""

from decimal import Decimal
from pathlib import Path

import pytest
from settled_home import Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.settlement.holds import held_accounts
from makegood.storage.rows import csv_text


def test_entries_of_a_held_account_are_not_posted_until_the_hold_is_lifted(warehouse: Warehouse) -> None:
    warehouse.set_holds("acme")
    warehouse.set_decisions(Decision("a"), Decision("b", account_id="globex"))
    warehouse.publish()
    settlement = warehouse.settle()
    assert (settlement.entry_count, settlement.held_count, settlement.held_usd) == (1, 1, Decimal(1))
    warehouse.settle()
    warehouse.set_holds()
    settlement = warehouse.settle()
    assert (settlement.entry_count, settlement.held_count) == (1, 0)
    assert [row[0] for row in warehouse.entries("account_id")] == ["globex", "acme"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"acme,disputed\n", "must begin with the line account_id,reason"),
        (b"", "must begin with the line account_id,reason"),
        (b'account_id,reason\n"acme,disputed\nglobex,disputed\n', "cannot read .*holds.csv: line 3: unexpected end"),
        (b"account_id,reason\nacme\xff,disputed\n", "cannot read .*holds.csv: .*can't decode"),
        (b"account_id,reason\nacme,disputed\n ,disputed\n", "names no account on line 3"),
    ],
)
def test_an_invalid_hold_list_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "holds.csv").write_bytes(content)
    with pytest.raises(MakegoodError, match=message):
        held_accounts(tmp_path)


def test_a_hold_list_can_contain_any_account_id(tmp_path: Path) -> None:
    assert held_accounts(tmp_path) == set()
    accounts = ["acme", "a,b", 'a"b', "a\r\nb", "a\u2028b", "-acme", "'-acme", " acme"]
    (tmp_path / "holds.csv").write_bytes(
        b"\xef\xbb\xbf" + csv_text(["account_id", "reason"], [[account, "x"] for account in accounts]).encode()
    )
    assert held_accounts(tmp_path) == set(accounts)


def test_an_account_with_surrounding_spaces_in_the_hold_list_is_still_held(tmp_path: Path) -> None:
    (tmp_path / "holds.csv").write_text("account_id,reason\nacme ,disputed\n\u00a0globex,\n")
    assert {"acme", "globex"} <= held_accounts(tmp_path)
