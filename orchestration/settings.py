"""The only reader of the environment. What a setting is used for does not belong here."""

from decimal import Decimal
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.errors import MakegoodError

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings, from variables that start with `MAKEGOOD_`.

    Attributes:
        home: where landing, lake, ledger, warehouse and exports live.
        sources: the file that names the gateways and their log formats.
        lookback_hours: how far back a scheduled run looks for new or changed landing files.
        settlement_grace_hours: how long after a request date's end landing hours are awaited before it is settled.
        settlement_most_adjustments: how many adjustments and reversals a settlement posts without being confirmed.
        settlement_most_adjusted_usd: how much they may come to, USD.
        settlement_usual_times: how many times the largest of the last days a day may come to, without being confirmed.
        settlement_unseen_usd: what a day may always come to, for an account and in all, USD.
        settlement_first_usd: what a day may come to where nothing was posted yet, USD.
        page_host: the address that the page is served on.
        page_port: its port.
        page_token: what lets a visitor in.
        page_user_header: the header with the visitor's name, set by a trusted reverse proxy.
        page_account_header: the header with the one account that the visitor may see, set by the same proxy.
        page_proxies: the addresses that the proxy's headers are believed from, as JSON.
        page_account: the one account that the whole page is about.
        page_stale_after_hours: how long ago the data may end before the page says so.
    """

    model_config = SettingsConfigDict(env_prefix="MAKEGOOD_", extra="ignore")

    home: Path = Path("data")
    sources: Path = Path("sources.yml")
    lookback_hours: int = Field(default=48, ge=0)
    settlement_grace_hours: int = Field(default=6, ge=0)
    settlement_most_adjustments: int = Field(default=1_000, ge=0)
    settlement_most_adjusted_usd: Decimal = Field(default=Decimal(1_000), ge=0)
    settlement_usual_times: int = Field(default=3, ge=1, le=1_000_000)
    settlement_unseen_usd: Decimal = Field(default=Decimal(1), ge=0, max_digits=24, decimal_places=12)
    settlement_first_usd: Decimal = Field(default=Decimal(1_000), ge=0, max_digits=24, decimal_places=12)
    page_host: str = "127.0.0.1"
    page_port: int = Field(default=8000, ge=1, le=65535)
    page_token: SecretStr | None = Field(default=None, min_length=16)
    page_user_header: str | None = Field(default=None, min_length=1)
    page_account_header: str | None = Field(default=None, min_length=1)
    page_proxies: list[str] = ["127.0.0.1", "::1"]
    page_account: str | None = Field(default=None, min_length=1)
    page_stale_after_hours: int = Field(default=3, ge=1)

    @classmethod
    def read(cls) -> "Settings":
        """The settings of this environment.

        Raises:
            MakegoodError: a variable holds what it must not; says which, and why.
        """
        try:
            return cls()
        except ValidationError as error:
            fault = error.errors()[0]
            name = f"MAKEGOOD_{'_'.join(map(str, fault['loc']))}".upper()
            raise MakegoodError(f"{name} is {fault['input']!r}: {fault['msg']}") from error

    @field_validator("home", "sources")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()
