"""The hold list: nothing is posted to an account that is on it, and a list that cannot be read is refused."""

from decimal import Decimal
from pathlib import Path

import pytest
from settled_home import Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.settlement.holds import held_accounts
from makegood.storage.rows import csv_text


def test_a_hold_keeps_an_accounts_entries_back_until_it_is_lifted(warehouse: Warehouse) -> None:
    warehouse.hold("acme")
    warehouse.decides(Decision("a"), Decision("b", account_id="globex"))
    warehouse.publishes()
    done = warehouse.settles()
    assert (done.entry_count, done.held_count, done.held_usd) == (1, 1, Decimal(1))
    warehouse.settles()
    warehouse.hold()
    done = warehouse.settles()
    assert (done.entry_count, done.held_count) == (1, 0)
    assert [row[0] for row in warehouse.entries("account_id")] == ["globex", "acme"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"acme,disputed\n", "must begin with the line account_id,reason"),
        (b"", "must begin with the line account_id,reason"),
        (b'account_id,reason\n"acme,disputed\nglobex,disputed\n', "cannot read .*holds.csv: line 3: unexpected end"),
        (b"account_id,reason\nacme\xff,disputed\n", "cannot read .*holds.csv: .*can't decode"),
        (b"account_id,reason\nacme,disputed\n ,disputed\n", "names no account on line 3"),
    ],
)
def test_a_hold_list_that_is_not_as_it_must_be_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "holds.csv").write_bytes(content)
    with pytest.raises(MakegoodError, match=fault):
        held_accounts(tmp_path)


def test_a_hold_list_names_any_account_exactly(tmp_path: Path) -> None:
    assert held_accounts(tmp_path) == set()
    accounts = ["acme", "a,b", 'a"b', "a\r\nb", "a\u2028b", "-acme", "'-acme", " acme"]
    (tmp_path / "holds.csv").write_bytes(
        b"\xef\xbb\xbf" + csv_text(["account_id", "reason"], [[one, "x"] for one in accounts]).encode()
    )
    assert held_accounts(tmp_path) == set(accounts)


def test_a_blank_beside_a_name_on_the_hold_list_lets_no_money_go(tmp_path: Path) -> None:
    (tmp_path / "holds.csv").write_text("account_id,reason\nacme ,disputed\n\u00a0globex,\n")
    assert {"acme", "globex"} <= held_accounts(tmp_path)
