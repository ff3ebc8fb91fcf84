"""Intake: takes a centre's document over, whole or not at all. What is accepted here is never lost."""
