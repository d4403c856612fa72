"""`makegood-dbt …`: dbt as the runs start it. What is run with it is dbt.py's."""

from orchestration.collecting import collect_seldom


def main() -> None:
    """dbt's own command line."""
    collect_seldom()
    from dbt.cli.main import cli

    cli()
