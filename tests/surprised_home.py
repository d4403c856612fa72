"""A home with surprising money: the first day is closed, and one of its failed requests cost 150 USD."""

from pathlib import Path

from running_gateway import FIRST, Gateway, record

DAYS = 30
"""Landing hours until the first day is closed."""


def surprised_home(root: Path) -> Gateway:
    """A copy of the home, which is derived once in a session."""

    def fill(gateway: Gateway) -> None:
        dear = record("dear", FIRST, status_code="503", cost_usd="150.000000000001")
        gateway.land(FIRST, [dear, record("usual", FIRST, status_code="503")])
        gateway.run(FIRST, DAYS)

    return Gateway.copied("surprised", fill, root)
