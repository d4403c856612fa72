"""Moves readers back to what an earlier publication showed. The warehouse and the ledger stay as they are: the next run moves readers on."""

from makegood.errors import MakegoodError
from makegood.home import Home, publications_file
from makegood.publication.publications import Publication, Publications
from makegood.publication.reading import current_publication
from makegood.publication.sealing import seal
from makegood.storage.connections import connect
from makegood.storage.warehouse import ALIAS, attach
from makegood.storage.writing import writing


def roll_back(home: Home, publication_id: int | None = None) -> Publication:
    """Publish again the snapshot of an earlier publication; the last one of an older snapshot unless told. Returns the new publication.

    Raises:
        MakegoodError: nothing is published, there is no such publication, its snapshot was expired, or another process
            writes in this home.
    """
    current = current_publication(home.warehouse)
    record = Publications(publications_file(home.warehouse))
    try:
        with writing(home, "roll back"), connect() as con:
            attach(con, home.warehouse)
            kept = {row[0] for row in con.execute(f"select snapshot_id from ducklake_snapshots('{ALIAS}')").fetchall()}
            target = (
                record.publication(publication_id) if publication_id is not None else record.before(current.snapshot_id)
            )
            if target is None:
                raise MakegoodError(
                    f"there is no publication {publication_id}: {_listed(record, kept)}"
                    if publication_id is not None
                    else f"nothing to go back to: no publication is of a snapshot before {current.snapshot_id}"
                )
            if target.snapshot_id not in kept:
                raise MakegoodError(
                    f"publication {target.publication_id} is too old: its snapshot was expired by the upkeep; {_listed(record, kept)}"
                )
            # An upkeep may have written anew what the snapshot is made of, and seals the last publication alone.
            if record.catalog_seal(target.snapshot_id) is None:
                seal(home.warehouse, [target.snapshot_id])
            return record.publish_again(target)
    finally:
        record.close()


def _listed(record: Publications, kept: set[int]) -> str:
    """The last ones that can be gone back to."""
    numbers = [str(one.publication_id) for one in record.recent(10) if one.snapshot_id in kept]
    return f"the last ones are {', '.join(numbers)}"
