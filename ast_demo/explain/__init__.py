"""Queries and keys become attention maps; the maps are tested, heard and documented."""
