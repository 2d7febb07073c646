"""Many clients against one server."""
