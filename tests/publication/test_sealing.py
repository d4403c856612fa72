"""Seals of published data: readers, settlements and runs detect data that changed after its publication, and do not use it."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from command_line import makegood
from damaging import DAMAGES, copy_of, flip
from fastapi.testclient import TestClient
from running_gateway import FIRST, Gateway

from dashboard.app import create_app
from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.publication.checksums import BLOCK, file_seal
from makegood.publication.pinning import pin_catalog
from makegood.publication.publications import Publications
from makegood.publication.published_files import PREFIX, PublishedFiles, damage
from makegood.publication.reading import current_publication
from makegood.publication.sealing import prove
from makegood.publication.upkeep import maintain
from makegood.settings import Settings
from makegood.settlement.settling import session
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach
from orchestration.assets.warehouse import refuse_what_is_damaged
from orchestration.resources import PublicationRecord

QUESTIONS = [
    "select account_id, count(*), sum(payout_usd), sum(cost_usd) from fct_requests group by all order by all",
    "select request_id, account_id, payout_usd, meta from fct_compensations order by request_id",
    "select * exclude (description) from dim_compensation_rules order by all",
]


@pytest.fixture(scope="session")
def maintained(published: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home whose rows are in Parquet files, because the upkeep has moved them there from the catalog."""
    gateway = Gateway(copy_of(published.root, tmp_path_factory.mktemp("maintained") / "home"))
    maintain(Home(gateway.root))
    return gateway


@pytest.fixture
def home(maintained: Gateway, tmp_path: Path) -> Path:
    return copy_of(maintained.root, tmp_path / "home")


def only_file(home: Path, table: str) -> Path:
    [file] = (home / "warehouse" / "data" / "main" / table).rglob("*.parquet")
    return file


def flip_in_every_block(file: Path) -> None:
    """Flip a bit in every block, so that whatever is read of the file is damaged."""
    flip(file, *range(10, file.stat().st_size, BLOCK))


