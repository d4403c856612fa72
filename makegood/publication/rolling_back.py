"""Shows readers an earlier publication again. The warehouse and the ledger stay as they are, and the next run publishes its new state."""

from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.publication.publications import Publication, Publications
from makegood.publication.reading import current_publication
from makegood.publication.sealing import seal
from makegood.storage.connections import connect
from makegood.storage.warehouse import ALIAS, attach
from makegood.storage.writing import writing


def roll_back(home: Home, publication_id: int | None = None) -> Publication:
    """Publish the snapshot of an earlier publication again, by default the last one of an older snapshot. Returns the new publication.

    Raises:
        MakegoodError: nothing is published, there is no such publication, its snapshot was expired, or another process
            is writing in this home.
    """
    current = current_publication(home.warehouse)
    record = Publications(publications_file(home.warehouse))
    try:
        with writing(home, "roll back"), connect() as con:
            attach(con, home.warehouse)
            snapshots = con.execute(f"select snapshot_id from ducklake_snapshots('{ALIAS}')").fetchall()
            kept = {snapshot_id for (snapshot_id,) in snapshots}
            target = (
                record.publication(publication_id) if publication_id is not None else record.before(current.snapshot_id)
            )
            if target is None:
                raise MakegoodError(
                    f"there is no publication {publication_id}: {_listed(record, kept)}"
                    if publication_id is not None
                    else f"nothing to go back to: no publication has a snapshot older than {current.snapshot_id}"
                )
            if target.snapshot_id not in kept:
                raise MakegoodError(
                    f"publication {target.publication_id} is too old: its snapshot was expired by the upkeep; {_listed(record, kept)}"
                )
            # The upkeep may have rewritten the snapshot's files, and it seals only the last publication.
            if record.catalog_seal(target.snapshot_id) is None:
                seal(home.warehouse, [target.snapshot_id])
            return record.publish_again(target)
    finally:
        record.close()


def _listed(record: Publications, kept: set[int]) -> str:
    """The latest publications that can be rolled back to."""
    numbers = [str(one.publication_id) for one in record.recent(10) if one.snapshot_id in kept]
    return f"the last ones are {', '.join(numbers)}"
