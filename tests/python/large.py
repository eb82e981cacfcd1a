"""An answer of many bytes, in one piece."""

from mcp.types import TextContent

from connection import Connection, refused, run

SIZE = 2 * 1024 * 1024


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        call = client.call_tool("probe__huge", {"bytes": SIZE})
        if connection.over_http and not connection.stateless:
            # Answers of a session are events, of which this client reads none of more than 1 MiB.
            error = await refused(call)
            assert "1048576 byte limit" in error.message, error.error
            return
        [text] = (await call).content
        assert isinstance(text, TextContent)
        assert text.text == "x" * SIZE, len(text.text)


run(script)
