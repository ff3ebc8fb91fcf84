"""The common language: frozen models, code tables, field paths with a privacy class each.

No I/O; imports nothing of ours.
"""
