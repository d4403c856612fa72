"""Settings from environment variables; no other module reads them from the environment.

The description of a field says what its value must be. It is part of the error message when a value is invalid.
"""

import difflib
import errno
import os
import re
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from makegood.errors import MakegoodError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "MAKEGOOD_"
OTHERS = {
    "MAKEGOOD_DAGSTER", "MAKEGOOD_WRITER_TOKEN", "MAKEGOOD_DBT_SERVER", "MAKEGOOD_LIVE_SECONDS", "MAKEGOOD_SIMULATION", "MAKEGOOD_BROWSER_TESTS",
}  # fmt: skip
"""Variables with the prefix that are not settings: Dagster's folder, what a run passes to its child processes, and test options."""
YEAR_HOURS = 8_784
SHOWN = 60
"""How many characters of an invalid value the error message shows."""


def _plain_number(value: Any) -> Any:
    """Accept plain decimal digits only; Python's own parsers would also accept exponents, underscores and NaN."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,12})?", value):
        raise ValueError("not a plain decimal number")
    return value


def _readable(value: Any) -> Any:
    """Reject text that is empty, has surrounding white space, or contains control characters or unpaired UTF-16 surrogates."""
    text = str(value)
    if not text or text != text.strip() or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text):
        raise ValueError("it is empty, has surrounding spaces, or contains control characters or unpaired surrogates")
    return value


def _absolute(value: Path) -> Path:
    try:
        place = value.expanduser().resolve()
        place.lstat()
    except OSError as error:
        # A path that does not exist yet, or that we may not access, is reported when it is used.
        if error.errno == errno.ENAMETOOLONG:
            raise ValueError(str(error)) from error
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    return place


def _bytes(value: Any) -> Any:
    """The number of bytes of a size such as 2GiB, 1.5 GiB or 800MB."""
    if not isinstance(value, str):
        return value
    size = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([MGT])(i?)B", value)
    if size is None:
        raise ValueError("not a size with its unit")
    number, unit, binary = size.groups()
    return int(Decimal(number) * (1024 if binary else 1000) ** (" MGT".index(unit) + 1))


Number = Annotated[int, BeforeValidator(_plain_number)]
Size = Annotated[int, BeforeValidator(_bytes)]
Memory = Annotated[Size, Field(ge=1 << 30, le=1 << 50)]
Usd = Annotated[Decimal, BeforeValidator(_plain_number)]
Place = Annotated[Path, BeforeValidator(_readable), AfterValidator(_absolute)]
Text = Annotated[str, BeforeValidator(_readable), Field(max_length=1_000)]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]

HOURS = f"a whole number of hours from 0 to {YEAR_HOURS:,}"
HEADER = "the name of an HTTP header, such as X-Forwarded-User"
MEMORY = "a size from 1GiB to 1024TiB, such as 2GiB"
USD = "an amount in USD from 0 to 1,000,000,000,000, with up to 12 decimals"


class Settings(BaseSettings):
    """Settings, from variables that start with `MAKEGOOD_`.

    Attributes:
        home: directory of landing, lake, ledger, warehouse and exports.
        sources: the file that lists the gateways and their log formats.
        lookback_hours: how far back a scheduled run looks for new or changed landing files.
        writer_patience_s: how long a run, a restatement or a settlement waits while another process writes, in seconds; None
            means as long as it takes.
        memory: how many bytes all processes of a run may use together; None means that the machine decides, see storage/memory.py.
        backfill_slice: a range is run and published in slices of whole days with landing files of up to so many bytes.
        settlement_grace_hours: how many hours after the end of a request date its landing hours are awaited before it is settled.
        settlement_most_adjustments: how many adjustments and reversals a settlement posts without confirmation.
        settlement_most_adjusted_usd: the largest total of these adjustments and reversals without confirmation, USD.
        settlement_usual_times: a day may come to this many times the largest of the recent days without confirmation.
        settlement_unseen_usd: what a day may always come to without confirmation, per account and in total, USD.
        settlement_first_usd: what a day may come to without confirmation while nothing has been posted yet, USD.
        page_host: the address that the page is served on.
        page_port: its port.
        page_token: the token that a visitor must present.
        page_user_header: the header with the visitor's name, set by a trusted reverse proxy.
        page_account_header: the header with the only account that the visitor may see, set by the same proxy.
        page_proxies: the addresses of trusted proxies, as JSON; the headers are ignored from any other address.
        page_account: the only account that the page shows, to all visitors.
        page_stale_after_hours: the age of the newest data, in hours, from which the page warns that it is stale.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    home: Place = Field(default=Path("data"), validate_default=True, description="the path of a folder")
    sources: Place = Field(default=Path("sources.yml"), validate_default=True, description="the path of a file")
    lookback_hours: Number = Field(default=48, ge=0, le=YEAR_HOURS, description=HOURS)
    writer_patience_s: Annotated[Number, Field(ge=0, le=86_400)] | None = Field(
        default=None, description="a whole number of seconds from 0 to 86,400"
    )
    memory: Memory | None = Field(default=None, description=MEMORY)
    backfill_slice: Annotated[Size, Field(ge=1 << 20, le=1 << 50)] = Field(
        default=64 << 20, description="a size from 1MiB to 1024TiB, such as 64MiB"
    )
    settlement_grace_hours: Number = Field(default=6, ge=0, le=YEAR_HOURS, description=HOURS)
    settlement_most_adjustments: Number = Field(
        default=1_000, ge=0, le=1_000_000_000, description="a whole number from 0 to 1,000,000,000"
    )
    settlement_most_adjusted_usd: Usd = Field(default=Decimal(1_000), ge=0, le=10**12, description=USD)
    settlement_usual_times: Number = Field(
        default=3, ge=1, le=1_000_000, description="a whole number from 1 to 1,000,000"
    )
    settlement_unseen_usd: Usd = Field(default=Decimal(1), ge=0, le=10**12, description=USD)
    settlement_first_usd: Usd = Field(default=Decimal(1_000), ge=0, le=10**12, description=USD)
    page_host: Text = Field(default="127.0.0.1", description="an address or a host's name")
    page_port: Number = Field(default=8000, ge=1, le=65_535, description="a port from 1 to 65,535")
    page_token: Annotated[SecretStr, BeforeValidator(_readable)] | None = Field(
        default=None, min_length=16, max_length=1_000, description="a text of 16 to 1,000 characters"
    )
    page_user_header: Header | None = Field(default=None, description=HEADER)
    page_account_header: Header | None = Field(default=None, description=HEADER)
    page_proxies: list[Text] = Field(
        default=["127.0.0.1", "::1"], max_length=1_000, description='a JSON list of addresses, such as ["10.0.0.7"]'
    )
    page_account: Text | None = Field(default=None, description="an account's name of up to 1,000 characters")
    page_stale_after_hours: Number = Field(
        default=3, ge=1, le=YEAR_HOURS, description=f"a whole number of hours from 1 to {YEAR_HOURS:,}"
    )

    @classmethod
    def read(cls) -> "Settings":
        """The settings of this environment. Prints each variable that has the prefix but is not a setting to standard error, once.

        Raises:
            MakegoodError: the value of a variable is invalid; names the variable and says what its value must be.
        """
        for name in sorted(os.environ):
            if name.startswith(PREFIX):
                _name_unknown(name)
        try:
            return cls()
        except ValidationError as error:
            fault = error.errors()[0]
            raise cls._refusal(str(fault["loc"][0]), fault["input"]) from error
        except SettingsError as error:
            field = next(name for name in cls.model_fields if f'"{name}"' in str(error))
            raise cls._refusal(field, os.environ.get(f"{PREFIX}{field.upper()}", "")) from error

    @classmethod
    def _refusal(cls, field: str, value: Any) -> MakegoodError:
        shown = repr(value if len(str(value)) <= SHOWN else f"{str(value)[:SHOWN]}…")
        if field == "page_token":
            shown = "not usable"
        return MakegoodError(f"{PREFIX}{field.upper()} is {shown}: it must be {cls.model_fields[field].description}")


def memory_setting() -> int | None:
    """`MAKEGOOD_MEMORY` in bytes, without the other settings: each process of a run that opens a database reads it.

    Raises:
        MakegoodError: the value is invalid; says what it must be.
    """
    value = os.environ.get(f"{PREFIX}MEMORY")
    try:
        return None if value is None else TypeAdapter(Memory).validate_python(value)
    except ValidationError as error:
        raise Settings._refusal("memory", value) from error


@cache
def _name_unknown(name: str) -> None:
    """Warn once about a variable that is not a setting: whoever set it believes that it has an effect."""
    known = [f"{PREFIX}{field.upper()}" for field in Settings.model_fields]
    if name.upper() in known or name in OTHERS:
        return
    near = difflib.get_close_matches(name, known, n=1)
    print(f"makegood: {name} is not a setting{f'; did you mean {near[0]}?' if near else ''}", file=sys.stderr)
