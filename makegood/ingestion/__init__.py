"""Landing files become the lake: canonical request logs, content assessments, quarantine, and the inventory of them all."""
