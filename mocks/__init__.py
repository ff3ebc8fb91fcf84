"""Mock agencies: independent auditors on the other bank.

Every mock reads and writes its agency's wire by itself, from the contract files under `schemas/agencies/<slug>/`.
It shares no code with the adapters, the hub or the schemas: one misreading must not be made twice.
"""
