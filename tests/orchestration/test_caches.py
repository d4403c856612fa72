"""Missing, empty, garbled, truncated or altered files of a home: one sentence with the file and what to do, or a silent rebuild."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from command_line import makegood
from damaging import DAMAGES, copy_of
from running_gateway import FIRST, Gateway

from makegood.derivation.dbt_project import PARSED, SEAL, is_current
from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import ASSESSMENTS, read_sources
from makegood.publication.publications import Publications
from orchestration.resources import Warehouse
from orchestration.running import _naming_the_storage

QUERY = "select account_id, payout_usd from fct_compensations order by request_id"
STATE = ["warehouse/publications.sqlite", "warehouse/catalog.sqlite", "lake/inventory.sqlite"]
PARTS = ["lake/request_logs/*/*/*.parquet", "lake/content_assessments/*/*/*.parquet"]
CACHES = ["warehouse/run.duckdb"]


def first_file(home: Path, pattern: str) -> Path:
    return sorted(home.glob(pattern))[0]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pattern", [*STATE, *PARTS, *CACHES])
def test_a_damaged_file_is_reported_or_rebuilt_and_readers_see_no_other_numbers(
    published: Gateway, tmp_path: Path, pattern: str, damage: str
) -> None:
    _, expected, _ = makegood(published.root, "sql", QUERY, "--format", "csv")
    home = copy_of(published.root, tmp_path / "home")
    file = first_file(home, pattern)
    DAMAGES[damage](file, random.Random(f"{pattern} {damage}"))
    for command in (("status",), ("sql", QUERY, "--format", "csv"), ("verify",)):
        code, out, err = makegood(home, *command)
        assert code in (0, 1)
        assert "Traceback" not in err
        if code and err:
            assert err.startswith("makegood: ") and err.count("\n") == 1, err
            assert file.name in err
        if command[0] == "sql" and code == 0:
            assert out == expected
        if command[0] == "status" and pattern in (*STATE, *PARTS) and damage != "flipped":
            assert code == 1
            assert file.name in out + err
        if command[0] == "verify" and pattern in PARTS:
            assert code == 1, "the bytes are not those that were written"
        if pattern in CACHES:
            assert code == 0


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "flipped"])
@pytest.mark.parametrize("pattern", STATE)
def test_no_run_begins_on_damaged_state(published: Gateway, tmp_path: Path, pattern: str, damage: str) -> None:
    home = copy_of(published.root, tmp_path / "home")
    file = first_file(home, pattern)
    DAMAGES[damage](file, random.Random(1))
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(MakegoodError, match=f"{file.name}.*back from a copy"):
        Warehouse(home=str(home)).create()
        Inventory(home / "lake" / "inventory.sqlite").close()
    if damage in ("garbage", "missing"):
        assert (file.read_bytes() if file.exists() else None) == before, "what is left is left for whoever mends it"


def test_a_publication_with_an_altered_record_is_not_shown(published: Gateway, tmp_path: Path) -> None:
    home = Home(copy_of(published.root, tmp_path / "home"))
    with closing(Publications(publications_file(home.warehouse))) as record:
        record._db.execute("update publications set snapshot_id = snapshot_id - 1")
        with pytest.raises(MakegoodError, match="publication 1 differs from what was recorded"):
            record.current()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_part_lands_again_or_stops_the_runs_that_derive_from_it(
    published: Gateway, tmp_path: Path, damage: str
) -> None:
    home = copy_of(published.root, tmp_path / "home")
    part = first_file(home, PARTS[0])
    DAMAGES[damage](part, random.Random(2))
    lake = home / "lake"
    with closing(Inventory(lake / "inventory.sqlite")) as inventory:
        name = str(part.relative_to(lake))
        with pytest.raises(MakegoodError, match=rf"{part.name} .*landed in 2026-11-01T00"):
            inventory.seals.prove([name])
        files = find_files(read_sources(home / "sources.yml", home), [FIRST], home)
        land(files, lake, inventory)
        inventory.seals.prove(inventory.seals.current_part_names() if damage != "flipped" else [])
        assert (inventory.seals.damaged_parts(), inventory.torn_files(ASSESSMENTS.stem)) == ([], [])


def test_the_status_is_unsound_if_the_inventory_lost_a_part(published: Gateway, tmp_path: Path) -> None:
    home = copy_of(published.root, tmp_path / "home")
    with closing(Inventory(home / "lake" / "inventory.sqlite")) as inventory:
        inventory._db.execute("update parts set version = version + 1")
    code, out, _ = makegood(home, "status")
    assert code == 1
    assert "✗ the inventory has lost rows of 1 landing files" in out


def test_dbts_parse_cache_is_rebuilt_if_a_byte_of_it_changed(tmp_path: Path, published: Gateway) -> None:
    target = shutil.copytree(published.root / "warehouse" / "dbt", tmp_path / "dbt")
    assert is_current(target)
    for name in (*PARSED, SEAL):
        for damage in DAMAGES.values():
            expected = (target / name).read_bytes()
            damage(target / name, random.Random(3))
            assert not is_current(target), name
            (target / name).write_bytes(expected)
    assert is_current(target)


@pytest.mark.parametrize("damage", ["garbage", "truncated"])
def test_damaged_dagster_storage_gives_one_sentence_and_moving_it_away_helps(
    published: Gateway, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    home = Home(tmp_path)
    shutil.copytree(published.root / "dagster", home.dagster)
    monkeypatch.setenv("DAGSTER_HOME", str(Path(__file__).parents[2]))
    monkeypatch.setenv("MAKEGOOD_DAGSTER", str(home.dagster))
    for file in home.dagster.rglob("*.db"):
        DAMAGES[damage](file, random.Random(4))
    with (
        pytest.raises(MakegoodError, match=f"Dagster could not run with its storage in {home.dagster} "),
        _naming_the_storage(home),
        dg.DagsterInstance.get() as instance,
    ):
        instance.get_runs()
    home.dagster.rename(tmp_path / "spoiled")
    with _naming_the_storage(home), dg.DagsterInstance.get() as instance:
        assert instance.get_runs() == []
