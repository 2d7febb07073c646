"""The Explore tab: component, the requests it makes, what it downloads."""
