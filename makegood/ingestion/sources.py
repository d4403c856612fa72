"""Which gateways and feeds of verdicts there are, as `sources.yml` names them. Finding and reading their files does not belong here."""

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from makegood.errors import MakegoodError
from makegood.ingestion.texts.keeping import wrong_path

ADAPTERS = Path(__file__).parent / "adapters"
RESPONSES = Path(__file__).parent / "responses"
"""What each log format says of answers; a format whose records carry none has no file here."""
ASSESSMENTS = Path(__file__).parent / "content_assessments.sql"
"""How a file of verdicts is read, of whichever detector."""
OPTIONAL = ("timezone",)
"""Fields that an entry may have."""


@dataclass(frozen=True)
class Source:
    """One feed, of a gateway's logs or of verdicts on their content: its name, its format, and where its files land.

    Attributes:
        name: the gateway's permanent name, part of every request's key; or the name of a feed of verdicts.
        adapter: the SQL file that turns a raw record into canonical columns.
        files: a glob under the home, or absolute, where `{date}` and `{hour}` stand for the landing hour.
        timezone: the IANA name of the zone whose clock names dates and hours in paths; None is UTC.
        keep: paths of texts in its `meta` that are kept beside those known to be harmless.
    """

    name: str
    adapter: Path
    files: str
    timezone: str | None = None
    keep: tuple[str, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether the landing hour is in the path."""
        return "{hour}" in self.files

    @property
    def holds_assessments(self) -> bool:
        """Whether its records are verdicts on requests, and not requests."""
        return self.adapter == ASSESSMENTS

    @property
    def responses(self) -> Path | None:
        """The SQL file that finds the answers in its records, where they carry any."""
        file = RESPONSES / self.adapter.name
        return file if file.is_file() else None


def read_sources(file: Path, home: Path) -> list[Source]:
    """The gateways' feeds that `sources.yml` names.

    Raises:
        MakegoodError: the file is missing, is no YAML, or an entry is wrong; says which entry and why.
    """
    entries = _document(file).get("sources")
    if not isinstance(entries, list) or not entries:
        raise MakegoodError(f"{file} names no sources: it needs a list under `sources:`")
    return [_source(entry, f"{file}, source {number}", home) for number, entry in enumerate(entries, 1)]


def read_assessments(file: Path, home: Path) -> list[Source]:
    """The feeds of verdicts that `sources.yml` names; there may be none.

    Raises:
        MakegoodError: as read_sources does; also where a feed has the name of a gateway.
    """
    gateways = {source.name for source in read_sources(file, home)}
    entries = _document(file).get("assessments", [])
    if not isinstance(entries, list):
        raise MakegoodError(f"{file}: `assessments` is a list of feeds, each with name and files")
    feeds = [_assessments(entry, f"{file}, assessments {number}", home) for number, entry in enumerate(entries, 1)]
    if shared := sorted({feed.name for feed in feeds} & gateways):
        raise MakegoodError(f"{file}: the feed of assessments {shared[0]!r} has the name of a source; give it another")
    return feeds


def _document(file: Path) -> dict[str, object]:
    try:
        document = yaml.safe_load(file.read_text())
    except OSError as error:
        raise MakegoodError(f"cannot read the sources file {file}: {error.strerror}; set MAKEGOOD_SOURCES") from error
    except UnicodeDecodeError as error:
        raise MakegoodError(f"{file} is not UTF-8 text, at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise MakegoodError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or "sources" not in document:
        return {}
    if unknown := sorted(str(key) for key in document if key not in ("sources", "assessments")):
        raise MakegoodError(f"{file}: unknown key `{unknown[0]}`; there are `sources` and `assessments`")
    return document


def _source(entry: object, where: str, home: Path) -> Source:
    keep = _keep(entry, where)
    fields = _fields(entry, ("name", "adapter", "files"), where, "keep")
    adapter = ADAPTERS / f"{fields['adapter']}.sql"
    if not adapter.is_file():
        known = ", ".join(sorted(file.stem for file in ADAPTERS.glob("*.sql")))
        raise MakegoodError(f"{where}: there is no adapter {fields['adapter']!r}; there are: {known}")
    return Source(fields["name"], adapter, _under(home, fields["files"]), _zone(fields, where), keep)


def _keep(entry: object, where: str) -> tuple[str, ...]:
    """The paths of texts in meta that a source keeps; none where it says nothing."""
    paths = entry.get("keep", []) if isinstance(entry, dict) else []
    if not isinstance(paths, list):
        raise MakegoodError(f"{where}: `keep` is a list of paths in `meta`, such as `context.plan`")
    for path in paths:
        if reason := wrong_path(path):
            raise MakegoodError(f"{where}: `keep` holds {path!r}, but {reason}")
    return tuple(paths)


def _assessments(entry: object, where: str, home: Path) -> Source:
    fields = _fields(entry, ("name", "files"), where)
    return Source(fields["name"], ASSESSMENTS, _under(home, fields["files"]), _zone(fields, where))


def _under(home: Path, files: str) -> str:
    return str(Path(glob.escape(str(home))) / files)


def _zone(fields: dict[str, str], where: str) -> str | None:
    """The entry's time zone. Raises MakegoodError where there is none of that name, or where it could mean nothing."""
    name = fields.get("timezone")
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MakegoodError(f"{where}: there is no time zone {name!r}; names are such as America/New_York") from error
    if "{hour}" not in fields["files"]:
        raise MakegoodError(f"{where}: `timezone` applies to hours in paths, but `files` has no {{hour}}")
    return name


def _fields(entry: object, names: tuple[str, ...], where: str, *others: str) -> dict[str, str]:
    """The entry's fields, each of them a text, and those that every entry has checked; `others` may be there."""
    if not isinstance(entry, dict):
        raise MakegoodError(f"{where}: an entry has the fields {', '.join(names[:-1])} and {names[-1]}")
    fields: dict[str, str] = {}
    for field in (*names, *(name for name in OPTIONAL if name in entry)):
        value = entry.get(field)
        if not isinstance(value, str) or not value:
            raise MakegoodError(f"{where}: `{field}` is missing")
        fields[field] = value
    if unknown := sorted(set(entry) - set(fields) - set(others)):
        raise MakegoodError(f"{where}: unknown field `{unknown[0]}`")
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", fields["name"]):
        raise MakegoodError(f"{where}: the name {fields['name']!r} may hold letters, digits, `_`, `.` and `-` only")
    if ("{date}" in fields["files"]) != ("{hour}" in fields["files"]):
        raise MakegoodError(f"{where}: `files` must hold both {{date}} and {{hour}}, or neither")
    if "://" in fields["files"]:
        raise MakegoodError(f"{where}: `files` must be a path; object stores are not read yet")
    return fields
