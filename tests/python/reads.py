"""Resources, read."""

import base64

from mcp import Client
from mcp.types import BlobResourceContents, TextResourceContents

from connection import Connection, refused, run

INVALID_PARAMS = -32602
# What it was before 2026-07-28 (SEP-2164).
RESOURCE_NOT_FOUND = -32002


async def text(client: Client) -> None:
    [about] = (await client.read_resource("hello://about")).contents
    assert isinstance(about, TextResourceContents)
    assert (about.uri, about.mime_type) == ("hello://about", "text/plain")
    assert about.text.startswith("A plugin that greets.")


async def blob(client: Client) -> None:
    [item] = (await client.read_resource("probe://bytes")).contents
    assert isinstance(item, BlobResourceContents)
    assert item.mime_type == "application/octet-stream"
    assert base64.b64decode(item.blob) == bytes([0, 159, 146, 150])


async def by_template(client: Client) -> None:
    uri = "hello://greetings/Ada%20L."
    [greeting] = (await client.read_resource(uri)).contents
    assert isinstance(greeting, TextResourceContents)
    assert (greeting.uri, greeting.text) == (uri, "Hello, Ada L.!")


async def unknown(client: Client, stateless: bool) -> None:
    error = await refused(client.read_resource("hello://nothing"))
    assert error.code == (INVALID_PARAMS if stateless else RESOURCE_NOT_FOUND), error.error
    assert error.data == {"uri": "hello://nothing"}


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await text(client)
        await blob(client)
        await by_template(client)
        await unknown(client, connection.stateless)


run(script)
