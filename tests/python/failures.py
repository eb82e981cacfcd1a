"""Guests that trap, hang, eat memory or print: that call alone fails, in words, and the connection goes on."""

from typing import Any

from mcp import Client
from mcp.types import TextContent

from connection import Connection, refused, run

INTERNAL_ERROR = -32603


async def fails(client: Client, tool: str, arguments: dict[str, Any], wanted: str) -> None:
    result = await client.call_tool(f"probe__{tool}", arguments)
    [text] = result.content
    assert isinstance(text, TextContent) and result.is_error, result
    assert wanted in text.text, text.text
    assert "\n" not in text.text and "wasm" not in text.text, text.text
    await works(client)


async def works(client: Client) -> None:
    result = await client.call_tool("probe__sum", {"a": 2, "b": 3})
    assert result.structured_content == {"sum": 5}, result


async def prints(client: Client, stderr: bool) -> None:
    line = '{"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}\n'
    result = await client.call_tool("probe__print", {"text": line, "times": 50, "stderr": stderr})
    assert not result.is_error, result
    await works(client)


async def fails_to_be_read(client: Client) -> None:
    error = await refused(client.read_resource("probe://broken/trap"))
    assert error.code == INTERNAL_ERROR and "\n" not in error.message, error.error
    error = await refused(client.read_resource("probe://broken/unavailable"))
    assert (error.code, error.message) == (INTERNAL_ERROR, "the archive is on holiday")
    await works(client)


async def fails_to_be_filled_in(client: Client) -> None:
    error = await refused(client.get_prompt("probe__refuse"))
    assert (error.code, error.message) == (INTERNAL_ERROR, "the writer is on holiday")
    await works(client)


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await works(client)
        await fails(client, "crash", {}, "crash")
        await fails(client, "recurse", {}, "too deeply")
        await fails(client, "allocate", {"bytes": 100_000_000}, "memory")
        await fails(client, "spin", {}, "time")
        await fails(client, "sleep_forever", {}, "time")
        await fails(client, "exit", {"code": 3}, "exit")
        await prints(client, stderr=False)
        await prints(client, stderr=True)
        await fails_to_be_read(client)
        await fails_to_be_filled_in(client)


run(script)
