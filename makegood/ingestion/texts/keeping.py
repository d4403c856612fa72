"""What of a record's fields is kept: what harmless.csv or the source's `keep:` names, and numbers, truth values and times of the rest.

Texts become `[not kept]`; what stands behind a name of names.csv goes whole, and says why. The names of fields stay, unless they look like
values themselves.
"""

import json
import re
from collections.abc import Iterable
from json.encoder import encode_basestring as quoted
from typing import Any
from urllib.parse import urlsplit

from makegood.ingestion.texts.forms import KINDS, TIME
from makegood.ingestion.texts.keys import digest, has_key, readable, table
from makegood.ingestion.texts.masking import masked
from makegood.ingestion.texts.names import glob, is_plain, kind_of, normal

NOT_KEPT = "[not kept]"
ANY = "any"
"""The kind of what a source keeps by `keep:`: every text, with keys, credentials and content taken out of it."""
NUMBER = "number"
LONGEST_KEPT_TEXT = 2_000
LONGEST_LIST = 32
"""Of plain values: longer lists are embeddings, tokens or data, and no parameter."""
MOST_NAMES = 500
DEEPEST = 24
MOST_TEXTS = 64
MOST_PLACES = 20_000
"""How many paths are remembered; records whose names never come again are looked up anew."""

Value = Any
_KINDS = {kind: re.compile(form, re.ASCII) for kind, form in KINDS.items()}
_TIME = re.compile(TIME, re.ASCII)
_LISTED = table("harmless.csv")


class _Digits(str):
    """A broken number as the record writes it: it passes through no float."""

    __slots__ = ()


class _Place(dict[str, "_Place"]):
    """A path among the fields: what is kept there, and the places below it, each worked out when it is first met.

    `begin` is the field's name as JSON writes it before a value, empty where the name is not kept; `texts` remembers what became of texts.
    """

    __slots__ = ("begin", "kind", "path", "rules", "texts")

    def __init__(self, rules: "Rules", path: str, begin: str, kind: str | None) -> None:
        self.rules, self.path, self.begin, self.kind = rules, path, begin, kind
        self.texts: dict[str, str] = {}

    def __missing__(self, name: str) -> "_Place":
        place = self.rules.field_of(self, name)
        self[name] = place
        return place


