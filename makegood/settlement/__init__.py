"""Settlement: posts what is owed, exactly once, to an append-only ledger. The models decide the payouts.

`ledger` is the chain of batches on disk, `batches` the metadata of one, `proving` checks bytes and links whenever the ledger is read, and
`trusting` checks that it is not older than what was published or handed over. `closing` determines the closed days, `due` what is owed,
`memory` what the last settlement saw, `usual` what needs confirmation; `settling` runs one settlement. `verifying` checks entries and sums,
`reader_checks` the tables that readers see, `loading` passes batches to the models, `statements` makes account statements. `handover`
writes the files for billing, `records` keeps what was handed over, `standings` the running totals, `reconciling` what billing reports.
"""
