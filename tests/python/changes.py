"""A plugin's file is replaced while the client is connected: it hears of the lists that changed, and of no other.

The test lays the versions of the plugin beside it; each is the one before with one more thing changed.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mcp import Client
from mcp.client.subscriptions import PromptsListChanged, ResourcesListChanged, ToolsListChanged
from mcp.types import (
    PromptListChangedNotification,
    ResourceListChangedNotification,
    TextContent,
    ToolListChangedNotification,
)

from connection import Connection, run
from pages import all_resources

KINDS = {
    ToolListChangedNotification: "tools",
    PromptListChangedNotification: "prompts",
    ResourceListChangedNotification: "resources",
    ToolsListChanged: "tools",
    PromptsListChanged: "prompts",
    ResourcesListChanged: "resources",
}

Heard = Callable[[], Awaitable[str]]


@asynccontextmanager
async def notified(connection: Connection) -> AsyncIterator[tuple[Client, Heard]]:
    """A client that is told by notifications, as those of a session are."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(message: object) -> None:
        if type(message) in KINDS:
            heard.put_nowait(KINDS[type(message)])

    async with connection.client(message_handler=hear) as client:
        yield client, heard.get


@asynccontextmanager
async def subscribed(connection: Connection) -> AsyncIterator[tuple[Client, Heard]]:
    """A client that listens, as those of 2026-07-28 do."""
    async with connection.client() as client:
        wanted = {"tools_list_changed": True, "prompts_list_changed": True, "resources_list_changed": True}
        async with client.listen(**wanted) as subscription:
            honored = subscription.honored
            assert honored.tools_list_changed and honored.prompts_list_changed and honored.resources_list_changed

            async def heard() -> str:
                return KINDS[type(await anext(subscription))]

            yield client, heard


def replace(name: str) -> None:
    """Renames the version `name` over the plugin's file."""
    os.replace(f"{name}.wasm", "plugins/versioned.wasm")


async def described(client: Client) -> dict[str, str]:
    """What the lists say of the plugin's one tool, prompt and resource."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
    resources = {resource.uri: resource for resource in (await all_resources(client))[0]}
    return {
        "tools": tools["versioned__version"].description or "",
        "prompts": prompts["versioned__ask"].description or "",
        "resources": resources["versioned://here"].description or "",
    }


async def version(client: Client) -> str:
    [text] = (await client.call_tool("versioned__version")).content
    assert isinstance(text, TextContent)
    return text.text


async def script(connection: Connection) -> None:
    connected = subscribed if connection.stateless else notified
    async with connected(connection) as (client, heard):
        before = await described(client)
        assert await version(client) == "version=00000001"
        for number, changed in [(2, "tools"), (3, "prompts"), (4, "resources")]:
            replace(changed)
            # Were another list told of as well, it would be heard in the place of the next.
            assert await heard() == changed
            now = await described(client)
            assert now == {**before, changed: before[changed].replace("=00000000", f"={number:08}")}, now
            assert await version(client) == f"version={number:08}"
            before = now
        os.remove("plugins/versioned.wasm")
        assert {await heard(), await heard(), await heard()} == {"tools", "prompts", "resources"}
        assert "versioned__version" not in {tool.name for tool in (await client.list_tools()).tools}


run(script)
