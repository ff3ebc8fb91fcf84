"""Delivery: from what is due to what became of it. Journal first, then send; unknown is never resent blind.

`acts` and `results` decide (pure), `begin` and `finish` are one transaction each, `worker` calls the adapter between
them, `engine` wakes the worker. What agencies tell us afterwards is `hub/following`.
"""
