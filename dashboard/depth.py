"""Finds the groups of rows in which a page lies, from counts of the rows up to each group's end; so what comes before them is not sorted.

Groups are hours, or neighbouring values of the column that is sorted by. Counting is queries.py's.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Condition = tuple[str, dict[str, Any]]
"""Its SQL, and the values to bind."""


def covering(
    rows_up_to: Callable[[int], int], groups: int, offset: int, size: int, near: int = 0
) -> tuple[int, int, int]:
    """The first and the last of the groups that hold `size` rows from `offset` on, and how many rows come before the first.

    `rows_up_to` counts the rows from the start to a group's end; few groups are asked for where the page lies near group `near`.
    Rows behind all groups are in the group numbered `groups`.
    """
    first = _group_of(rows_up_to, groups, offset, near)
    last = _group_of(rows_up_to, groups, offset + size - 1, first)
    return first, last, rows_up_to(first - 1) if first else 0


def _group_of(rows_up_to: Callable[[int], int], groups: int, row: int, near: int) -> int:
    """The group of a row, numbered from 0: looks from `near` on ever farther away until it is between two groups, then halves."""
    low, high, probe, step = 0, groups, min(near, groups - 1), 1
    while low < high:
        if rows_up_to(probe) > row:
            high = probe
        else:
            low = probe + 1
        if high == groups:
            probe = min(low + step - 1, groups - 1)
        elif low == 0:
            probe = max(high - step, 0)
        else:
            probe = (low + high) // 2
        step *= 2
    return low


@dataclass(frozen=True)
class ValueGroups:
    """A column's values, parted into groups of about as many rows of the whole copy, for one direction of sorting.

    Rows without a value are behind all groups.

    Attributes:
        column: the fact's name of it.
        values: the largest value of each group, ascending; none is above the last.
        shares: how many millionths of all rows are not above each of them, about.
        is_ascending: whether the smallest values come first.
    """

    column: str
    values: list[Any]
    shares: list[int]
    is_ascending: bool

    def __len__(self) -> int:
        return len(self.values)

    def near(self, share: int) -> int:
        """The group in which so many millionths of all rows end, about."""
        if self.is_ascending or not self.shares:
            return bisect_left(self.shares, share)
        return max(0, len(self) - 1 - bisect_left(self.shares, self.shares[-1] - share))

    def up_to(self, group: int) -> Condition:
        """The condition on the rows of all groups up to this one."""
        return self._between(0, group)

    def among(self, first: int, last: int) -> Condition:
        """The condition on the rows of the groups from the first to the last, those without a value included where they are."""
        if first == len(self):
            return f"{self.column} is null", {}
        condition, values = self._between(first, min(last, len(self) - 1))
        return (f"({condition} or {self.column} is null)", values) if last == len(self) else (condition, values)

    def _between(self, first: int, last: int) -> Condition:
        least, most = (first, last) if self.is_ascending else (len(self) - 1 - last, len(self) - 1 - first)
        condition, values = f"{self.column} <= $most", {"most": self.values[most]}
        if least:
            condition += f" and {self.column} > $least"
            values["least"] = self.values[least - 1]
        return f"({condition})", values