def test_after_a_flipped_bit_in_the_warehouse_a_query_answers_correctly_or_is_refused(
    maintained: Gateway, tmp_path: Path
) -> None:
    expected = {question: makegood(maintained.root, "sql", question, "--format", "csv") for question in QUESTIONS}
    assert all(code == 0 for code, _, _ in expected.values())
    warehouse = maintained.root / "warehouse"
    files = [warehouse / "catalog.sqlite", *sorted((warehouse / "data").rglob("*.parquet"))]
    for number in range(9):
        rng = random.Random(f"seals {number}")
        damaged_home = copy_of(maintained.root, tmp_path / str(number))
        file = damaged_home / files[number % len(files)].relative_to(maintained.root)
        flip(file, rng.randrange(file.stat().st_size))
        question = QUESTIONS[number // len(files) % len(QUESTIONS)]
        code, out, err = makegood(damaged_home, "sql", question, "--format", "csv")
        assert (code, out) == expected[question][:2] or (code == 1 and file.name in err and err.count("\n") == 1), err
        shutil.rmtree(damaged_home)


def test_an_amount_that_was_changed_in_the_catalog_is_detected(published: Gateway, tmp_path: Path) -> None:
    """The catalog contains the rows of small tables, with amounts as text, which a person or a faulty disk could change."""
    home = copy_of(published.root, tmp_path / "home")
    import sqlite3

    with closing(sqlite3.connect(home / "warehouse" / "catalog.sqlite")) as db:
        tables = [
            name for (name,) in db.execute("select name from sqlite_master where name like 'ducklake_inlined_data_%'")
        ]
        [table] = [
            name
            for name in tables
            if "hour_at" in (columns := {row[1] for row in db.execute(f"pragma table_info({name})")})
            and "payout_usd" in columns
            and db.execute(f"select count(*) from {name}").fetchone()[0]
        ]
        db.execute(f"update {table} set payout_usd = '9' || payout_usd")
        db.commit()
    code, _, err = makegood(home, "sql", "select sum(payout_usd) from mart_compensation_hourly")
    assert code == 1
    assert "catalog.sqlite is damaged" in err and "its content differs from what was published" in err


@pytest.mark.parametrize("is_maintained", [False, True])
def test_later_writes_do_not_change_the_seal_of_a_publication(
    published: Gateway, maintained: Gateway, tmp_path: Path, is_maintained: bool
) -> None:
    warehouse = copy_of((maintained if is_maintained else published).root, tmp_path / "home") / "warehouse"
    snapshot = current_publication(warehouse).snapshot_id
    before = pin_catalog(warehouse, snapshot, tmp_path / "before")
    with connect() as con:
        attach(con, warehouse, read_only=False)
        con.execute("delete from fct_requests where request_id = 'r1'")
        con.execute("delete from fct_request_hours")
        con.execute("insert into mart_compensation_hourly from mart_compensation_hourly")
        con.execute("create table unheard_of as select 1 as amount")
    assert pin_catalog(warehouse, snapshot, tmp_path / "after") == before


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated"])
def test_status_reports_a_missing_or_truncated_published_file(home: Path, damage: str) -> None:
    assert makegood(home, "status")[0] == 0
    file = only_file(home, "model_prices")
    DAMAGES[damage](file, random.Random(1))
    code, _, err = makegood(home, "sql", "select count(*), sum(input_price_usd) from model_prices")
    assert code == 1 and f"{file} is damaged" in err and "published_files.py" not in err
    code, out, _ = makegood(home, "status")
    assert code == 1
    assert f"✗ 1 published files are missing or truncated, such as warehouse/data/main/model_prices/{file.name}" in out


def test_a_seal_made_by_another_version_of_duckdb_is_not_reported_as_damage(home: Path) -> None:
    with closing(Publications(publications_file(home / "warehouse"))) as record:
        snapshot = current_publication(home / "warehouse").snapshot_id
        for seal, code in (("0.0.0 abc", 0), (f"{duckdb.__version__} abc", 1)):
            record.note_seals({snapshot: seal}, {})
            assert makegood(home, "sql", "select 1")[0] == code


def test_a_settlement_refuses_damaged_published_data(home: Path) -> None:
    flip_in_every_block(only_file(home, "fct_compensations"))
    with (
        pytest.raises(MakegoodError, match=r"fct_compensations/.*is damaged.*delete it and run all landing hours"),
        session(Home(home), is_read_only=True) as (con, _),
    ):
        con.execute("select sum(payout_usd) from fct_compensations")
    code, _, err = makegood(home, "settle", "--date", "2026-11-03", "--dry-run")
    assert code == 1 and "is damaged" in err
    assert not list((home / "ledger" / "batches").glob("*"))


def test_verify_detects_a_flipped_bit_in_a_published_file(home: Path) -> None:
    assert makegood(home, "verify")[0] == 0
    file = only_file(home, "model_prices")
    flip(file, file.stat().st_size // 2)
    code, out, err = makegood(home, "verify")
    assert code == 1 and file.name in out + err


def test_a_run_refuses_to_derive_from_a_damaged_day_and_ignores_damage_to_other_days(home: Path) -> None:
    publication = PublicationRecord(home=str(home))
    refuse_what_is_damaged(publication, [FIRST])
    flip_in_every_block(only_file(home, "fct_requests"))
    refuse_what_is_damaged(publication, [FIRST + timedelta(days=1)])
    with pytest.raises(MakegoodError, match=r"fct_requests/.*is damaged"):
        refuse_what_is_damaged(publication, [FIRST])


def test_the_upkeep_refuses_to_merge_damaged_files_and_seals_the_files_that_it_writes(
    published: Gateway, maintained: Gateway, tmp_path: Path
) -> None:
    damaged_home = copy_of(maintained.root, tmp_path / "damaged_home")
    flip_in_every_block(only_file(damaged_home, "fct_requests"))
    with pytest.raises(MakegoodError, match=r"fct_requests/.*is damaged"):
        maintain(Home(damaged_home))

    assert [maintained.query(question) for question in QUESTIONS] == [
        published.query(question) for question in QUESTIONS
    ]
    warehouse = copy_of(maintained.root, tmp_path / "home") / "warehouse"
    with closing(Publications(publications_file(warehouse))) as record:
        assert record.catalog_seal(current_publication(warehouse).snapshot_id)
    prove(warehouse, current_publication(warehouse).snapshot_id)
    for file in (warehouse / "data").rglob("*.parquet"):
        flip_in_every_block(file)
    with pytest.raises(MakegoodError, match="is damaged"):
        prove(warehouse, current_publication(warehouse).snapshot_id)


def test_the_page_names_a_damaged_file_and_continues_to_answer_other_requests(home: Path) -> None:
    flip_in_every_block(only_file(home, "fct_requests"))
    settings = Settings(home=home, sources=home / "sources.yml")
    with TestClient(create_app(settings), base_url="http://localhost", raise_server_exceptions=False) as page:
        answer = page.get("/api/requests/gateway/r1")
        assert answer.status_code == 503
        assert "is damaged, its content has changed since it was published" in answer.json()["detail"]
        assert page.get("/api/publication").status_code == 200


def test_every_read_of_a_sealed_file_returns_what_was_written_or_is_refused(tmp_path: Path) -> None:
    file, rng = tmp_path / "file", random.Random(5)
    content = rng.randbytes(3 * BLOCK + 17)
    file.write_bytes(content)
    files = PublishedFiles()
    files.know({"f": file}, {"f": file_seal(file)}.get, "put it back")
    opened = files.open(PREFIX + "f")
    for _ in range(200):
        at, size = rng.randrange(len(content) + 10), rng.choice([0, 1, 47, BLOCK, BLOCK + 1, 3 * BLOCK])
        opened.seek(at)
        assert opened.read(size) == content[at : at + size]
        assert opened.tell() == max(at, min(at + size, len(content)))
    opened.seek(5)
    assert opened.read() == content[5:]

    flip(file, 2 * BLOCK)
    opened = files.open(PREFIX + "f")
    assert opened.read(2 * BLOCK) == content[: 2 * BLOCK]
    with pytest.raises(MakegoodError, match=r"is damaged.*put it back"):
        opened.read(1)
    file.write_bytes(content[:BLOCK])
    with pytest.raises(MakegoodError, match="is damaged"):
        files.open(PREFIX + "f")


def test_a_duckdb_error_that_concerns_no_file_is_not_damage() -> None:
    assert damage(duckdb.Error("Parser Error: x")) is None
