"""The Timeline tab: its component and requests."""
