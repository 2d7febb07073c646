"""The Live tab: sessions and their requests."""
