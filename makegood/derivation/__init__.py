"""Derivation: which request hours a run derives, from which deliveries, and the dbt process that derives them."""
