"""The options that several commands share, and where their notes to people go."""

from typing import Annotated

import typer
from rich.console import Console

notes = Console(stderr=True, highlight=False)

From = Annotated[str, typer.Option("--from", help="First hour, UTC, such as 2026-11-01T00.")]
To = Annotated[str, typer.Option("--to", help="End hour, UTC, not included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
