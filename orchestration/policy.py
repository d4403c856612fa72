"""Which policy is in force, as one digest of its seeds. What the policy says is in the seeds themselves."""

import hashlib

from orchestration.settings import PROJECT

SEEDS = PROJECT / "dbt_project" / "seeds"


def policy_digest() -> str:
    """A digest of all seeds: an hour that was derived under another one is stale."""
    digest = hashlib.sha256()
    for seed in sorted(SEEDS.glob("*.csv")):
        digest.update(seed.name.encode() + b"\0" + seed.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
