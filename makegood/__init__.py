"""The Makegood library: everything from reading landing files to the ledger's statements."""
