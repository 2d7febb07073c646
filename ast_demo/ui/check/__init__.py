"""The Check tab: its component and requests."""
