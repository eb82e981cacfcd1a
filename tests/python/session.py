"""One short session with the plugins `filesystem` and `hello`, printed as the README shows it.

The test that runs it grants the plugin a folder, by the name /notes, with one file in it.
"""

import json
import textwrap
from typing import Any

from mcp import Client
from mcp.types import TextContent, TextResourceContents

from connection import Connection, run

# Columns of a long line.
WIDTH = 100


def asked(request: str) -> None:
    print(f"> {request}")


def answered(text: str) -> None:
    for line in text.rstrip("\n").split("\n"):
        print(f"  {line}".rstrip())
    print()


async def call(client: Client, tool: str, arguments: dict[str, Any]) -> None:
    asked(f"{tool} {json.dumps(arguments)}")
    result = await client.call_tool(tool, arguments)
    [content] = result.content
    assert isinstance(content, TextContent)
    answered(f"error: {content.text}" if result.is_error else content.text)


async def script(connection: Connection) -> None:
    asked("connect")
    async with connection.client() as client:
        assert client.server_info is not None
        answered(f"{client.server_info.name}, MCP {client.protocol_version}")

        asked("list tools")
        names = ", ".join(tool.name for tool in (await client.list_tools()).tools)
        answered("\n".join(textwrap.wrap(names, WIDTH)))

        today = "/notes/today.md"
        await call(client, "list_directory", {"path": "/notes"})
        await call(client, "write_file", {"path": today, "content": "# Today\n\n- water the plants\n- call Ada\n"})
        edit = {"oldText": "water the plants", "newText": "water the plants (done)"}
        await call(client, "edit_file", {"path": today, "edits": [edit]})
        await call(client, "read_text_file", {"path": today, "head": 1})
        await call(client, "search_files", {"path": "/notes", "pattern": "**/*.md"})
        await call(client, "read_text_file", {"path": "/etc/passwd"})

        asked(f"read resource file://{today}")
        [contents] = (await client.read_resource(f"file://{today}")).contents
        assert isinstance(contents, TextResourceContents)
        answered(f"({contents.mime_type})\n{contents.text}")

        asked('get prompt hello__write_greeting {"name": "Ada"}')
        [message] = (await client.get_prompt("hello__write_greeting", {"name": "Ada"})).messages
        assert isinstance(message.content, TextContent)
        answered(f"{message.role}: {message.content.text}")


run(script)
