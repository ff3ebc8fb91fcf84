"""Who may call: centres, their API keys, and the actor that a request becomes. Nothing about a client is decided here."""
