"""The lines of several chunks as a relation that DuckDB scans in place, without a Python object per line.

The text is exposed as Arrow arrays whose buffers are the chunks' own bytes. records.py splits files into lines.
"""

from collections.abc import Iterable
from typing import Any

import nanoarrow as na
import numpy as np
from numpy.typing import NDArray

from makegood.ingestion.records import Chunk


def rows(chunks: Iterable[tuple[int, Chunk]]) -> na.Array:
    """One row per line of some chunks, each given with its file's index. The relation can be scanned several times.

    Columns: file_index, line (its number in the file), raw (its text, with the line end), reading_fault (why it could not be read
    completely, or ''), undecodable (1 if it was not UTF-8, else 0). DuckDB scans it through the Arrow PyCapsule interface.
    """
    schema = na.struct(
        {
            "file_index": na.int64(),
            "line": na.int64(),
            "raw": na.string(),
            "reading_fault": na.string(),
            "undecodable": na.int64(),
        },
        nullable=False,
    )
    chunked: na.Array = na.Array.from_chunks([_batch(schema, index, chunk) for index, chunk in chunks])
    return chunked


def _batch(schema: Any, file_index: int, chunk: Chunk) -> Any:
    reasons = [chunk.faults.get(chunk.first_line + row, "") for row in range(chunk.count)] if chunk.faults else []
    columns = [
        _numbers(np.full(chunk.count, file_index)),
        _numbers(np.arange(chunk.first_line, chunk.first_line + chunk.count)),
        _texts(chunk.lines, chunk.ends),
        _texts("".join(reasons).encode(), np.cumsum([len(reason) for reason in reasons] or np.zeros(chunk.count))),
        _numbers(_marks(chunk)),
    ]
    return na.c_array_from_buffers(schema, chunk.count, [None], children=columns)


def _marks(chunk: Chunk) -> NDArray[Any]:
    marks = np.zeros(chunk.count)
    marks[[line - chunk.first_line for line in chunk.undecodable if 0 <= line - chunk.first_line < chunk.count]] = 1
    return marks


def _numbers(values: NDArray[Any]) -> Any:
    return na.c_array_from_buffers(na.int64(), len(values), [None, values.astype(np.int64)])


def _texts(content: bytes, ends: NDArray[Any]) -> Any:
    """An Arrow array with one text per end offset; each text begins where the previous one ends."""
    offsets = np.zeros(len(ends) + 1, dtype=np.int32)
    offsets[1:] = ends
    return na.c_array_from_buffers(na.string(), len(ends), [None, offsets, content])
