"""What Makegood does, from landing files to the ledger's statements."""
