"""A call whose result the client no longer wants: the host says in its log that it stopped it, which the test reads."""

import asyncio
from contextlib import suppress

from mcp import Client

from connection import Connection, run


async def works(client: Client) -> None:
    result = await client.call_tool("probe__sum", {"a": 2, "b": 3})
    assert result.structured_content == {"sum": 5}, result


async def script(connection: Connection) -> None:
    begun = asyncio.Event()

    async def report(done: float, total: float | None, message: str | None) -> None:
        begun.set()

    async with connection.client() as client:
        call = asyncio.create_task(client.call_tool("probe__until_cancelled", progress_callback=report))
        await begun.wait()
        await works(client)
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
        await works(client)


run(script)
