"""What a client is owed: the register of what was sent about them, and being found again. Pages are the API's."""
