"""Masks keys, credentials and content in stored texts: error messages, and what detectors say. Texts are masked before they are cut.

JSON within a text is parsed, and its names and values are judged as a reader of that JSON would see them. Text that is not JSON (Python's
repr, header lines, truncated JSON) is searched with patterns.
"""

import json
import re
from typing import Any

import re2

from makegood.ingestion.texts.keys import REDACTED, SECRET, readable, without_keys
from makegood.ingestion.texts.names import CONTENT, CREDENTIAL, PERSONAL, in_text, kind_of, normal

WINDOW = 65_536
"""How many characters of a text are examined. What follows them is not kept."""
MOST_DOCUMENTS = 16
"""How many places in a text where JSON may begin are tried."""
DEEPEST = 24
REPLACEMENTS = {CREDENTIAL: REDACTED, CONTENT: "[content]", PERSONAL: "[personal]"}

_CREDENTIAL = in_text(CREDENTIAL)
_PERSONAL = in_text(PERSONAL)
_CONTENT = in_text(CONTENT)
_OPENING = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder()
_NAMED = {
    kind: re2.compile(rf"""{names}\\*["']?\s*[:=]\s*$""")
    for kind, names in ((CREDENTIAL, _CREDENTIAL), (CONTENT, _CONTENT), (PERSONAL, _PERSONAL))
}
_QUOTED = re2.compile(
    rf"""(?i)({_CREDENTIAL}\\*["']\s*(?::\s*|,\s*\\*["']value\\*["']\s*:\s*)"""
    rf"""|[\[(]\s*b?\\*["'][a-z0-9_-]*{_CREDENTIAL}\\*["']\s*,\s*)b?"""
    r"""(?:(")(?:[^"\\]|\\.)*|(\\+["'])[^"'\\]*|(')(?:[^'\\]|\\.)*)"""
)
_NESTED = re2.compile(rf"""(?is)({_CREDENTIAL}(?:\\*["']\s*[:,]|\s*[:=])\s*)[\[{{(].*""")
_NUMBER = re2.compile(rf"""(?i)({_CREDENTIAL}\\*["']\s*[:,]\s*)-?[0-9][0-9.e+-]*""")
_ASSIGNED = re2.compile(
    rf"""(?i)({_CREDENTIAL}\s*[:=]\s*)(?:(\\*')[^'"\\]*|(\\+")[^"\\]*|(")[^"]+"""
    r"""|(?:(?:bearer|basic|token|digest|[|>][-+]?)\s+)?[^\s"'\\\[\]{}]+(?:;\s*[^\s"'\\,;&=]+=[^\s"'\\,;&]+)*)"""
)
_QUOTE = "(?:&quot;|&#3[49];|%2[27])"
_ENCODED = re2.compile(
    rf"""(?i)({_CREDENTIAL}{_QUOTE}*(?:\s*[:=]|%3[AD]){_QUOTE}*)"""
    r"""(?:[^\s&%"'<\[]|%(?:[013-9a-f][0-9a-f]|2[013-689a-f]))+"""
)
_MARKED_UP = re2.compile(rf"(?i)({_CREDENTIAL}>)[^<]+")
_RANDOM = r"(?:[A-Za-z_.+/=!@#$^*-]+[0-9]|[0-9]+[A-Za-z_.+/=!@#$^*-])[A-Za-z0-9_.~+/=!@#$^*-]{4,}"
_NEXT_WORD = re2.compile(rf"""(?i)({_CREDENTIAL}\s+["'`]?){_RANDOM}""")
"""If only a space separates a name from its value, a value is recognised by being neither a word nor a number."""
_COOKIES = re2.compile(r"""(?i)(cookie\s*[:=]\s*)[^\r\n"']+""")
_SAID = re2.compile(
    r"""(?i)((?:password|passwd|pwd|passphrase|passcode|secret)(?:\s+key)?\s+(?:is|was)\s+)["']?[^\s"']+"""
)
_PERSON = re2.compile(rf"""(?i)({_PERSONAL}\\*["']?\s*[:=]\s*)(?:\\*["'][^"'\\]*|[^\s"'\\,;&\[\]{{}}]+)""")
_BEGUN_CONTENT = re2.compile(rf"""(?is)({_CONTENT}(?:\\*["']\s*:\s*|=))\\*[bru]?["'\[{{(<].*""")
_MAIL = re2.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ADDRESS = re2.compile(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{0,4}")
SUSPICIOUS = "|".join(
    [
        SECRET,
        r"\\/",
        rf"""(?:{_CREDENTIAL}(?:\\*["']|{_QUOTE})?(?:\s*[:=,>]|%3[ADad]|\s+["'`]?{_RANDOM}))""",
        rf"""(?:(?:{_PERSONAL}|{_CONTENT})\\*["']?\s*[:=])""",
        r"(?i:(?:password|passwd|pwd|passphrase|passcode|secret)(?:\s+key)?\s+(?:is|was)\s)",
        r"[A-Za-z0-9._%+-]@[A-Za-z0-9-]+\.[A-Za-z0-9]",
        r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9a-fA-F]:[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}:",
    ]
)
"""Matches every text that may contain something to mask."""
_SUSPICIOUS = re2.compile(SUSPICIOUS)
_OWN_MESSAGE = frozenset({"message", "error-message", "detail", "details", "errors"})
"""Names that, in an error's text, hold the error's own message, which is not content."""


