"""Hand-over: credits in whole cents that are never taken back, reproducible files, and stable idempotency keys."""

import csv
import io
import json
import random
import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from damaging import DAMAGES
from hypothesis import given, settings
from hypothesis import strategies as st
from posted_ledger import post

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.settlement.handover import CREDITS, Credit, Handover, hand_over_batches
from makegood.settlement.ledger import Ledger
from makegood.settlement.records import MANIFEST
from makegood.settlement.standings import FILE, Standing
from makegood.settlement.trusting import refuse_what_may_be_older
from makegood.status import ledger_status
from makegood.storage.rows import read_json_lines

CSV_OPTIONS = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"'"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").prepare()


def credited(handovers: list[Handover]) -> list[dict[str, str]]:
    """The credited amount of each account, for each hand-over."""
    return [
        {row["account_id"]: row["amount_usd"] for row in rows_of(handover.directory / CREDITS)}
        for handover in handovers
    ]


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_fractions_of_a_cent_are_carried_forward_and_reversals_reduce_later_credits(home: Home) -> None:
    post(home, ("acme", "0.125"), ("globex", "0.004"))
    post(home, ("acme", "0.003"))
    post(home, ("acme", "-0.125"), ("globex", "0.005"))
    post(home, ("acme", "0.1"))
    post(home, ("acme", "0.1"))
    handovers = hand_over_batches(home)
    assert credited(handovers) == [{"acme": "0.12"}, {"acme": "0.01"}, {"globex": "0.01"}, {}, {"acme": "0.07"}]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.decimals(min_value=0, max_value=3, places=12), max_size=8))
def test_the_credited_total_is_the_highest_posted_total_rounded_to_cents(sums: list[Decimal]) -> None:
    standing, credited_before = Standing(), Decimal(0)
    for number, posted in enumerate(sums, 1):
        standing = standing.with_posted(posted - standing.posted_usd)
        assert standing.credited_usd >= credited_before
        assert standing.credited_usd == max(round(posted, 2) for posted in sums[:number])
        credited_before = standing.credited_usd


def test_a_repeated_hand_over_writes_identical_files_with_the_expected_content(home: Home) -> None:
    post(home, ("=cmd", "1.5"), ("globex", "2.25"))
    post(home, ("globex", "0.131"))
    handovers = hand_over_batches(home)
    assert [(handover.credit_count, handover.amount_usd, handover.is_new) for handover in handovers] == [
        (2, Decimal("3.75"), True),
        (1, Decimal("0.13"), True),
    ]
    before = [contents(handover.directory) for handover in handovers]
    assert hand_over_batches(home) == []
    for number, files in enumerate(before, 1):
        [repeated] = hand_over_batches(home, number)
        assert not repeated.is_new
        assert contents(repeated.directory) == files
        shutil.rmtree(repeated.directory)
        assert contents(hand_over_batches(home, number)[0].directory) == files

    rows = rows_of(handovers[0].directory / CREDITS)
    assert [(row["account_id"], row["amount_usd"]) for row in rows] == [("=cmd", "1.50"), ("globex", "2.25")]
    lago = [json.loads(line) for line in before[0]["lago_wallet_transactions.jsonl"].splitlines()]
    assert lago[1]["wallet_transaction"]["granted_credits"] == "2.25"
    stripe = [json.loads(line) for line in before[0]["stripe_credit_grants.jsonl"].splitlines()]
    assert stripe[1]["body"]["amount"]["monetary"] == {"currency": "usd", "value": 225}
    assert stripe[1]["headers"]["Idempotency-Key"] == rows[1]["idempotency_key"]
    journal = list(csv.DictReader(io.StringIO(before[0]["journal.csv"].decode())))
    assert {row["amount_usd"] for row in journal} == {"1.500000000000", "2.250000000000"}
    assert json.loads(before[1][MANIFEST])["ledger_digest"] == Ledger(home.ledger).head().digest
    assert read_json_lines(before[1][FILE])[1] == {
        "account_id": "globex",
        "posted_usd": "2.381000000000",
        "credited_usd": "2.38",
    }


amounts = st.integers(min_value=0, max_value=10**6).map(lambda cents: Decimal(cents) / 100)


@given(st.text(), amounts, amounts, st.text(), amounts, amounts)
def test_idempotency_keys_are_equal_only_for_the_same_account_and_the_same_totals(
    account: str, before: Decimal, after: Decimal, other: str, other_before: Decimal, other_after: Decimal
) -> None:
    key = Credit(account, before, after).idempotency_key
    is_same = (account, before, after) == (other, other_before, other_after)
    assert (Credit(other, other_before, other_after).idempotency_key == key) is is_same
    assert Credit(account, before.normalize(), after.quantize(Decimal("0.0001"))).idempotency_key == key


