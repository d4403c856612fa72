"""The same page in Streamlit, written as its documentation recommends; page.py compares Makegood's page with it.

page.py runs it in a separate virtual environment, because the project's environment does not have Streamlit.
"""

import os
from datetime import timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from makegood.publication.reading import reading

RANGES = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
PAGE_SIZE = 25
WHERE = "hour_at >= ? and hour_at < ? and (? = 'All' or model = ?)"

st.set_page_config(layout="wide")


@st.cache_resource
def opened():
    """One connection for all visitors, as Streamlit recommends for a database."""
    session = reading(Path(os.environ["MAKEGOOD_HOME"]) / "warehouse")
    con, publication = session.__enter__()
    return session, con, publication


def rows_of(query: str, bound: list) -> pd.DataFrame:
    """The result of a query."""
    cursor = opened()[1].cursor()
    cursor.execute("use makegood")
    return cursor.execute(query, bound).df()


@st.cache_data
def models() -> list[str]:
    """Models with compensated requests."""
    return list(rows_of("select distinct model from mart_compensation_hourly order by model", [])["model"])


@st.cache_data
def totals(start, end, model) -> tuple[int, float]:
    """Number and sum of the compensations in the range."""
    found = rows_of(
        f"select sum(compensation_count) as n, sum(payout_usd)::double as usd from mart_compensation_hourly where {WHERE}",
        [start, end, model, model],
    )
    return int(found["n"].fillna(0).iloc[0]), float(found["usd"].fillna(0).iloc[0])


@st.cache_data
def series(start, end, model, tab, grouping) -> pd.DataFrame:
    """The daily bars by type or by model."""
    measure = "sum(payout_usd)::double" if tab == "Credits" else "sum(compensation_count)::double"
    return rows_of(
        f"select date_trunc('day', hour_at) as day, {grouping}, {measure} as value from mart_compensation_hourly"
        f" where {WHERE} group by all",
        [start, end, model, model],
    )


@st.cache_data
def details(start, end, model, sort, page) -> pd.DataFrame:
    """One page of compensated requests."""
    return rows_of(
        "select requested_at, model, input_tokens, output_tokens, cost_usd, latency_ms, throughput_tps, finish_reason, payout_usd"
        " from fct_compensations where requested_at >= ? and requested_at < ? and (? = 'All' or model = ?)"
        f" order by {sort} desc limit {PAGE_SIZE} offset {(page - 1) * PAGE_SIZE}",
        [start, end, model, model],
    )


st.title("Insurance Compensation")
chosen = st.radio("Range", list(RANGES), index=2, horizontal=True)
model = st.selectbox("Model", ["All", *models()])
tab = st.radio("Measure", ["Credits", "Times"], horizontal=True)
sort = st.selectbox("Sort", ["requested_at", "payout_usd", "latency_ms"])
page = int(st.number_input("Page", 1, 10_000_000, 1))

end = opened()[2].data_through
start = end - timedelta(days=RANGES[chosen])
count, total = totals(start, end, model)
figures = {
    "Total Compensation": f"${total:,.2f}",
    "Compensation Count": f"{count:,}",
    "Average Per Compensation": f"${total / count if count else 0:,.6f}",
    "Average Compensation / Day": f"{count / RANGES[chosen]:,.1f}",
}
for column, (label, value) in zip(st.columns(4), figures.items(), strict=True):
    column.metric(label, value)
for column, grouping in zip(st.columns(2), ("compensation_type", "model"), strict=True):
    column.bar_chart(series(start, end, model, tab, grouping), x="day", y="value", color=grouping)
st.dataframe(details(start, end, model, sort, page))
st.caption(f"drawn {chosen} {model} {tab} {sort} {page}")
