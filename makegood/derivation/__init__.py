"""Which request hours a run derives, from which deliveries, and the process in which dbt derives them."""
