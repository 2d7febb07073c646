"""ASGI around the page: middleware, REST door, health, shutdown."""
