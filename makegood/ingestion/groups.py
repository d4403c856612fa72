"""Which chunks of landing files are written together: a piece of one large file, or many small files of one landing day."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from makegood.ingestion.finding import LandingFile
from makegood.ingestion.inventory_records import AssessmentPart, Part
from makegood.ingestion.records import Chunk, RecordFile
from makegood.ingestion.sources import Source

WORKERS = 2
GROUP_BYTES = 32 << 20
"""Each worker holds a group as text, as parsed rows and as results: about six times as much memory."""
SMALL_GROUP_BYTES = 8 << 20


@dataclass
class PendingFile:
    """A file on its way in, and what is known of it so far."""

    file: LandingFile
    landed_hour: datetime
    version: int
    reading: RecordFile
    counts: dict[str, int] = field(default_factory=lambda: {"landed": 0, "ignored": 0, "quarantined": 0})
    replaced_count: int = 0
    parts: list[Part] = field(default_factory=list)
    assessment_parts: list[AssessmentPart] = field(default_factory=list)
    refusal: str | None = None


@dataclass(frozen=True)
class Group:
    """Chunks that are written together; a chunk comes with the index of its file in `members`."""

    name: str
    members: list[PendingFile]
    chunks: list[tuple[int, Chunk]]

    @property
    def source(self) -> Source:
        """Whose files these are."""
        return self.members[0].file.source


def groups(pending: list[PendingFile]) -> Iterator[Group]:
    """The chunks of these files of one landing day, read as they are asked for, in groups of about GROUP_BYTES."""
    members: list[PendingFile] = []
    chunks: list[tuple[int, Chunk]] = []
    packed = sum(member.file.size_bytes for member in pending)
    size = given = read = piece = 0
    for member in pending:
        members.append(member)
        try:
            for chunk in member.reading.chunks():
                chunks.append((len(members) - 1, chunk))
                size += len(chunk.lines)
                so_far = read + member.reading.packed_bytes
                if size >= _group_bytes(piece, (given + size) * (packed - so_far) // max(so_far, 1)):
                    yield Group(_group_name(members, piece), members, chunks)
                    given += size
                    piece, members, chunks, size = piece + 1, [member], [], 0
        except OSError as error:
            # What was read of it stays in its group, and is left out whenever that is read.
            member.refusal = unreadable(error)
        read += member.reading.packed_bytes
    if chunks:
        yield Group(_group_name(members, piece), members, chunks)


def _group_bytes(piece: int, left: int) -> int:
    """How much makes a group. The first ones are small, so that no worker waits for long; the last ones too, so that all end together.

    Args:
        piece: how many groups came before.
        left: about how many bytes come after.
    """
    return max(SMALL_GROUP_BYTES, min(GROUP_BYTES, SMALL_GROUP_BYTES << min(piece, 8), left // WORKERS))


def _group_name(members: list[PendingFile], piece: int) -> str:
    """A name that says which versions of which files it holds: the same ones give the same name."""
    identity = "|".join(f"{member.file.source.name}/{member.file.name}/{member.version}" for member in members)
    return f"{hashlib.sha256(identity.encode()).hexdigest()[:20]}-v{members[0].version}-{piece}"


def unreadable(error: OSError) -> str:
    """Why a file is refused that the operating system could not read."""
    return f"cannot be read: {error.strerror or error}"
