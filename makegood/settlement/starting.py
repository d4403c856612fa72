"""Where a settlement starts from: the published snapshot, the landing hours that it covers, and the end of the ledger."""

from dataclasses import dataclass

import duckdb

from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.publication.publications import Publication, Publications
from makegood.settlement.batches import Batch, Head
from makegood.settlement.closing import Coverage, coverage
from makegood.settlement.ledger import Ledger
from makegood.settlement.memory import Settled, is_believed, last_settled
from makegood.storage.queries import only_row


@dataclass(frozen=True)
class StartingPoint:
    """Where a settlement starts from: the published snapshot, the landing hours that it covers, and the ledger's last batch."""

    publication: Publication
    warehouse_id: str
    covered: Coverage
    last: Batch | None
    is_whole: bool

    @property
    def head(self) -> Head:
        """The end of the chain."""
        return self.last.head if self.last else Head()


def starting_point(
    con: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, publication: Publication
) -> StartingPoint:
    """Where a settlement of this publication starts from. The caller has already checked that the ledger may be continued.

    Raises:
        MakegoodError: the ledger is broken, or the publication is older than the last settlement.
    """
    last = ledger.last()
    (warehouse_id,) = only_row(
        con.execute(
            "select schema_uuid::varchar from __ducklake_metadata_makegood.ducklake_schema order by schema_id limit 1"
        )
    )
    record = Publications(publications_file(home.warehouse))
    try:
        covered = coverage(record.landing_ranges(publication.snapshot_id))
    finally:
        record.close()
    if covered is None:
        raise MakegoodError("no landing hours are published yet: run `makegood run --from … --to …` first")
    is_remembered = is_believed(con, warehouse_id, last.head if last else Head())
    before = last_settled(con, last, is_remembered)
    if before:
        _refuse_what_is_behind(before, Settled(warehouse_id, publication.snapshot_id, covered))
    return StartingPoint(publication, warehouse_id, covered, last, is_whole=not is_remembered)


def _refuse_what_is_behind(before: Settled, now: Settled) -> None:
    if before.warehouse_id == now.warehouse_id and now.snapshot_id < before.snapshot_id:
        raise MakegoodError(
            f"the published snapshot {now.snapshot_id} is older than {before.snapshot_id}, which was settled: publish a newer one first"
        )
    if not now.covered.reaches(before.covered):
        raise MakegoodError(
            f"the landing hours published without a gap are {now.covered}, and those last settled were {before.covered}: run those that are"
            " missing first"
        )
