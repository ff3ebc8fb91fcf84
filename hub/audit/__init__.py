"""Who did what to whose data, when, and from where. Entries are only ever added."""
