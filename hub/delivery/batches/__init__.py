"""Batches: agencies that take files instead of calls. What gathered until the cut-off goes in one file, frozen first.

`freezing` decides who is in a file and `parting` what became of that file, `taking_in` what a result file says, each
in one transaction; `clerk` calls the adapter between them, `lane` wakes the clerk. The way of a file is drawn in
docs/decisions/0011-batch-files.md.
"""