class Rules:
    """What is kept of the records of one adapter, and of one source's `keep:`."""

    def __init__(self, adapter: str, keep: Iterable[str] = ()) -> None:
        """Read the list for an adapter's name; `keep` are paths as check_path takes them."""
        kept = [(ANY, re.compile(f"{_path(path)}(?:\\..*)?")) for path in keep]
        listed = [(kind, re.compile(_path(path))) for of, path, kind in _LISTED if of in ("*", adapter)]
        self._rules = kept + listed
        self._root = _Place(self, "", "", None)
        self._places = 0

    def field_of(self, parent: _Place, name: str) -> _Place:
        """The place of a field below another one."""
        self._places += 1
        if self._places > MOST_PLACES:
            self._root.clear()
            self._places = 0
        known = normal(readable(name))
        path = f"{parent.path}.{known}" if parent.path else known
        kind = next((kind for kind, pattern in self._rules if pattern.fullmatch(path)), None) or kind_of(known)
        return _Place(self, path, f"{quoted(name)}:" if is_plain(name) else "", kind)

    def kept(self, text: str) -> str:
        """What is kept of a JSON text, as JSON. A text that is none, or too deep to read, is not kept."""
        try:
            value = _DECODER.decode(text)
        except (ValueError, RecursionError):
            return _NOT_KEPT
        return self._written(value, self._root, 0)

    def kept_of_line(self, line: str) -> tuple[str | None, int | None]:
        """What is kept of a line that did not land: of a JSON object its fields; of what is no JSON where it breaks, from 1."""
        try:
            value = _DECODER.decode(line)
        except json.JSONDecodeError as error:
            return None, error.pos + 1
        except (ValueError, RecursionError):
            return None, None
        return (self._written(value, self._root, 0) if isinstance(value, dict) else None), None

    def kind_at(self, *names: str) -> str | None:
        """What is kept at a path of names: a kind of harmless.csv or names.csv, or None for what no list names."""
        place = self._root
        for name in names:
            place = place[name]
        return place.kind

    def _written(self, value: Value, place: _Place, depth: int) -> str:
        if value is None:
            return "null"
        if value is True:
            return "true"
        if value is False:
            return "false"
        kind = place.kind
        if kind in _WHOLE:
            return _WHOLE[kind]
        of = type(value)
        if of is str:
            known = place.texts.get(value)
            return known if known is not None else _remembered(value, place)
        if of is int or of is _Digits:
            digits = str(value)
            return digits if len(digits) < 10 or kind == NUMBER or is_kept_number(digits) else _NOT_KEPT
        if depth > DEEPEST:
            return _NOT_KEPT
        if of is dict:
            return self._object(value, place, depth + 1)
        return self._list(value, place, depth + 1)

    def _object(self, value: dict[str, Value], place: _Place, depth: int) -> str:
        written: list[str] = []
        unnamed = 0
        for name, item in value.items():
            below = place[name]
            if not below.begin or len(written) == MOST_NAMES:
                unnamed += 1
            elif item is None:
                written.append(below.begin + "null")
            else:
                written.append(below.begin + self._written(item, below, depth))
        if unnamed:
            written.append(f'"[names not kept]":{unnamed}')
        return f"{{{','.join(written)}}}"

    def _list(self, value: list[Value], place: _Place, depth: int) -> str:
        if len(value) > LONGEST_LIST and not any(isinstance(item, (dict, list)) for item in value):
            return _NOT_KEPT
        if "headers" in place.path:
            return f"[{','.join(self._header(item, place, depth) for item in value)}]"
        return f"[{','.join(self._written(item, place, depth) for item in value)}]"

    def _header(self, item: Value, place: _Place, depth: int) -> str:
        """An element of a list of headers: a pair, or an object of a name and a value, is a field of that name."""
        if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
            below = place[item[0]]
            name = below.begin[:-1]
            return f"[{name},{self._written(item[1], below, depth)}]" if name else _NOT_KEPT
        if isinstance(item, dict) and isinstance(item.get("name"), str) and set(item) == {"name", "value"}:
            below = place[item["name"]]
            name = below.begin[:-1]
            return f'{{"name":{name},"value":{self._written(item["value"], below, depth)}}}' if name else _NOT_KEPT
        return self._written(item, place, depth)


_NOT_KEPT = quoted(NOT_KEPT)
NOT_KEPT_CREDENTIAL = "[not kept: credential]"
CREDENTIAL_VALUE = r'"(?:[Bb]earer |[Bb]asic |sk-)[^"\\]*"'
"""The credential that nearly every record has in a header, as JSON writes it (RE2, without groups, which take long)."""
_CREDENTIAL_LEFT = rf'"(?:[Aa]uthorization|x-api-key|api-key)": ?"{re.escape(NOT_KEPT_CREDENTIAL)}"'
USUAL: dict[str | None, tuple[str, ...]] = {
    None: ("region", "zone", "environment", "service_tier", "gateway", "gateway_version", "status", "route", "request_id", "retries"),
    "headers": ("user-agent", "content-type", "accept", "server", "x-request-id", "request-id", "content-length", "retry-after"),
    "parameters": (
        "temperature", "top_p", "top_k", "n", "seed", "stream", "max_tokens", "max_completion_tokens", "max_output_tokens",
        "frequency_penalty", "presence_penalty", "timeout", "parallel_tool_calls", "reasoning_effort", "tool_choice",
    ),
    "context": ("route", "region", "environment", "request_id", "attempt"),
}  # fmt: skip
"""Fields that most records have, in meta itself and in the objects in it."""
SHORT_FORMS = {
    "word": r"(?:[A-Za-z]{1,20}|(?:us|eu|ap|ca|sa|me|af|asia|europe)-[a-z]{4,12}(?:-?[0-9])?)",
    "id": r"(?:req_|call_|run_|gen-|chatcmpl-)?[0-9a-f-]{8,64}",
    "product": r"(?:(?:openai|anthropic|google|python|node|go)-)?[A-Za-z]{1,20}/[0-9][0-9.]{0,11}",
    "media": r"[a-z]{1,20}/[a-z]{1,20}",
    "amount": r"[0-9]{1,9}",
    "route": r"(?:/[a-z]{1,20}[0-9]?){1,4}",
}
"""The usual among the texts of each kind: a part of KINDS that costs a query little, and of which none can be a key."""
_SCALAR = r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?|true|false|null"
_WHOLE = {kind: quoted(f"[not kept: {kind}]") for kind in ("content", "credential", "personal")}


