"""Resources that the client watches: it hears of those that change, and of no others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mcp import Client
from mcp.client.subscriptions import ResourceUpdated
from mcp.types import ResourceUpdatedNotification

from connection import Connection, run

WATCHED = ["feed://a", "feed://b"]

Heard = Callable[[], Awaitable[str]]


@asynccontextmanager
async def notified(connection: Connection) -> AsyncIterator[tuple[Client, Heard]]:
    """A client that subscribes to each resource, as those of a session do."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.put_nowait(message.params.uri)

    async with connection.client(message_handler=hear) as client:
        for uri in WATCHED:
            await client.subscribe_resource(uri)
        yield client, heard.get
        for uri in WATCHED:
            await client.unsubscribe_resource(uri)
        await change(client, *WATCHED)
        assert heard.empty()


@asynccontextmanager
async def subscribed(connection: Connection) -> AsyncIterator[tuple[Client, Heard]]:
    """A client that listens, as those of 2026-07-28 do."""
    async with connection.client() as client:
        # While plugins are loaded, any of those to come may have it.
        await client.list_tools()
        async with client.listen(resource_subscriptions=WATCHED) as subscription:
            assert subscription.honored.resource_subscriptions == WATCHED, subscription.honored

            async def heard() -> str:
                event = await anext(subscription)
                assert isinstance(event, ResourceUpdated), event
                return event.uri

            yield client, heard
        await change(client, *WATCHED)


async def change(client: Client, *uris: str) -> None:
    for uri in uris:
        result = await client.call_tool("feed__change", {"uri": uri})
        assert not result.is_error, result


async def script(connection: Connection) -> None:
    connected = subscribed if connection.stateless else notified
    async with connected(connection) as (client, heard):
        await change(client, "feed://c")
        for uri in WATCHED:
            await change(client, uri)
            # Were another told of as well, it would be heard in the place of the next.
            assert await heard() == uri


run(script)
