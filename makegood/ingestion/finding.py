"""Finds the landing files of a run's landing hours: their names, and why some cannot be landed. records.py reads them."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from makegood.hours import HOUR, floor_hour
from makegood.ingestion.records import content_kind
from makegood.ingestion.sources import Source
from makegood.ingestion.texts.keys import stored_name
from makegood.ingestion.unpacking import BOMB_BYTES, BOMB_RATIO, MOST_BYTES

FAST_CLOCKS = timedelta(minutes=5)
"""How far a gateway's clock may be ahead of ours."""
FARTHEST_ZONE = timedelta(hours=14)
"""How far ahead of UTC, or behind it, folders may be named if their source states no time zone."""
NAMED = {"date": "[0-9]{4}-[0-9]{2}-[0-9]{2}", "hour": "[01][0-9]|2[0-3]"}

UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~", "._copying_")
"""Suffixes, in lower case, of files that programs are still writing or copying."""
LEADS_OUT = "a link that leads out of the landing area"


@dataclass(frozen=True)
class LandingFile:
    """A file in the landing area, with the hour that its path or its modification time gives it.

    Attributes:
        name: its path relative to the home if it lies there, else the whole path. Each character that is not printable, and `%`, is
            percent-encoded byte by byte, and a part of the path that contains a key is replaced by its digest.
        latest_at: the latest possible start of a request in the file; later ones were not written by then, or come from a wrong clock.
        refusal: why it cannot be landed, if that is known before it is read.
    """

    source: Source
    name: str
    path: Path
    landed_hour: datetime
    size_bytes: int
    modified_ns: int
    latest_at: datetime
    refusal: str | None = None


def find_files(sources: Iterable[Source], hours: list[datetime], home: Path) -> list[LandingFile]:
    """Files, sorted by name, whose path or else modification time belongs to one of `hours`; also those that cannot be landed."""
    found: dict[str, LandingFile] = {}
    for source in sources:
        for file in _files(source, set(hours), home):
            known = found.get(file.name)
            if known is not None and known.source != source:
                reason = f"matches two sources, {known.source.name} and {source.name}: narrow `files` in one"
                file = replace(known, refusal=reason)
            found[file.name] = file
    return [found[name] for name in sorted(found)]


def unmatched_files(sources: Iterable[Source], landing: Path, home: Path) -> list[str]:
    """Names of the files under `landing` that no source's pattern matches, whatever their hour. Hidden (unfinished) files are left out."""
    patterns = [_whole_pattern(source.files) for source in sources]
    names = []
    for directory, _, files in os.walk(landing):
        for file in files:
            path = f"{directory}/{file}"
            if not file.startswith(".") and not any(pattern.fullmatch(path) for pattern in patterns):
                names.append(landing_name(Path(path), home))
    return sorted(names)


def landing_name(path: Path, home: Path) -> str:
    """The file's name in the lake; see LandingFile."""
    name = str(path.relative_to(home)) if path.is_relative_to(home) else str(path)
    printable = "".join(
        char if char.isprintable() and char != "%" else "".join(f"%{byte:02X}" for byte in os.fsencode(char))
        for char in name
    )
    return stored_name(printable)


def landing_path(name: str, home: Path) -> Path:
    """The path of the file with that name: the inverse of `landing_name`, unless a part of the name contained a key."""
    return home / os.fsdecode(unquote_to_bytes(name))


def _files(source: Source, hours: set[datetime], home: Path) -> Iterator[LandingFile]:
    walk = _Walk(source, hours)
    for path, began, refusal in walk.candidates():
        name = landing_name(path, home)
        if refusal is not None:
            yield LandingFile(source, name, path, min(hours), 0, 0, min(hours), refusal)
            continue
        status, refusal = _status(path, walk.base)
        if status is None and refusal is None:
            continue
        size, modified_ns = (status.st_size, status.st_mtime_ns) if status else (0, 0)
        written = _written_at(modified_ns)
        starts, ends = _span(source, began) if began else (floor_hour(written), floor_hour(written) + HOUR)
        if starts in hours:
            latest = _latest_at(source, ends, written)
            yield LandingFile(source, name, path, starts, size, modified_ns, latest, refusal)


def _latest_at(source: Source, ends: datetime, written: datetime) -> datetime:
    """The latest possible start of a request in a file: the end of its hour, plus an allowance for fast clocks.

    If the source states no time zone, the folder may be named after an earlier hour. Then the time of writing counts instead,
    if it is later, up to `FARTHEST_ZONE` after that hour.
    """
    if source.timezone is None and source.is_dated:
        ends = min(max(ends, written), ends + FARTHEST_ZONE)
    return ends + FAST_CLOCKS


def _span(source: Source, began: datetime) -> tuple[datetime, datetime]:
    """The landing hour, and when it ends on the source's clock: an hour that is repeated when clocks are set back ends the second time."""
    if source.timezone is None:
        return began, began + HOUR
    zone = ZoneInfo(source.timezone)
    first, last = (began.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1))
    return floor_hour(first), last + HOUR


def _written_at(modified_ns: int) -> datetime:
    try:
        return datetime.fromtimestamp(modified_ns / 10**9, UTC).replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return datetime(1970, 1, 1)  # noqa: DTZ001 - hours are naive UTC throughout


