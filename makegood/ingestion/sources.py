"""Which gateways and feeds of verdicts there are, as `sources.yml` names them. Finding and reading their files does not belong here."""

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from makegood.errors import MakegoodError
from makegood.ingestion.texts.keeping import wrong_path

ADAPTERS = Path(__file__).parent / "adapters"
RESPONSES = Path(__file__).parent / "responses"
"""What each log format says of answers; a format whose records carry none has no file here."""
ASSESSMENTS = Path(__file__).parent / "content_assessments.sql"
"""How a file of verdicts is read, of whichever detector."""


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


class _Feed(BaseModel):
    """An entry under `assessments:`, as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(min_length=1)
    files: str = Field(min_length=1)
    timezone: str = Field(default="", min_length=1)

    @field_validator("name")
    @classmethod
    def _is_plain(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
            raise ValueError(f"the name {name!r} may hold letters, digits, `_`, `.` and `-` only")
        return name

    @field_validator("files")
    @classmethod
    def _is_glob(cls, files: str) -> str:
        if ("{date}" in files) != ("{hour}" in files):
            raise ValueError("`files` must hold both {date} and {hour}, or neither")
        if "://" in files:
            raise ValueError("`files` must be a path; object stores are not read yet")
        return files

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}; names are such as America/New_York") from error
        return name

    @model_validator(mode="after")
    def _has_hours(self) -> "_Feed":
        if self.timezone and "{hour}" not in self.files:
            raise ValueError("`timezone` applies to hours in paths, but `files` has no {hour}")
        return self


class _Gateway(_Feed):
    """An entry under `sources:`, as it is written."""

    adapter: str = Field(min_length=1)
    keep: list[Any] = []

    @field_validator("adapter")
    @classmethod
    def _is_known(cls, adapter: str) -> str:
        known = sorted(file.stem for file in ADAPTERS.glob("*.sql"))
        if adapter not in known:
            raise ValueError(f"there is no adapter {adapter!r}; there are: {', '.join(known)}")
        return adapter

    @field_validator("keep")
    @classmethod
    def _are_paths(cls, keep: list[Any]) -> list[Any]:
        for path in keep:
            if reason := wrong_path(path):
                raise ValueError(f"`keep` holds {path!r}, but {reason}")
        return keep


Entry = TypeVar("Entry", bound=_Feed)


def read_sources(file: Path, home: Path) -> list[Source]:
    """The gateways' feeds that `sources.yml` names.

    Raises:
        MakegoodError: the file is missing, is no YAML, or an entry is wrong; says which entry and why.
    """
    entries = _document(file).get("sources")
    if not isinstance(entries, list) or not entries:
        raise MakegoodError(f"{file} names no sources: it needs a list under `sources:`")
    made = [_read(_Gateway, entry, f"{file}, source {number}") for number, entry in enumerate(entries, 1)]
    return [
        Source(of.name, ADAPTERS / f"{of.adapter}.sql", _under(home, of.files), of.timezone or None, tuple(of.keep))
        for of in made
    ]


def read_assessments(file: Path, home: Path) -> list[Source]:
    """The feeds of verdicts that `sources.yml` names; there may be none.

    Raises:
        MakegoodError: as read_sources does; also where a feed has the name of a gateway.
    """
    gateways = {source.name for source in read_sources(file, home)}
    entries = _document(file).get("assessments", [])
    if not isinstance(entries, list):
        raise MakegoodError(f"{file}: `assessments` is a list of feeds, each with name and files")
    made = [_read(_Feed, entry, f"{file}, assessments {number}") for number, entry in enumerate(entries, 1)]
    if shared := sorted({feed.name for feed in made} & gateways):
        raise MakegoodError(f"{file}: the feed of assessments {shared[0]!r} has the name of a source; give it another")
    return [Source(of.name, ASSESSMENTS, _under(home, of.files), of.timezone or None) for of in made]


def _read(kind: type[Entry], entry: object, where: str) -> Entry:
    """The entry, checked. Raises MakegoodError with the first thing that is wrong with it."""
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    field = first["loc"][0] if first["loc"] else ""
    needed = [name for name, of in kind.model_fields.items() if of.is_required()]
    reason = {
        "model_type": f"an entry has the fields {', '.join(needed[:-1])} and {needed[-1]}",
        "extra_forbidden": f"unknown field `{field}`",
        "invalid_key": f"unknown field `{field}`",
        "list_type": f"`{field}` is a list of paths in `meta`, such as `context.plan`",
        "value_error": str(first.get("ctx", {}).get("error", "")),
    }.get(first["type"], f"`{field}` is missing")
    raise MakegoodError(f"{where}: {reason}")


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


def _under(home: Path, files: str) -> str:
    return str(Path(glob.escape(str(home))) / files)
