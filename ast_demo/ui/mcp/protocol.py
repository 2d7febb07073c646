"""The tools and the models' cards in the words of the protocol; needs the package mcp."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server import Server
from mcp.shared.exceptions import MCPError

import ast_demo
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.ui.mcp.tools import TOOLS, Tool
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.services import Services

CARD = "model-card://"
INSTRUCTIONS = (
    "An Audio Spectrogram Transformer: it names sounds, tells where it looked, and can be checked. "
    "Scores are no probabilities of being right; each model's card says how often it is right."
)

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


def build_server(services: Services, in_thread: InThread) -> Server:
    """Build the protocol's server: four tools, and a card for each bundled model.

    Args:
        services: of this server process.
        in_thread: runs work beside the event loop, within bounds.
    """

    async def list_tools(context, parameters) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[described(tool) for tool in TOOLS])

    async def call_tool(context, parameters) -> types.CallToolResult:
        tool = next((tool for tool in TOOLS if tool.name == parameters.name), None)
        if tool is None:
            names = ", ".join(tool.name for tool in TOOLS)
            return refused(f"There is no tool {parameters.name[:40]!r}, only {names}.")
        try:
            answer = await in_thread(lambda: tool.call(services, parameters.arguments or {}))
        except Exception as error:
            if not isinstance(error, ValueError):
                traceback.print_exception(error)  # for the host; ValueErrors are for the agent
            return refused(user_message(error))
        content: list = [types.TextContent(type="text", text=answer.text)]
        if answer.png is not None:
            data = base64.b64encode(answer.png).decode()
            content.append(types.ImageContent(type="image", data=data, mime_type="image/png"))
        return types.CallToolResult(content=content)

    async def list_resources(context, parameters) -> types.ListResourcesResult:
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    uri=f"{CARD}{name}", name=f"Card of {name}", mime_type="text/markdown"
                )
                for name in cards(services)
            ]
        )

    async def read_resource(context, parameters) -> types.ReadResourceResult:
        uri = str(parameters.uri)
        file = cards(services).get(uri.removeprefix(CARD))
        if file is None or not uri.startswith(CARD):
            raise MCPError(types.INVALID_PARAMS, f"There is no {uri[:80]}.")
        text = file.read_text(encoding="utf-8")
        content = types.TextResourceContents(uri=uri, mime_type="text/markdown", text=text)
        return types.ReadResourceResult(contents=[content])

    return Server(
        "ast-explorer",
        version=ast_demo.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


def described(tool: Tool) -> types.Tool:
    """Return a tool as the protocol lists it."""
    return types.Tool(name=tool.name, description=tool.description, input_schema=tool.schema)


def refused(sentence: str) -> types.CallToolResult:
    """Return one sentence as the answer of a tool that could not do its work."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=sentence)], is_error=True
    )


def cards(services: Services) -> dict[str, Path]:
    """Map the offered models that are bundled to their cards."""
    files = {name: BUNDLED_FOLDER / name / "README.md" for name in services.models.names}
    return {name: file for name, file in files.items() if "/" not in name and file.is_file()}
