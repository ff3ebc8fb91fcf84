"""Builds of the hub that are broken on purpose: each module patches one thing and then runs the command line.

They are started as `python -m broken_builds.<name> serve …`; the product knows nothing of them.
"""
