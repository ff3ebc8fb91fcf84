"""The catalogue of welfare services: kept from its sources, searched, and always saying how old it is."""
