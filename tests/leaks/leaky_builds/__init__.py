"""Builds of the hub that leak on purpose: each module patches one thing and then runs the command line.

They are started as `python -m leaky_builds.<name> serve …`; the product knows nothing of them.
"""
