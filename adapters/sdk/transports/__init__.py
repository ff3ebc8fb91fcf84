"""The transports: the only rooms from which a byte leaves for an agency, and never without a decision."""
