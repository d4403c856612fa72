"""What is owed is posted here, once, to a ledger that is never rewritten; knows nothing of Dagster, and nothing of how a payout was decided.

`ledger` is the chain of batches on disk, `closing` which days are over, `due` what is owed, `memory` what the last settlement saw,
`settling` one settlement, `verifying` the proof of the ledger,
`shown` that of what readers see of it, `loading` how they come to see it, `statements` what accounts get,
`handover` what billing gets, `standings` how far that has come.
"""
