"""What the name of a field says about its value, by names.csv: for field names, and for names that precede a value within a text."""

import re

from makegood.ingestion.texts.keys import KEYS, table

CONTENT, CREDENTIAL, PERSONAL = "content", "credential", "personal"
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[_\s.]+")
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$:/-]{0,79} ?", re.ASCII)
_SEGMENTS = re.compile(r"[^A-Za-z0-9]+")
LONGEST_SEGMENT = 32
ANOTHERS_MESSAGE = r"""(?:[^r_\s"'-]|[^o]r|[^r]or)[-_]?message"""
"""A regular expression for messages that are content. In a text, `message` alone or an error's message is the error's own, not content."""


def normal(name: str) -> str:
    """The name in lower case, with its words separated by `-`."""
    return _SEPARATORS.sub("-", _CAMEL.sub("-", name.strip())).lower()


def glob(pattern: str, run: str = "[^.]*") -> str:
    """A regular expression for a name of names.csv or harmless.csv, in which `*` matches any run of characters."""
    return run.join(re.escape(piece) for piece in pattern.split("*"))


_GLOBS = table("names.csv")
_KINDS = [
    (kind, re.compile("|".join(glob(name) for name, of in _GLOBS if of == kind)))
    for kind in (CREDENTIAL, PERSONAL, CONTENT)
]


def kind_of(name: str) -> str | None:
    """`credential`, `personal` or `content` if the normalised name is in names.csv; else None."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def in_text(kind: str) -> str:
    """A regular expression (RE2, without groups) for the names of a kind where they precede a value in a text."""
    found = []
    for pattern, of in _GLOBS:
        if pattern == "*message":
            found += [ANOTHERS_MESSAGE] if of == kind else []
        elif of == kind:
            found.append(_in_text(pattern))
    return f"(?i:{'|'.join(found)})"


def _in_text(pattern: str) -> str:
    begin = pattern.removeprefix("*").removeprefix("-")
    words = begin.replace("-", "[-_ .]?").replace("*", "[A-Za-z0-9_.-]*")
    if pattern.startswith("*-"):
        return rf"[-_ .]{words}|(?-i:[a-z]{words[0].upper()}){words[1:]}"
    return words if pattern.startswith("*") else rf"\b{words}"


def is_plain(name: str) -> bool:
    """Whether a name can be a field's name and not a value itself: short, made of words, without a key, number or random characters."""
    return (
        _PLAIN.fullmatch(name) is not None
        and KEYS.search(name) is None
        and not any(map(_looks_random, _SEGMENTS.split(name)))
    )


def _looks_random(segment: str) -> bool:
    digits = sum(map(str.isdigit, segment))
    if digits == len(segment):
        return digits > 8
    return len(segment) > LONGEST_SEGMENT or (len(segment) >= 8 and digits >= 3)
