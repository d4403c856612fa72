"""The forms that a harmless text may have, by kind: a text of another form is not kept. keeping.py looks for them, RE2 in queries too."""

_LETTERS = "[A-Za-z]{1,24}[0-9]{0,3}"
WORD = rf"(?:[0-9]{{1,4}}[_-])?{_LETTERS}(?:[_.:/+-](?:{_LETTERS}|[0-9]{{1,4}})){{0,7}}|[0-9]{{1,4}}(?:\.[0-9]{{1,4}}){{0,2}}"
_DAY = r"20(?:1[5-9]|2[0-9])-[01][0-9]-[0-3][0-9]"
_OF_DAY = r"[0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
TIME = (
    rf"{_DAY}(?:[T ]{_OF_DAY} ?(?:Z|UTC|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
    rf"|(?:[A-Z][a-z]{{2}}, )?[0-3]?[0-9] [A-Z][a-z]{{2}} 20(?:1[5-9]|2[0-9]) {_OF_DAY}(?: (?:GMT|UTC|[+-][0-9]{{4}}))?"
)
"""A time of this project's days, from 2015 to 2029: what lies before is a birthday, and no call's time."""
AMOUNT = r"-?[0-9]{1,9}(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,3})?(?: ?(?:%|ns|us|ms|s))?|(?:[0-9]{1,6}(?:\.[0-9]{1,9})?(?:d|h|ms|m|s)){1,5}"
_PRODUCT = r"[A-Za-z][A-Za-z_.-]{0,39}/(?:v?[0-9][A-Za-z0-9_.+-]{0,23}|[A-Za-z_.-]{1,20} [0-9][0-9.]{0,15})"
KINDS = {
    "word": WORD,
    "words": rf"(?:{WORD})(?:[,;=] ?(?:{WORD})){{0,11}}",
    "id": r"[A-Za-z0-9][A-Za-z0-9_.:/+=-]{0,199}",
    "product": rf"{_PRODUCT}(?: {_PRODUCT}){{0,4}}|[A-Za-z][A-Za-z_.-]{{0,39}}",
    "media": r"(?:[a-z]+|\*)/[a-z0-9.+*-]+(?:; ?charset=[A-Za-z0-9-]+)?(?:, ?(?:[a-z]+|\*)/[a-z0-9.+*-]+)*",
    "amount": AMOUNT,
    "route": r"(?:/[A-Za-z][A-Za-z_.-]{0,30}[0-9]{0,3}){1,9}/?",
    "time": TIME,
}
"""The form of a text of each kind: one of another form is not kept. RE2 takes them too."""
