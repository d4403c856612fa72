"""CSV and JSON lines: other readers get exactly the accounts and amounts that were written, whatever Unicode they contain."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.errors import MakegoodError
from makegood.storage import rows

PROJECT = Path(rows.__file__).parents[2]
AWKWARD = "\r\n\u2028\u2029\x85\x1c\ufeff\"',;-=+@ \t#\\|\uff1d"
accounts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from(AWKWARD), min_size=1
)
amounts = st.decimals(min_value=0, max_value=10**9, places=12)
credits = st.lists(st.tuples(accounts, amounts.map("{:f}".format)), max_size=5)
EXACTLY = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false"


@settings(max_examples=60, deadline=None)
@given(credits)
def test_every_csv_reader_gets_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    file = tmp_path_factory.mktemp("csv") / "credits.csv"
    file.write_bytes(rows.csv_text(["account_id", "amount_usd"], written).encode())
    with file.open(newline="", encoding="utf-8") as stream:
        assert list(map(tuple, csv.reader(stream)))[1:] == written
    assert [tuple(row) for _, row in rows.read_csv(file.read_bytes())][1:] == written
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    assert list(frame.itertuples(index=False, name=None)) == written
    assert duckdb.execute(f"from read_csv(?, {EXACTLY})", [str(file)]).fetchall() == written
    assert [Decimal(amount) for _, amount in written] == list(map(Decimal, frame["amount_usd"]))


@settings(max_examples=60, deadline=None)
@given(credits)
def test_every_reader_of_json_lines_gets_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    file = tmp_path_factory.mktemp("json") / "credits.jsonl"
    objects = [{"account_id": account, "amount_usd": amount} for account, amount in written]
    file.write_text(rows.json_lines(objects))
    assert rows.read_json_lines(file.read_bytes()) == objects
    assert [json.loads(line) for line in file.read_text().splitlines()] == objects
    columns = "format = 'newline_delimited', columns = {account_id: 'varchar', amount_usd: 'varchar'}"
    assert duckdb.execute(f"from read_json(?, {columns})", [str(file)]).fetchall() == written
    if written:
        frame = pd.read_json(file, lines=True, dtype=False)
        assert list(frame.itertuples(index=False, name=None)) == written


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from(AWKWARD))))
def test_a_csv_file_for_spreadsheets_holds_no_formula_and_its_texts_can_be_restored(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    file = tmp_path_factory.mktemp("guarded") / "export.csv"
    with duckdb.connect() as con:
        con.execute("create table texts as select 'row' as name, unnest($texts)::varchar as text", {"texts": texts})
        con.execute(f"copy (select name, {rows.guarded_sql('text')} from texts) to '{file}' (format csv, header)")
    cells = [row[1] for _, row in rows.read_csv(file.read_bytes())][1:]
    assert cells == [rows.guarded(text) for text in texts]
    assert not any(text.startswith(tuple(rows.FORMULA_STARTS)) for text in cells)
    assert [rows.unguarded(text) for text in cells] == texts


@pytest.mark.parametrize("text", ["a\0b", "\0", "half a character: \ud83d"])
def test_a_text_that_csv_cannot_represent_is_refused(text: str) -> None:
    with pytest.raises(MakegoodError, match="cannot be written as CSV"):
        rows.csv_text(["account_id"], [[text]])


def test_null_is_an_empty_field_and_an_empty_text_is_quoted() -> None:
    assert rows.csv_text(["a", "b"], [[None, ""], ["x y", "1,5"]]) == 'a,b\n,""\nx y,"1,5"\n'
    assert rows.csv_text(["a"], [[None]]) == 'a\n""\n'


@pytest.mark.parametrize(
    ("content", "fault"), [(b"a\nb\xff\n", "can't decode"), (b'a,b\n1,"2\n', "line 2: unexpected end of data")]
)
def test_invalid_csv_is_refused_with_its_line(content: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        list(rows.read_csv(content))


def test_no_code_uses_the_csv_module_for_writing_or_splitlines() -> None:
    """`splitlines` also splits at U+2028 and other characters that occur in the texts of logs."""
    sources = {
        file: file.read_text()
        for folder in ("makegood", "orchestration", "dashboard", "expectations")
        for file in (PROJECT / folder).rglob("*.py")
    }
    assert [file for file, text in sources.items() if ".splitlines(" in text] == []
    writers = [file.name for file, text in sources.items() if "csv.writer(" in text or "csv.DictWriter(" in text]
    assert writers == []