def _status(path: Path, base: Path) -> tuple[os.stat_result | None, str | None]:
    """The file's status, and why it cannot be landed; both are None if there is nothing to land."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            if not _leads_into(path, base):
                return status, LEADS_OUT
            status = path.stat()
    except FileNotFoundError:
        return (status, "a broken link") if path.is_symlink() else (None, None)
    except OSError as error:
        return None, f"cannot be examined: {_said(error)}"
    if stat.S_ISDIR(status.st_mode):
        return (status, "a folder with a file's name") if content_kind(path.name) else (None, None)
    return status, _refusal(path, status)


def _refusal(path: Path, status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file, but a pipe, socket or device"
    if path.name.lower().endswith(UNFINISHED):
        return "unfinished, judging by its suffix"
    if status.st_size > MOST_BYTES:
        return f"larger than {MOST_BYTES >> 30} GiB"
    if status.st_size > BOMB_BYTES and status.st_blocks * 512 < status.st_size // BOMB_RATIO:
        return "an almost entirely sparse file"
    return None


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


Candidate = tuple[Path, datetime | None, str | None]
State = tuple[int, str | None, str | None]
"""How far a path matches a pattern: the index of the next part of the pattern, the date, and the hour."""


class _Walk:
    """One walk through the folders that a pattern may match; each is listed once."""

    def __init__(self, source: Source, hours: set[datetime]) -> None:
        parts = source.files.split("/")
        literal = next((number for number, part in enumerate(parts[:-1]) if _literal(part) is None), len(parts) - 1)
        self.base = Path("/".join(_literal(part) or "" for part in parts[:literal]) or "/")
        self._parts = parts[literal:]
        reach = timedelta(days=1 if source.timezone else 0)
        self._dates = {f"{hour + shift:%Y-%m-%d}" for hour in hours for shift in (-reach, 0 * reach, reach)}

    def candidates(self) -> Iterator[Candidate]:
        """Paths that match, with the hour in their names; and folders that cannot be read, with the reason."""
        return self._inside(str(self.base), {(0, None, None)})

    def _inside(self, directory: str, states: set[State]) -> Iterator[Candidate]:
        last = len(self._parts) - 1
        states = states | {(at + 1, date, hour) for at, date, hour in states if self._parts[at] == "**" and at < last}
        try:
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            yield Path(directory), None, f"a folder that cannot be listed: {_said(error)}"
            return
        for entry in entries:
            inner: set[State] = set()
            for state in states:
                yield from self._matched(entry, state, inner)
            if inner and _is_folder(entry):
                if entry.is_symlink() and not _leads_into(Path(entry.path), self.base):
                    yield Path(entry.path), None, LEADS_OUT
                else:
                    yield from self._inside(entry.path, inner)

    def _matched(self, entry: os.DirEntry[str], state: State, inner: set[State]) -> Iterator[Candidate]:
        """Yield the entry if the pattern ends with it; otherwise add the state for its content to `inner`."""
        at, date, hour = state
        part, is_last = self._parts[at], at + 1 == len(self._parts)
        if part == "**":
            if not entry.is_symlink():
                inner.add(state)
            part = "*"
            if not is_last:
                return
        named = _pattern(part).fullmatch(entry.name)
        if named is None or (is_last and entry.name.startswith(".") and not part.startswith(".")):
            return
        groups = named.groupdict()
        new_date, new_hour = groups.get("date", date), groups.get("hour", hour)
        if (date, hour) != (date and new_date, hour and new_hour) or (new_date and new_date not in self._dates):
            return
        if not is_last:
            inner.add((at + 1, new_date, new_hour))
        elif (began := _hour(new_date, new_hour)) is not None or new_date is None:
            yield Path(entry.path), began, None


def _hour(date: str | None, hour: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{date}T{hour}:00") if date and hour else None
    except ValueError:
        return None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circular link, or a disk that cannot be read
        return False


def _leads_into(link: Path, base: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(base.resolve())
    except RuntimeError as error:  # how this Python version reports circular links
        raise FileNotFoundError from error


def _literal(part: str) -> str | None:
    """The only name that this part of a pattern matches, or None if it matches several; `[*]` in a pattern stands for a literal `*`."""
    plain = re.sub(r"\[(.)\]", "", part)
    return None if re.search(r"[*?\[{]", plain) else re.sub(r"\[(.)\]", r"\1", part)


@cache
def _pattern(part: str) -> re.Pattern[str]:
    """The regular expression for one part of a path, with the groups `date` and `hour` if they occur in it."""
    return re.compile(_expression(part, set()), re.DOTALL)


def _whole_pattern(files: str) -> re.Pattern[str]:
    """The regular expression for a whole path."""
    named: set[str] = set()
    *folders, last = files.split("/")
    expressions = ["(?:[^/]+/)*" if part == "**" else f"{_expression(part, named)}/" for part in folders]
    expressions.append("(?:[^/]+/)*[^/]+" if last == "**" else _expression(last, named))
    return re.compile("".join(expressions), re.DOTALL)


def _expression(part: str, named: set[str]) -> str:
    """The regular expression of one part of a pattern; `{date}` and `{hour}` become groups where they occur first."""
    pieces = []
    for piece in re.split(r"(\{date\}|\{hour\}|\*|\?|\[!?\]?[^\]]*\])", part):
        name = piece.strip("{}")
        if piece in ("*", "?"):
            pieces.append(f"[^/]{piece.strip('?')}")
        elif piece.startswith("[") and piece.endswith("]"):
            pieces.append(
                "["
                + ("^" if piece[1] == "!" else "")
                + re.escape(piece[1:-1].removeprefix("!")).replace(r"\-", "-")
                + "]"
            )
        elif piece not in ("{date}", "{hour}"):
            pieces.append(re.escape(piece))
        elif name in named:
            pieces.append(f"(?P={name})")
        else:
            named.add(name)
            pieces.append(f"(?P<{name}>{NAMED[name]})")
    return "".join(pieces)
