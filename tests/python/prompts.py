"""Prompts, filled in and refused, and their arguments completed."""

from mcp import Client
from mcp.types import PromptReference, ResourceTemplateReference, TextContent

from connection import Connection, refused, run

INVALID_PARAMS = -32602


async def filled_in(client: Client) -> None:
    [message] = (await client.get_prompt("hello__write_greeting", {"name": "Ada"})).messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    assert message.content.text == "Write a short, warm greeting for Ada."


async def of_both_roles(client: Client) -> None:
    messages = (await client.get_prompt("probe__letter", {"to": "Grace", "please": "2"})).messages
    assert [message.role for message in messages] == ["user", "assistant"]
    assert isinstance(messages[0].content, TextContent)
    assert messages[0].content.text == "please please write to Grace"


async def without_an_argument(client: Client) -> None:
    error = await refused(client.get_prompt("hello__write_greeting"))
    assert error.code == INVALID_PARAMS and "`name`" in error.message, error.error


async def unknown(client: Client) -> None:
    error = await refused(client.get_prompt("hello__write_novel"))
    assert error.code == INVALID_PARAMS and "hello__write_novel" in error.message, error.error


async def completed(client: Client) -> None:
    reference = PromptReference(type="ref/prompt", name="hello__write_greeting")
    completion = (await client.complete(reference, {"name": "name", "value": "A"})).completion
    assert completion.values == ["Ada", "Alan"]
    nobody = (await client.complete(reference, {"name": "name", "value": "Z"})).completion
    assert nobody.values == []


async def too_many_to_complete(client: Client) -> None:
    reference = PromptReference(type="ref/prompt", name="probe__letter")
    completion = (await client.complete(reference, {"name": "to", "value": "Ada"})).completion
    assert len(completion.values) == 100 and completion.values[0] == "Ada001" and completion.has_more


async def nothing_to_complete(client: Client) -> None:
    unknown = PromptReference(type="ref/prompt", name="hello__write_novel")
    error = await refused(client.complete(unknown, {"name": "name", "value": "A"}))
    assert error.code == INVALID_PARAMS, error.error
    unknown = ResourceTemplateReference(type="ref/resource", uri="novel://{chapter}")
    error = await refused(client.complete(unknown, {"name": "chapter", "value": "1"}))
    assert error.code == INVALID_PARAMS, error.error


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await filled_in(client)
        await of_both_roles(client)
        await without_an_argument(client)
        await unknown(client)
        await completed(client)
        await too_many_to_complete(client)
        await nothing_to_complete(client)


run(script)
