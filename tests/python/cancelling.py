"""A call whose result the client no longer wants: the host says in its log that it stopped it, which the test reads."""

import asyncio
from contextlib import suppress

from mcp import Client

from connection import Connection, run


async def works(client: Client) -> None:
    result = await client.call_tool("probe__sum", {"a": 2, "b": 3})
    assert result.structured_content == {"sum": 5}, result


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await works(client)
        call = asyncio.create_task(client.call_tool("probe__sleep_forever"))
        # The call is sent before this one: when this is answered, the host has it.
        await works(client)
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
        await works(client)


run(script)
