"""The service. The steps of a referral's way are its folders; `wiring.py` is the only place where objects are built."""
