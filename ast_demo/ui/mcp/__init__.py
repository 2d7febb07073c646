"""Tools for agents: the answers of the API over the Model Context Protocol."""
