"""Sealing: a key for each case, wrapped by one that never enters the store. What is sealed is decided elsewhere."""
