"""What is owed is posted here, once, to a ledger that is never rewritten. How a payout is decided is in models/.

`ledger` is the chain of batches on disk, `batches` what one says, `proving` the proof of bytes and links that all who read it go through,
`trusting` whether it may be older than what was published or handed over. `closing` is which days are over, `due` what is owed, `memory`
what the last settlement saw, `usual` what may be posted unseen, `settling` one settlement. `verifying` is the proof of entries and sums,
`reader_checks` that of what readers see, `loading` how they come to see it, `statements` what accounts get. `handover` is what billing gets,
`records` what is kept of that, `standings` how far it has come, `reconciling` what billing says that it has.
"""
