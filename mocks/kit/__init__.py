"""What every mock agency stands on: server, ledger, journal, faults, clock, control API. Knows no agency."""
