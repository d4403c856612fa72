"""What looks like a key, a credential or an address: the patterns of keys.tsv and of places where such things stand, for RE2 alone.

DuckDB's regular expressions are RE2's too, so that a pattern finds the same in a query as here.
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
    """The rows of a table beside this module, without its header and the comments above it."""
    lines = [line for line in (HERE / name).read_text().split("\n") if line and not line.startswith("#")]
    rows = csv.reader(lines) if delimiter == "," else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return list(rows)[1:]


SHAPES = "|".join(pattern for _, pattern, _ in table("keys.tsv", delimiter="\t"))
"""What a key looks like wherever it stands."""
PLACES = (
    r"""://[^\s"'\\<>@]*@|://[^\s"'\\<>?#]*[?#][^\s"'\\<>\]]"""
    r"""|[?&;](?i:[a-z0-9_.-]*(?:key|token|sig|signature|secret|passwo?r?d|pwd|auth|code|credential|session|jwt|sas|pass)[a-z0-9_-]*)=[^&\s"'\\\[]"""
    r"""|(?i:key provided:\s*)[^\s\[]"""
)
"""Where a key of any form stands: before the host or behind the path of a URL, in a query, in what a provider says of it."""
ESCAPED = r"\\+(?:u00|x)[2-7][0-9a-fA-F]"
"""A letter, digit or sign that JSON within a text writes as its number, as in `\\u0073k-…`."""
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
"""A key, by its form or by its place, or a text that hides its letters behind their numbers."""
_SECRET = re2.compile(SECRET)
_ESCAPED = re2.compile(ESCAPED)


def loosened(pattern: str) -> str:
    """A pattern that finds what this one finds, and more: long counts are short, which makes it far smaller."""
    return _COUNT.sub(lambda count: "{6,}" if int(count[1]) > 6 else count[0], pattern)


def has_key(text: str) -> bool:
    """Whether a text holds a key, by its form or by its place, or hides its letters behind their numbers."""
    return _SECRET.search(text) is not None


def without_keys(text: str) -> str:
    """The text with `[redacted]` for each key, and URLs without user, query and fragment."""
    if "://" in text:
        text = _USER.sub(rf"\1{REDACTED}@", text)
        text = _QUERY.sub(rf"\1?{REDACTED}", text)
    text = _PARAMETER.sub(rf"\1{REDACTED}", text)
    text = _PROVIDED.sub(rf"\1{REDACTED}", text)
    return str(KEYS.sub(REDACTED, text))


def without_keys_in_word(word: str) -> str:
    """A short text without keys, also where some of its letters are written as their numbers."""
    return without_keys(readable(word))


def readable(text: str) -> str:
    """The text with letters, digits and signs as themselves that it writes as their numbers; quotes and backslashes stay as they are.

    Half a surrogate pair, which no file can hold, becomes a question mark.
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
    """What stands for an id that is a key: equal ids have equal digests."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def stored_name(name: str) -> str:
    """The name of a landing file as it is stored: a part of its path that holds a key is a digest."""
    parts: Iterable[str] = (digest(part) if has_key(part) else part for part in name.split("/"))
    return "/".join(parts)
