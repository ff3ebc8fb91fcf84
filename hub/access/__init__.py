"""Who may call: centres, their API keys, and the actor that a request becomes. Decides nothing about a client."""
