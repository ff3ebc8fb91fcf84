"""Routing: which agency, and which of its offices, a service goes to. Pure; it holds what it cannot route."""