def _path(path: str) -> str:
    """A regular expression for the paths that a path of the list stands for."""
    names = [normal(name) if name != "**" else name for name in path.split(".")]
    pattern = r"\.".join(glob(name) if name != "**" else "**" for name in names)
    return pattern.replace(r"**\.", r"(?:[^.]+\.)*").replace(r"\.**", r"(?:\.[^.]+)+")


def _nothing(_: str) -> None:
    """NaN and infinity are no JSON."""


_DECODER = json.JSONDecoder(parse_float=_Digits, parse_constant=_nothing)


def wrong_path(path: object) -> str | None:
    """Why a path of a source's `keep:` is none, as the end of a sentence; None where it is one."""
    if not isinstance(path, str) or not re.fullmatch(r"[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_*-]+)*", path):
        return "a path names the fields from the outermost one, with dots between them, as in `context.plan`"
    if not re.search(r"[A-Za-z0-9]", path):
        return "a path of stars alone would keep everything"
    for name in path.split("."):
        if kind := kind_of(normal(name)):
            return f"what stands under `{name}` is never kept ({kind})"
    return None


def harmless_pattern() -> str:
    """A regular expression (RE2) for meta of usual fields alone, all known to be harmless, so that most meta need not be taken apart.

    It is for text that is JSON: it looks at names, values and the objects that they are in. What it takes, `Rules.kept` keeps as it is.
    """
    rules = Rules("*")
    inner = [rf'"{container}": ?{_object_of(_members(rules, container))}' for container in USUAL if container]
    return _object_of("|".join([*inner, _members(rules, None)]))


def _object_of(members: str) -> str:
    return rf"\{{(?:{members}|(?:{_SCALAR})?, ?)*(?:{_SCALAR})?\}}"


def _members(rules: Rules, container: str | None) -> str:
    """The usual fields of an object of that name, or of meta itself: names before numbers, and names with texts of their form."""
    of_kind: dict[str, list[str]] = {}
    for name in USUAL[container]:
        of_kind.setdefault(rules.kind_at(*filter(None, (container, name))) or "", []).append(name)
    found = [
        rf'"(?:{"|".join(names)})": ?"{SHORT_FORMS[kind]}"' for kind, names in of_kind.items() if kind in SHORT_FORMS
    ]
    before_numbers = rf'"(?:{"|".join(USUAL[container])})": ?'
    return "|".join([*found, _CREDENTIAL_LEFT, before_numbers])


def _remembered(text: str, place: _Place) -> str:
    """What becomes of a text at its place; the same texts come again and again, ids aside."""
    kept = _text(text, place.kind)
    if len(place.texts) < MOST_TEXTS and len(text) < 64 and place.kind != "id":
        place.texts[text] = kept
    return kept


def is_kept_number(digits: str) -> bool:
    """Whether a number is small enough to say nothing of anybody, or a time since 1970: long ones are telephones, cards and accounts."""
    whole = digits.lstrip("-").partition(".")[0].lower().partition("e")[0]
    return len(whole) <= 9 or (len(whole) in (10, 13, 16, 19) and 142 <= int(whole[:3]) < 189)


def _text(text: str, kind: str | None) -> str:
    if not text:
        return '""'
    if kind == ANY:
        return quoted(masked(text, LONGEST_KEPT_TEXT))
    if kind == "url":
        return quoted(_url(text))
    form = _KINDS.get(kind or "")
    if form is not None and form.fullmatch(text):
        if kind == "id" and has_key(text):
            return quoted(digest(text))
        return quoted(text) if len(text) < 16 or not has_key(text) else _NOT_KEPT
    if _TIME.fullmatch(text):
        return quoted(text)
    return _NOT_KEPT


def _url(text: str) -> str:
    """Scheme, host and path of a URL, without user, query and fragment; a part of the path that looks like a value is not kept."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return NOT_KEPT
    if parts.scheme not in ("http", "https", "grpc", "wss", "ws") or not host:
        return NOT_KEPT
    path = "/".join(part if not part or _is_plain_part(part) else NOT_KEPT for part in parts.path.split("/"))
    kept = f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"
    return NOT_KEPT if has_key(kept) else kept


def _is_plain_part(part: str) -> bool:
    return is_plain(part) or re.fullmatch(r"[0-9]{1,4}(?:[.-][0-9]{1,4})*", part, re.ASCII) is not None
