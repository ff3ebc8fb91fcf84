"""One folder per agency, always with the same file names, beside the `sdk` that they (and third parties) build on."""
