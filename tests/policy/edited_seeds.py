"""A copy of the shipped seeds that a test may edit."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seeds:
    """A directory of seeds.

    Rows are dictionaries by column. `add` takes columns that are not given from the first row, and `write` leaves them empty.
    """

    path: Path

    def file(self, seed: str) -> Path:
        return self.path / f"{seed}.csv"

    def rows(self, seed: str) -> list[dict[str, str]]:
        with self.file(seed).open(newline="") as text:
            return list(csv.DictReader(text))

    def write(self, seed: str, rows: list[dict[str, str]]) -> None:
        header = self.file(seed).read_text().splitlines()[0].split(",")
        with self.file(seed).open("w", newline="") as text:
            writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def change(self, seed: str, line: int, **values: str) -> None:
        """Change values of the row on this line of the file; the header is line 1."""
        rows = self.rows(seed)
        rows[line - 2] |= values
        self.write(seed, rows)

    def add(self, seed: str, **values: str) -> None:
        rows = self.rows(seed)
        self.write(seed, [*rows, (rows[0] if rows else {}) | values])
