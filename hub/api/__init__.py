"""The HTTP surface: parse, one call into another room, view. No rule of the business and no SQL lives here."""
