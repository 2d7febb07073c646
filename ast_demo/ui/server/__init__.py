"""ASGI around the page: middleware, REST endpoints, health, shutdown."""
