"""Tools, called: what comes back when they work, when they fail, and when the call itself is wrong."""

import base64
import json

from mcp import Client
from mcp.types import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from connection import Connection, refused, run

INVALID_PARAMS = -32602


def words(result: CallToolResult) -> str:
    """The text of a result that is one text."""
    [text] = result.content
    assert isinstance(text, TextContent), result
    return text.text


async def works(client: Client) -> None:
    result = await client.call_tool("hello__greet", {"name": "Ada"})
    assert not result.is_error and words(result) == "Hello, Ada!", result
    assert result.structured_content is None


async def gives_structure(client: Client) -> None:
    result = await client.call_tool("probe__sum", {"a": 2, "b": 3})
    assert not result.is_error and result.structured_content == {"sum": 5}, result
    assert json.loads(words(result)) == {"sum": 5}


async def gives_every_content(client: Client) -> None:
    text, image, audio, link, embedded = (await client.call_tool("probe__every_content")).content
    assert isinstance(text, TextContent) and text.text == "text"
    assert text.annotations is not None
    assert (text.annotations.audience, text.annotations.priority) == (["user"], 0.5)
    assert isinstance(image, ImageContent) and image.mime_type == "image/png"
    assert base64.b64decode(image.data) == bytes([1, 2, 3])
    assert isinstance(audio, AudioContent) and audio.mime_type == "audio/wav"
    assert base64.b64decode(audio.data) == bytes([4, 5, 6])
    assert isinstance(link, ResourceLink) and (link.uri, link.name) == ("probe://items/1", "one")
    assert isinstance(embedded, EmbeddedResource) and isinstance(embedded.resource, TextResourceContents)
    assert (embedded.resource.uri, embedded.resource.text) == ("probe://items/2", "two")


async def fails_in_its_own_words(client: Client) -> None:
    for kind in ["not-found", "invalid-arguments", "access-denied", "unavailable", "other", "result"]:
        result = await client.call_tool("probe__fail", {"kind": kind, "words": f"this is {kind}"})
        assert result.is_error and words(result) == f"this is {kind}", result


async def is_unknown(client: Client) -> None:
    error = await refused(client.call_tool("hello__shout", {"name": "Ada"}))
    assert error.code == INVALID_PARAMS and "hello__shout" in error.message, error.error


async def does_not_fit(client: Client) -> None:
    """Since 2025-11-25 the model reads what is wrong with its arguments."""
    result = await client.call_tool("probe__sum", {"a": "two", "b": 3})
    assert result.is_error and "/a" in words(result) and "integer" in words(result), result
    result = await client.call_tool("probe__sum", {"a": 2})
    assert result.is_error and '"b"' in words(result), result
    result = await client.call_tool("probe__sum", {"a": 2, "b": 3, "c": 4})
    assert result.is_error and "'c'" in words(result), result


async def breaks_its_own_schema(client: Client) -> None:
    for tool in ["probe__lie", "probe__nothing"]:
        result = await client.call_tool(tool)
        assert result.is_error and "schema" in words(result), result


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await works(client)
        await gives_structure(client)
        await gives_every_content(client)
        await fails_in_its_own_words(client)
        await is_unknown(client)
        await does_not_fit(client)
        await breaks_its_own_schema(client)
        await works(client)


run(script)
