"""The web application and its routes. Every answer is read in one session, so that all its numbers are of one publication."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import duckdb
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.background import BackgroundTask
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from dashboard.answers import DetailsAnswer, Healthy, PublicationAnswer, RequestAnswer, SeriesAnswer, SummaryAnswer
from dashboard.decisions import Decisions
from dashboard.export import write_export
from dashboard.filters import ExportFilters, Filters, Hour, Instant, Name, PageFilters, SeriesFilters, Whole
from dashboard.following import Follower
from dashboard.pages import add_pages
from dashboard.queries import NotYoursError, Queries
from dashboard.security import AccessControl, SafeHeaders, Visitor, is_loopback
from dashboard.sessions import Session
from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import parse_hour
from makegood.publication.asking import UnaskableError, has_control
from makegood.publication.published_files import damage
from makegood.settings import Settings
from makegood.settlement.acceptances import held_hours

LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The visitor is not signed in."},
    403: {"description": "The visitor may not see this account."},
    429: {"description": "Too many wrong tokens: the visitor has to wait."},
    503: {"description": "Nothing is published yet."},
}


class RestOfPath(PathConvertor):
    """The rest of a path including slashes and line ends, so that a line end is rejected as invalid instead of not being routed (404)."""

    regex = r"[\s\S]*"


register_url_convertor("rest", RestOfPath())


def create_app(settings: Settings) -> FastAPI:
    """Create the application for the home in the settings. The home's databases are opened when the application starts.

    Raises:
        MakegoodError: the settings would give everybody access, or the home cannot be read.
    """
    access = AccessControl(settings)
    home = Home(settings.home).existing()
    follower = Follower(home)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with TemporaryDirectory(prefix="makegood-page-", ignore_cleanup_errors=True) as scratch:
            follower.start(Path(scratch))
            try:
                yield
            finally:
                follower.stop()

    app = FastAPI(
        title="Makegood: Insurance Compensation", version="1", lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=1)
    if is_loopback(settings.page_host):
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_HOSTS)
    app.add_middleware(SafeHeaders)
    app.add_exception_handler(NotYoursError, _refuse_account)
    app.add_exception_handler(UnaskableError, _refuse_control)
    app.add_exception_handler(MakegoodError, _refuse_for_now)
    app.add_exception_handler(duckdb.Error, _refuse_what_is_damaged)
    app.include_router(_api(access, follower, home, settings.page_stale_after_hours))
    add_pages(app, access)

    @app.get("/healthz")
    async def healthz() -> Healthy:
        """Health check; needs no sign-in."""
        return Healthy(is_published=follower.is_published)

    return app


def _api(access: AccessControl, follower: Follower, home: Home, stale_after_hours: int) -> APIRouter:
    """The API routes, which require that the visitor is admitted."""
    api = APIRouter(prefix="/api", responses=REFUSALS, dependencies=[Depends(_without_controls)])

    async def opened() -> AsyncIterator[Session]:
        with follower.session() as session:
            yield session

    Admitted = Annotated[Visitor, Depends(access.admit)]
    Opened = Annotated[Session, Depends(opened)]

    async def asked(visitor: Admitted, session: Opened) -> Queries:
        return Queries(session, visitor.account)

    Asked = Annotated[Queries, Depends(asked)]

    @api.get("/publication")
    def publication(visitor: Admitted, session: Opened, queries: Asked) -> PublicationAnswer:
        """What is published, how fresh it is, and the values that the filters offer."""
        published = session.publication
        age = datetime.now(UTC).replace(tzinfo=None) - session.data_through
        return PublicationAnswer(
            publication_id=published.publication_id,
            snapshot_id=published.snapshot_id,
            published_at=published.published_at,
            data_from=session.data_from,
            data_through=published.data_through,
            is_stale=age > timedelta(hours=stale_after_hours),
            stale_after_hours=stale_after_hours,
            held_hours=[] if visitor.account else _held_hours(home, published.snapshot_id),
            account=visitor.account,
            types=session.types,
            models=queries.models(),
        )

    @api.get("/accounts")
    def accounts(
        queries: Asked,
        contains: Annotated[str, Query(max_length=300)] = "",
        limit: Annotated[Whole, Query(ge=1, le=50)] = 20,
    ) -> list[str]:
        """Accounts with compensations whose name contains the text."""
        return queries.accounts(contains, limit)

    @api.get("/summary")
    def summary(queries: Asked, filters: Annotated[Filters, Query()]) -> SummaryAnswer:
        """The four KPIs, and their change from the previous period."""
        return queries.summary(filters)

    @api.get("/series")
    def series(queries: Asked, filters: Annotated[SeriesFilters, Query()]) -> SeriesAnswer:
        """The data of both charts, by hour for ranges up to 72 hours and by day for longer ones."""
        return queries.series(filters)

    @api.get("/details")
    def details(queries: Asked, filters: Annotated[PageFilters, Query()]) -> DetailsAnswer:
        """One page of compensated requests, at any depth."""
        return queries.details(filters)

    @api.get("/export", response_class=FileResponse)
    def export(session: Opened, queries: Asked, filters: Annotated[ExportFilters, Query()]) -> FileResponse:
        """All compensated requests that match the filters, as a file."""
        file = write_export(session, queries, filters, filters.format)
        selected = queries.selection(filters)
        return FileResponse(
            file,
            media_type=MEDIA_TYPES[filters.format],
            filename=f"compensations-{selected.start:%Y%m%dT%H}-{selected.end:%Y%m%dT%H}.{filters.format}",
            background=BackgroundTask(file.unlink),
        )

    @api.get("/requests/{source}/{request_id:rest}", responses={404: {"description": "There is no such request."}})
    def request(
        visitor: Admitted,
        session: Opened,
        source: Name,
        request_id: Name,
        hour: Annotated[Hour | None, Query()] = None,
        account: Annotated[Name | None, Query()] = None,
        request_key: Annotated[Name | None, Query()] = None,
        at: Annotated[Instant | None, Query(description="The exact time of the request, in UTC.")] = None,
    ) -> RequestAnswer:
        """One request, paid or not: the decision and everything that it is based on. Giving the hour makes the search faster.

        If several requests have the id, account, key and time select one of them; without these it is the latest. The others are listed.
        """
        decisions = Decisions(session, home, visitor.account)
        found = decisions.find(source, request_id, parse_hour(hour) if hour else None, account, request_key, at)
        if found is None:
            raise HTTPException(404, "there is no such request in the published data")
        return found

    return api


async def _without_controls(request: Request) -> None:
    """Reject a control character in the name or value of any parameter."""
    for place, given in (("path", request.path_params.items()), ("query", request.query_params.multi_items())):
        for name, value in given:
            if has_control(name) or has_control(str(value)):
                raise _unaskable(place, name)


def _held_hours(home: Home, snapshot_id: int) -> list[datetime] | None:
    """The hours whose money waits for acceptance; None if that cannot be read, for which the figures need not wait."""
    try:
        return held_hours(home, snapshot_id)
    except MakegoodError:
        return None


def _unaskable(place: str, name: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "control_character", "loc": (place, name), "msg": str(UnaskableError(name))}]
    )


async def _refuse_control(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnaskableError)
    return await request_validation_exception_handler(request, _unaskable("query", error.name))


async def _refuse_account(_: Request, __: Exception) -> Response:
    return JSONResponse({"detail": "you may not see this account"}, 403)


async def _refuse_for_now(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 503)


async def _refuse_what_is_damaged(request: Request, error: Exception) -> Response:
    if found := damage(error):
        return await _refuse_for_now(request, found)
    raise error
