"""Where a page lies, at any depth: among groups of rows, in order, of which it can be told how many rows there are up to their ends.

So the rows before them are counted and not sorted. Groups are hours, or rows of like values in the column that is sorted by.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Condition = tuple[str, dict[str, Any]]
"""Its SQL, and the values to bind."""


def covering(until: Callable[[int], int], groups: int, offset: int, size: int) -> tuple[int, int, int]:
    """The first and the last of the groups that hold `size` rows from `offset` on, and how many rows come before the first.

    `until` counts the rows from the start to the end of a group. Rows behind all groups are in the group numbered `groups`.
    """
    first = bisect_right(range(groups), offset, key=until)
    last = bisect_left(range(groups), offset + size, lo=first, key=until)
    return first, last, until(first - 1) if first else 0


@dataclass(frozen=True)
class Steps:
    """A column's values in groups, in the order that is sorted by; rows without a value are behind all groups.

    Attributes:
        column: the fact's name of it.
        values: the largest value of each group, ascending; none is above the last.
        is_ascending: whether the smallest values come first.
    """

    column: str
    values: list[Any]
    is_ascending: bool

    def __len__(self) -> int:
        return len(self.values)

    def until(self, group: int) -> Condition:
        """The condition on the rows of all groups up to this one."""
        return self._between(0, group)

    def among(self, first: int, last: int) -> Condition:
        """The condition on the rows of the groups from the first to the last, those without a value included where they are."""
        condition, values = self._between(first, min(last, len(self) - 1))
        if first == len(self):
            return f"{self.column} is null", {}
        return (f"({condition} or {self.column} is null)", values) if last == len(self) else (condition, values)

    def _between(self, first: int, last: int) -> Condition:
        least, most = (first, last) if self.is_ascending else (len(self) - 1 - last, len(self) - 1 - first)
        condition, values = f"{self.column} <= $until", {"until": self.values[most]}
        if least:
            condition += f" and {self.column} > $above"
            values["above"] = self.values[least - 1]
        return f"({condition})", values
