"""Readers' sessions: whatever SQL they are given, they see one publication and nothing else, and cannot write anywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from command_line import exit_code
from reader_attacks import META, READS, WRITES
from reader_sessions import OPENINGS
from running_gateway import FIRST, HOUR, Gateway, record, started
from statements import LEGITIMATE

from expectations.thresholds import MIN_REQUESTS
from makegood.errors import MakegoodError
from makegood.publication.allowing import allowed
from makegood.publication.pinning import pin_catalog
from makegood.publication.reading import current_publication, reading
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach

NAMES = "select table_name from information_schema.tables where table_catalog = 'makegood' order by table_name"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home with a published hour, and a later hour that was derived and whose publication was refused."""
    gateway = started(tmp_path_factory.mktemp("home"))
    later = FIRST + HOUR
    gateway.land(
        later, [record(f"unaudited{n}", later, cost_usd=None, model="house/unaudited") for n in range(MIN_REQUESTS)]
    )
    with pytest.raises(MakegoodError, match="not published"):
        gateway.run(later)
    return gateway


@pytest.fixture(scope="module")
def warehouse(gateway: Gateway) -> Path:
    return gateway.root / "warehouse"


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that no reader may read: a secret as text, CSV, JSON, Parquet, DuckDB and SQLite."""
    folder = tmp_path_factory.mktemp("outside")
    for name in ("secret.txt", "secret.csv", "secret.json"):
        (folder / name).write_text('{"secret": 1}\n')
    duckdb.execute(f"copy (select 1 as secret) to '{folder}/secret.parquet'")
    with duckdb.connect(str(folder / "secret.duckdb")) as con:
        con.execute("create table secret as select 1 as secret")
    with closing(sqlite3.connect(folder / "secret.sqlite")) as con:
        con.execute("create table secret (secret)")
        con.commit()
    return folder


@pytest.fixture(params=OPENINGS, ids=lambda opening: opening.__name__)
def session(
    request: pytest.FixtureRequest, warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session of each kind that is opened for readers, with a new working directory."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path)
    with request.param(warehouse, tmp_path / "scratch") as con:
        yield con


def files(*folders: Path) -> dict[Path, str]:
    """The digests of all files below the directories, without the files that SQLite changes when somebody only reads."""
    found = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return {file: sha256(file.read_bytes()).hexdigest() for file in found if not file.name.endswith(("-shm", "-wal"))}


def tables(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """The column types and the rows of every relation."""
    names = [name for (name,) in con.execute(NAMES).fetchall()]
    return {
        name: con.execute(f'describe "{name}"').fetchall()
        + con.execute(f'select * from "{name}" order by all').fetchall()
        for name in names
    }


def test_a_reader_sees_every_relation_exactly_as_in_the_published_snapshot(warehouse: Path) -> None:
    with connect() as con:
        attach(con, warehouse, snapshot_id=current_publication(warehouse).snapshot_id)
        expected = tables(con)
    with reading(warehouse) as (con, _):
        assert tables(con) == expected
    assert len(expected["fct_requests"]) > 30
    assert not any("unaudited" in str(rows) for rows in expected.values())


def test_readers_cannot_access_unpublished_rows_that_are_in_the_warehouse(
    session: duckdb.DuckDBPyConnection, warehouse: Path
) -> None:
    with connect() as con:
        attach(con, warehouse)
        head = con.execute("select max(snapshot_id) from ducklake_snapshots('makegood')").fetchall()[0][0]
        assert con.execute("select count(*) from fct_requests where model = 'house/unaudited'").fetchall()[0][0] > 0
        later = con.execute("select data_file from ducklake_list_files('makegood', 'fct_requests')").fetchall()
    count = session.execute("select count(*) from fct_requests").fetchall()
    assert session.execute("select count(*) from fct_requests at (timestamp => now())").fetchall() == count == [(1,)]
    for version in range(head + 1):
        try:
            assert session.execute(f"select count(*) from fct_requests at (version => {version})").fetchall() == count
        except duckdb.Error:
            continue
    unseen = [file for (file,) in later if not _is_published(session, file)]
    assert unseen
    for file in unseen:
        for name in (file, f"published://data/{file.partition('/data/')[2]}"):
            with pytest.raises((duckdb.Error, OSError)):
                session.execute(f"select * from read_parquet('{name}')").fetchall()


def _is_published(session: duckdb.DuckDBPyConnection, file: str) -> bool:
    name = Path(file).name
    known = session.execute(f"select count(*) from {META}.ducklake_data_file where ends_with(path, '{name}')")
    return known.fetchall() != [(0,)]


def test_the_catalog_of_a_reader_contains_nothing_of_other_snapshots(warehouse: Path, tmp_path: Path) -> None:
    published = current_publication(warehouse).snapshot_id
    pin_catalog(warehouse, published, tmp_path / "pinned")
    with duckdb.connect(str(tmp_path / "pinned"), read_only=True) as con:
        names = [name for (name,) in con.execute("show tables").fetchall()]
        rows = {name: str(con.execute(f'from "{name}"').fetchall()) for name in names}
        assert con.execute("select snapshot_id from ducklake_snapshot").fetchall() == [(published,)]
    assert len(rows) > 20
    assert [name for name, text in rows.items() if "acme" in text]
    assert [name for name, text in rows.items() if "unaudited" in text] == []


@pytest.fixture
def places(gateway: Gateway, warehouse: Path, outside: Path) -> dict[str, object]:
    with connect() as con:
        attach(con, warehouse)
        [(data,)] = con.execute(
            "select data_file from ducklake_list_files('makegood', 'fct_requests') order by 1 limit 1"
        ).fetchall()
    with reading(warehouse) as (con, _):
        [(published,)] = con.execute(
            "select data_file from ducklake_list_files('makegood', 'compensation_rules') limit 1"
        ).fetchall()
    return {
        "home": gateway.root,
        "outside": outside,
        "data": data,
        "published": published,
        "catalog": warehouse / "catalog.sqlite",
        "meta": META,
    }


def test_no_sql_in_a_readers_session_can_change_a_file(
    session: duckdb.DuckDBPyConnection, places: dict[str, object], gateway: Gateway, outside: Path, tmp_path: Path
) -> None:
    figures = session.execute("select count(*), sum(payout_usd) from fct_requests").fetchall()
    before = files(gateway.root, outside, tmp_path)
    for statement in WRITES:
        try:
            session.execute(statement.format(**places)).fetchall()
        except (duckdb.Error, OSError, NotImplementedError):
            continue
        assert files(gateway.root, outside, tmp_path) == before, statement
    assert files(gateway.root, outside, tmp_path) == before
    assert not Path("/dev/shm/makegood-x.csv").exists()
    session.execute("use makegood")
    assert session.execute("select count(*), sum(payout_usd) from fct_requests").fetchall() == figures


def test_no_sql_in_a_readers_session_can_read_an_unpublished_file(
    session: duckdb.DuckDBPyConnection, places: dict[str, object]
) -> None:
    for statement in READS:
        with pytest.raises((duckdb.Error, OSError, NotImplementedError)):
            print(statement, session.execute(statement.format(**places)).fetchall())


def test_sql_after_a_nul_in_an_unchecked_bound_value_changes_no_file(
    session: duckdb.DuckDBPyConnection, gateway: Gateway, tmp_path: Path
) -> None:
    before = files(gateway.root, tmp_path)
    for attack in (
        "x\0",
        f"x\0') ; copy (select 1) to '{gateway.root}/x.csv' ; --",
        "x\0' ; create table memory.main.stolen as select 1 ; --",
        f"x\0' ; attach '{gateway.root}/x.duckdb' ; --",
    ):
        for column in ("source", "request_id", "account_id"):
            try:
                session.execute(
                    f"select count(*) from fct_requests where {column} = $value", {"value": attack}
                ).fetchall()
            except duckdb.Error:
                continue
    assert files(gateway.root, tmp_path) == before


def test_queries_of_analysts_are_answered(warehouse: Path) -> None:
    with reading(warehouse) as (con, _):
        names = [name for (name,) in con.execute("show tables").fetchall()]
        for query in LEGITIMATE:
            con.execute(allowed(con, query, names)).fetchall()


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from fct_requests at (timestamp => now())",
        "select count(*) from fct_requests at (version => 1)",
        "select * from read_parquet('{data}')",
        "select * from sqlite_scan('{catalog}', 'ducklake_snapshot')",
        "select * from read_text('{outside}/secret.txt')",
        "select * from {meta}.ducklake_data_file",
    ],
)
def test_the_command_refuses_queries_of_unpublished_data_in_one_sentence(
    gateway: Gateway,
    places: dict[str, object],
    query: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MAKEGOOD_HOME", str(gateway.root))
    code = exit_code("sql", query.format(**places))
    out, err = capfd.readouterr()
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("makegood: the query was refused: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "a\x01b"),
        ("explain", "a", "--source", "\x1f"),
        ("statement", "--account", "a\nb", "--month", "2026-11"),
        ("statement", "--account", "a", "--month", "2026-11\x7f"),
        ("sql", "select '\x02'"),
        ("simulate", "--rules", "x\ty", "--from", "2026-11-01T00", "--to", "2026-11-01T01"),
    ],
)
def test_a_control_character_in_any_argument_is_refused_in_one_sentence(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(*arguments)
    out, err = capfd.readouterr()
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "contains a control character" in err


def test_a_published_snapshot_that_is_not_in_the_catalog_is_refused(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(MakegoodError, match="the published snapshot 999 is not in"):
        pin_catalog(warehouse, 999, tmp_path / "pinned")
    assert not any(tmp_path.iterdir())


def test_a_session_removes_its_temporary_files(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with reading(warehouse) as (con, _):
        con.execute("select count(*) from fct_requests")
        assert con.execute("select * from glob('published://data/**')").fetchall() == []
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
