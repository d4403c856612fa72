"""A snapshot test of Dagster's asset graph, so that a change of it shows in graph.json in review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg
from running_gateway import Gateway

from orchestration.definitions import definitions_for

SNAPSHOT = Path(__file__).with_name("graph.json")


def serialized_graph(definitions: dg.Definitions) -> dict[str, Any]:
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    return {
        "assets": {
            key.to_user_string(): {
                "group": (node := graph.get(key)).group_name,
                "after": sorted(parent.to_user_string() for parent in node.parent_keys),
                "owners": sorted(node.owners),
                "kinds": sorted(node.kinds),
                "partitions": str(node.partitions_def) if node.partitions_def else None,
                "tags": {
                    name: value for name, value in sorted(node.tags.items()) if not name.startswith("dagster/kind/")
                },
            }
            for key in sorted(graph.get_all_asset_keys())
        },
        "checks": {
            f"{key.asset_key.to_user_string()}: {key.name}": "blocking" if graph.get(key).blocking else "a warning"
            for key in sorted(graph.asset_check_keys, key=str)
        },
        "jobs": {
            name: dict(sorted(definitions.resolve_job_def(name).tags.items()))
            for name in sorted(repository.job_names)
            if not name.startswith("__")
        },
        "schedules": {
            schedule.name: [schedule.cron_schedule, schedule.job_name] for schedule in repository.schedule_defs
        },
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    }


def test_the_asset_graph_equals_its_snapshot(gateway: Gateway) -> None:
    current = json.loads(json.dumps(serialized_graph(definitions_for(gateway.settings))))
    assert current == json.loads(SNAPSHOT.read_text()), "where the change is wanted, write it down: `make graph`"


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="makegood-graph-") as folder:
        graph = serialized_graph(definitions_for(Gateway(Path(folder)).settings))
    SNAPSHOT.write_text(json.dumps(graph, indent=2, sort_keys=True) + "\n")
