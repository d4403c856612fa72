"""Patterns for keys, credentials and addresses: by form (keys.tsv) and by the places where they occur. They are written for RE2.

DuckDB uses RE2 too, so a pattern finds the same in a query as it does here.
"""

import csv
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import re2

HERE = Path(__file__).parent
REDACTED = "[redacted]"


def table(name: str, *, delimiter: str = ",") -> list[list[str]]:
    """The rows of a table in this directory, without its header and the comments above it."""
    lines = [line for line in (HERE / name).read_text().split("\n") if line and not line.startswith("#")]
    rows = csv.reader(lines) if delimiter == "," else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return list(rows)[1:]


SHAPES = "|".join(pattern for _, pattern, _ in table("keys.tsv", delimiter="\t"))
"""What a key looks like, wherever it occurs."""
PLACES = (
    r"""://[^\s"'\\<>@]*@|://[^\s"'\\<>?#]*[?#][^\s"'\\<>\]]"""
    r"""|[?&;](?i:[a-z0-9_.-]*(?:key|token|sig|signature|secret|passwo?r?d|pwd|auth|code|credential|session|jwt|sas|pass)[a-z0-9_-]*)=[^&\s"'\\\[]"""
    r"""|(?i:key provided:\s*)[^\s\[]"""
)
"""Where a key of any form occurs: before the host or after the path of a URL, in a query string, in a provider's error message."""
ESCAPED = r"\\+(?:u00|x)[2-7][0-9a-fA-F]"
"""A letter, digit or sign that JSON within a text writes as an escape, as in `\\u0073k-…`."""
_COUNT = re.compile(r"\{([0-9]+)(?:,[0-9]*)?\}")
KEYS = re2.compile(SHAPES)
_USER = re2.compile(r"""(://)[^\s"'\\<>]*@""")
_QUERY = re2.compile(r"""(://[^\s"'\\<>?#]*)[?#][^\s"'\\<>\]]+""")
_PARAMETER = re2.compile(
    r"([?&;](?i:[a-z0-9_.-]*(?:key|token|sig|signature|secret|passwo?r?d|pwd|auth|code|credential|session|jwt|sas|pass)[a-z0-9_-]*)=)"
    r"""[^&\s"'\\]+"""
)
_PROVIDED = re2.compile(r"""(?i)(key provided:\s*)[^\s"'\\,;{}\[\]]*[^\s"'\\,;{}\[\].]""")
SECRET = f"{SHAPES}|{PLACES}|{ESCAPED}"
"""A key, by its form or by its place, or a text that hides letters behind escapes."""
_SECRET = re2.compile(SECRET)
_ESCAPED = re2.compile(ESCAPED)


def loosened(pattern: str) -> str:
    """A pattern that matches at least what this one matches: long repetition counts are shortened, which makes it far smaller."""
    return _COUNT.sub(lambda count: "{6,}" if int(count[1]) > 6 else count[0], pattern)


def has_key(text: str) -> bool:
    """Whether a text contains a key, by its form or by its place, or hides letters behind escapes."""
    return _SECRET.search(text) is not None


def without_keys(text: str) -> str:
    """The text with `[redacted]` in place of each key, and URLs without user, query and fragment."""
    if "://" in text:
        text = _USER.sub(rf"\1{REDACTED}@", text)
        text = _QUERY.sub(rf"\1?{REDACTED}", text)
    text = _PARAMETER.sub(rf"\1{REDACTED}", text)
    text = _PROVIDED.sub(rf"\1{REDACTED}", text)
    return str(KEYS.sub(REDACTED, text))


def without_keys_in_word(word: str) -> str:
    """A short text without keys, even if some of its letters are written as escapes."""
    return without_keys(readable(word))


def readable(text: str) -> str:
    """The text with escaped letters, digits and signs decoded, except quotes and backslashes.

    Unpaired surrogates, which cannot be stored in a file, become question marks.
    """
    if not text.isascii():
        text = text.encode(errors="replace").decode()
    if "\\" not in text:
        return text

    def character(match: "re2._Match") -> str:
        written = match.group(0)
        letter = chr(int(written[-2:], 16))
        return written if letter in '"\\' else letter

    return str(_ESCAPED.sub(character, text)).replace("\\/", "/")


def digest(text: str) -> str:
    """The replacement for an id that is a key: equal ids have equal digests."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def stored_name(name: str) -> str:
    """A landing file's name as it is stored: a part of its path that contains a key is replaced by a digest."""
    parts: Iterable[str] = (digest(part) if has_key(part) else part for part in name.split("/"))
    return "/".join(parts)