def test_every_unicode_character_survives_the_round_trip_through_every_hand_over_file(home: Home) -> None:
    """Each account id is a run of 1009 characters. Surrogates and NUL are left out, because no text of the lake contains them."""
    characters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    accounts = ["".join(characters[start : start + 1009]) for start in range(0, len(characters), 1009)]
    accounts += [*"\r\n\t\"',;-=+@#", "\r\n", "-acme", "'-acme", "a,b", 'a"b', " acme ", "acme", "NA", "null", "None"]
    expected = {account: f"{number}.{number % 100:02d}" for number, account in enumerate(accounts, 1)}
    post(home, *[(account, amount + "0001") for account, amount in expected.items()])
    [handover] = hand_over_batches(home)

    credits_file, journal = handover.directory / CREDITS, handover.directory / "journal.csv"
    for file, decimal_places in ((credits_file, 2), (journal, 12)):
        exact = {
            account: format(Decimal(amount + ("0001" if decimal_places > 2 else "")), f".{decimal_places}f")
            for account, amount in expected.items()
        }
        assert {row["account_id"]: row["amount_usd"] for row in rows_of(file)} == exact
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        assert dict(zip(frame["account_id"], frame["amount_usd"], strict=True)) == exact
        found = duckdb.execute(f"select account_id, amount_usd from read_csv(?, {CSV_OPTIONS})", [str(file)]).fetchall()
        assert dict(found) == exact
    cents = {account: Decimal(amount) for account, amount in expected.items()}
    stripe = (handover.directory / "stripe_credit_grants.jsonl").read_text().splitlines()
    assert {
        one["account_id"]: Decimal(one["body"]["amount"]["monetary"]["value"]) / 100 for one in map(json.loads, stripe)
    } == cents
    lago = read_json_lines((handover.directory / "lago_wallet_transactions.jsonl").read_bytes())
    assert {one["external_customer_id"]: Decimal(one["wallet_transaction"]["granted_credits"]) for one in lago} == cents

    post(home, *[(account, "0.01") for account in accounts])
    assert credited(hand_over_batches(home)) == [dict.fromkeys(accounts, "0.01")]


def test_an_account_id_that_contains_a_nul_is_refused(home: Home) -> None:
    post(home, ("a\0b", "1"))
    with pytest.raises(MakegoodError, match=r"'a\\x00b' cannot be written as CSV: it contains a NUL"):
        hand_over_batches(home)


def test_changed_hand_over_files_stop_the_hand_over_and_are_not_overwritten(home: Home) -> None:
    post(home, ("acme", "1"))
    [handover] = hand_over_batches(home)
    with pytest.raises(MakegoodError, match="there is no batch 2: the ledger has 1"):
        hand_over_batches(home, 2)
    (handover.directory / CREDITS).write_text("changed")
    with pytest.raises(
        MakegoodError, match=r"credits\.csv is damaged, its content has changed since it was handed over: restore it"
    ):
        hand_over_batches(home)
    with pytest.raises(MakegoodError, match=r"credits\.csv was handed over with different content"):
        hand_over_batches(home, 1)


def test_an_interrupted_hand_over_is_completed(home: Home) -> None:
    post(home, ("acme", "1"))
    folder = home.ledger / "handover" / "00000001"
    folder.mkdir(parents=True)
    (folder / CREDITS).write_text("half a line")
    [handover] = hand_over_batches(home)
    assert (handover.is_new, credited([handover])) == (True, [{"acme": "1.00"}])


@pytest.mark.parametrize("content", [b"", b"{", b'{"ledger_sequence": 1}'])
@pytest.mark.parametrize("batch", [1, 2])
def test_a_damaged_manifest_stops_hand_overs_until_its_batch_is_handed_over_again(
    home: Home, batch: int, content: bytes
) -> None:
    post(home, ("acme", "1"))
    post(home, ("acme", "1"))
    directory = hand_over_batches(home)[batch - 1].directory
    before = contents(directory)
    (directory / MANIFEST).write_bytes(content)
    with pytest.raises(MakegoodError, match=rf"0000000{batch}/manifest\.json is damaged.*move .*0000000{batch} away"):
        hand_over_batches(home)
    directory.rename(home.root / "away")
    with pytest.raises(MakegoodError, match=rf"`makegood handover --batch {batch}`"):
        hand_over_batches(home)
    hand_over_batches(home, batch)
    assert contents(directory) == before
    assert hand_over_batches(home) == []


@pytest.mark.parametrize("name", ["credits.csv", "journal.csv", "stripe_credit_grants.jsonl", FILE])
@pytest.mark.parametrize(("batch", "damage"), [(1, "missing"), (2, "missing"), (2, "empty"), (2, "flipped")])
def test_a_lost_or_damaged_hand_over_file_is_reported_until_it_is_written_again(
    home: Home, name: str, batch: int, damage: str
) -> None:
    post(home, ("acme", "1"))
    post(home, ("acme", "1"))
    file = hand_over_batches(home)[batch - 1].directory / name
    before = file.read_bytes()
    DAMAGES[damage](file, random.Random(1))
    for operation in (lambda: hand_over_batches(home), lambda: refuse_what_may_be_older(home, Ledger(home.ledger))):
        with pytest.raises(
            MakegoodError, match=rf"{batch}/{re.escape(name)} (is damaged|cannot be read).*restore it from a copy"
        ):
            operation()
    assert name in str(ledger_status(home).problem)
    file.unlink(missing_ok=True)
    hand_over_batches(home, batch)
    assert file.read_bytes() == before
    assert hand_over_batches(home) == []


def test_damaged_standings_stop_the_next_hand_over(home: Home) -> None:
    post(home, ("acme", "1"))
    standings = hand_over_batches(home)[0].directory / FILE
    post(home, ("acme", "1"))
    standings.write_bytes(standings.read_bytes().replace(b"1.00", b"0.10"))
    with pytest.raises(MakegoodError, match=r"standings\.jsonl is damaged"):
        hand_over_batches(home)


def test_a_batch_cannot_be_handed_over_before_the_batches_that_precede_it(home: Home) -> None:
    post(home, ("acme", "1"))
    post(home, ("acme", "1"))
    with pytest.raises(MakegoodError, match="batch 1 was not handed over"):
        hand_over_batches(home, 2)
