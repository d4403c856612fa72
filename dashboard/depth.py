"""Finds the groups of rows that a page of the details falls into, so that only these have to be sorted, however deep the page is.

Groups are hours, or ranges of values of the sort column. They are found by counting rows up to the end of a group; queries.py counts.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Condition = tuple[str, dict[str, Any]]
"""An SQL condition and the values to bind."""


def covering(
    rows_up_to: Callable[[int], int], groups: int, offset: int, size: int, near: int = 0
) -> tuple[int, int, int]:
    """Return the first and last group that contain the `size` rows from `offset` on, and the number of rows before the first group.

    `rows_up_to` counts the rows from the start to the end of a group. The search starts at group `near`, so a good guess saves counts.
    Rows after all groups belong to a further group with the number `groups`.
    """
    first = _group_of(rows_up_to, groups, offset, near)
    last = _group_of(rows_up_to, groups, offset + size - 1, first)
    return first, last, rows_up_to(first - 1) if first else 0


def _group_of(rows_up_to: Callable[[int], int], groups: int, row: int, near: int) -> int:
    """The group of a row, both numbered from 0, by exponential search from `near` followed by binary search."""
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
    """The values of a column, divided into groups of about equally many rows of the whole copy, for one sort direction.

    Rows without a value come after all groups.

    Attributes:
        column: name of the column in the fact table.
        values: the largest value of each group, ascending; the last one is the column's maximum.
        shares: approximate share of all rows up to each of these values, in millionths.
        is_ascending: whether the smallest values come first.
    """

    column: str
    values: list[Any]
    shares: list[int]
    is_ascending: bool

    def __len__(self) -> int:
        return len(self.values)

    def near(self, share: int) -> int:
        """The group in which approximately this share of all rows ends, in millionths."""
        if self.is_ascending or not self.shares:
            return bisect_left(self.shares, share)
        return max(0, len(self) - 1 - bisect_left(self.shares, self.shares[-1] - share))

    def up_to(self, group: int) -> Condition:
        """The condition for the rows of all groups up to and including this one."""
        return self._between(0, group)

    def among(self, first: int, last: int) -> Condition:
        """The condition for the rows of the groups from `first` to `last`; the group after the last value is the rows without a value."""
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
