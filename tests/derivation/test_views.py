"""The stored digest of the project that the views and seeds were built from, in a real catalog."""

from pathlib import Path

from makegood.derivation.views import MARKED, built_from, note_built_from
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, create


def stored_digest(warehouse: Path) -> str | None:
    with connect() as con:
        attach(con, warehouse)
        return built_from(con)


def build_view(warehouse: Path) -> None:
    with connect() as con:
        attach(con, warehouse, read_only=False)
        con.execute(f"create or replace view {MARKED} as (select 1 as one)")


def test_the_project_digest_is_known_until_the_view_is_built_again(tmp_path: Path) -> None:
    create(tmp_path)
    assert stored_digest(tmp_path) is None
    build_view(tmp_path)
    assert stored_digest(tmp_path) is None
    note_built_from(tmp_path, "digest of it's project")
    assert stored_digest(tmp_path) == "digest of it's project"
    build_view(tmp_path)
    assert stored_digest(tmp_path) is None