def is_suspicious(text: str) -> bool:
    """Whether a text may contain something to mask."""
    return _SUSPICIOUS.search(text) is not None


def masked(text: str, most: int) -> str:
    """The text without keys, credentials and content, then cut to `most` characters."""
    window = readable(text[:WINDOW])
    if len(text) > WINDOW:
        window = window[: -max(len(window.split()[-1]), 1)] if window.split() else ""
    return _masked(window, 0)[:most]


def masked_json(text: str) -> str:
    """The same for a text that is JSON as a whole. The result is JSON too, and unchanged if there is nothing to mask."""
    try:
        value = json.loads(text)
        cleaned = _cleaned(value, 0)
    except (ValueError, RecursionError):
        return json.dumps(masked(text, WINDOW), ensure_ascii=False)
    return text if cleaned == value else json.dumps(cleaned, ensure_ascii=False)


def _masked(text: str, depth: int) -> str:
    pieces: list[str] = []
    begin = 0
    for start, end, value in _documents(text):
        plain = text[begin:start]
        cut = _BEGUN_CONTENT.search(plain)
        kind = next((kind for kind, named in _NAMED.items() if named.search(plain)), None)
        if cut or kind == CONTENT:
            return "".join([*pieces, _without_names(plain), "" if cut else REPLACEMENTS[CONTENT]])
        cleaned = REDACTED if kind else _cleaned(value, depth)
        pieces.append(_without_names(plain))
        pieces.append(text[start:end] if cleaned == value else json.dumps(cleaned, ensure_ascii=False))
        begin = end
    return "".join([*pieces, _without_names(text[begin:])])


def _documents(text: str) -> list[tuple[int, int, Any]]:
    """The positions and values of the JSON objects and lists in the text, without those nested in others."""
    found: list[tuple[int, int, Any]] = []
    position = 0
    for _ in range(MOST_DOCUMENTS):
        opening = _OPENING.search(text, position)
        if opening is None:
            break
        try:
            value, position = _DECODER.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            position = opening.end()
        else:
            found.append((opening.start(), position, value))
    return found


def _without_names(text: str) -> str:
    """Text that is not JSON, without the values after names of credentials and people, and cut at the first content in it."""
    text = _BEGUN_CONTENT.sub(r"\1[content]", text)
    text = _QUOTED.sub(rf"\1\2\3\4{REDACTED}", text)
    text = _NESTED.sub(rf"\1{REDACTED}", text)
    text = _NUMBER.sub(rf"\1{REDACTED}", text)
    text = without_keys(text)
    text = _COOKIES.sub(rf"\1{REDACTED}", text)
    text = _ENCODED.sub(rf"\1{REDACTED}", text)
    text = _MARKED_UP.sub(rf"\1{REDACTED}", text)
    text = _ASSIGNED.sub(rf"\1\2\3\4{REDACTED}", text)
    text = _NEXT_WORD.sub(rf"\1{REDACTED}", text)
    text = _SAID.sub(rf"\1{REDACTED}", text)
    text = _PERSON.sub(r"\1[personal]", text)
    text = _MAIL.sub("[e-mail]", text)
    return str(_ADDRESS.sub(_address, text))


def _address(match: Any) -> str:
    """The replacement for a network address; only the machine's own addresses identify nobody and are kept."""
    found = str(match.group(0))
    return found if found.startswith(("127.", "0.0.0.0")) else "[address]"


def _cleaned(value: Any, depth: int) -> Any:
    """A parsed document without the values of fields for credentials, people and content, and with its texts masked."""
    if depth > DEEPEST:
        return REPLACEMENTS[CONTENT]
    if isinstance(value, dict):
        return _cleaned_object(value, depth)
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], str) and (kind := _kind(value[0])):
            return [value[0], REPLACEMENTS[kind]]
        return [_cleaned(item, depth + 1) for item in value]
    if isinstance(value, str):
        return _masked(readable(value), depth + 1)
    return value


def _cleaned_object(value: dict[str, Any], depth: int) -> dict[str, Any]:
    named = value.get("name", value.get("key"))
    found: dict[str, Any] = {}
    for name, item in value.items():
        kind = _kind(name)
        if name == "value" and kind is None and isinstance(named, str):
            kind = _kind(named)
        if name in ("name", "key") and "value" in value:
            kind = None
        if kind and item is not None and not isinstance(item, bool) and item != "":
            found[without_keys(name)] = REPLACEMENTS[kind]
        else:
            found[without_keys(name)] = _cleaned(item, depth + 1)
    return found


def _kind(name: str) -> str | None:
    known = normal(readable(name))
    return None if known in _OWN_MESSAGE else kind_of(known)
