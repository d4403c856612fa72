"""A pinned catalog shows every table and view as the warehouse's own catalog does, and stays at its snapshot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from running_gateway import Gateway, record

from orchestration.publication.pinning import pin_catalog
from orchestration.publication.reading import reading

HOUR = datetime(2026, 11, 1, 5)
NAMES = "select table_name from information_schema.tables where table_catalog = 'makegood' order by table_name"


def everything(warehouse: Path, pinned: Path | None = None) -> dict[str, list[tuple[object, ...]]]:
    """Every relation's column types and rows."""
    with reading(warehouse, pinned=pinned) as (con, _):
        names = [name for (name,) in con.execute(NAMES).fetchall()]
        return {
            name: con.execute(f'describe "{name}"').fetchall()
            + con.execute(f'select * from "{name}" order by all').fetchall()
            for name in names
        }


def test_every_relation_is_the_same_through_a_pinned_catalog(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    gateway = Gateway(home)
    gateway.lands(HOUR, [record(f"r{number}", HOUR, output_tokens=number % 3) for number in range(30)])
    gateway.runs(HOUR)
    warehouse, pinned = gateway.root / "warehouse", tmp_path / "pinned.catalog"
    pin_catalog(warehouse, pinned)
    through_both = everything(warehouse)
    assert everything(warehouse, pinned) == through_both
    assert len(through_both["fct_requests"]) > 30
    assert list(tmp_path.glob("pinned*")) == [pinned]
