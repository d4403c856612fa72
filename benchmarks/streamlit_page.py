"""The same page in Streamlit, as its documentation would have one write it: what page.py measures Makegood's page against.

Run by page.py in an environment of its own, which holds Streamlit; the project's own does not.
"""

import os
from datetime import timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from orchestration.publication.reading import reading

RANGES = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
PAGE_SIZE = 25

st.set_page_config(layout="wide")


@st.cache_resource
def connection():
    """One connection for all sessions, as for any database."""
    opened = reading(Path(os.environ["MAKEGOOD_HOME"]) / "warehouse")
    con, publication = opened.__enter__()
    return opened, con, publication


_, con, publication = connection()
end = publication.data_through
cursor = con.cursor()
cursor.execute("use makegood")

st.title("Insurance Compensation")
chosen = st.radio("Range", list(RANGES), index=2, horizontal=True)
models = [
    row[0] for row in cursor.execute("select distinct model from mart_compensation_hourly order by model").fetchall()
]
model = st.selectbox("Model", ["All", *models])
tab = st.radio("Measure", ["Credits", "Times"], horizontal=True)
sort = st.selectbox("Sort", ["requested_at", "payout_usd", "latency_ms"])
page = int(st.number_input("Page", 1, 10_000_000, 1))

start = end - timedelta(days=RANGES[chosen])
where = "hour_at >= ? and hour_at < ? and (? = 'All' or model = ?)"
bound = [start, end, model, model]
count, total = cursor.execute(
    f"select sum(compensation_count), sum(payout_usd) from mart_compensation_hourly where {where}", bound
).fetchone()
count, total = count or 0, total or 0
for column, (label, value) in zip(
    st.columns(4),
    {
        "Total": f"${total:,.2f}",
        "Count": f"{count:,}",
        "Average": total / count if count else 0,
        "A day": count / RANGES[chosen],
    }.items(),
    strict=True,
):
    column.metric(label, value)

measure = "sum(payout_usd)::double" if tab == "Credits" else "sum(compensation_count)::double"
for column, name in zip(st.columns(2), ("compensation_type", "model"), strict=True):
    frame: pd.DataFrame = cursor.execute(
        f"select date_trunc('day', hour_at) as day, {name}, {measure} as value from mart_compensation_hourly where {where} group by all",
        bound,
    ).df()
    column.bar_chart(frame, x="day", y="value", color=name)

rows = cursor.execute(
    "select requested_at, model, input_tokens, output_tokens, cost_usd, latency_ms, throughput_tps, finish_reason, payout_usd"
    " from fct_compensations where requested_at >= ? and requested_at < ? and (? = 'All' or model = ?)"
    f" order by {sort} desc limit {PAGE_SIZE} offset {(page - 1) * PAGE_SIZE}",
    bound,
).df()
st.dataframe(rows)
st.caption(f"drawn {chosen} {model} {tab} {sort} {page}")
