"""Serves the application of app.py as one process."""

import gc

import uvicorn

from dashboard.app import create_app
from makegood.errors import MakegoodError
from makegood.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        MakegoodError: the settings would give everybody access, the home cannot be read, or the address is already in use.
    """
    app = create_app(settings)
    # Everything loaded so far is permanent. Frozen, it is not scanned by the garbage collector, whose pauses would delay answers.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app,
        host=settings.page_host,
        port=settings.page_port,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
    )
    try:
        uvicorn.Server(config).run()
    except SystemExit as error:
        raise MakegoodError(
            f"the page cannot be served on {settings.page_host}:{settings.page_port}: if another program uses the port, set"
            " MAKEGOOD_PAGE_PORT to a free one"
        ) from error
