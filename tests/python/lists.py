"""What the client is told of the host, and the lists of what there is."""

from mcp import Client

from connection import Connection, refused, run
from pages import all_resources

INVALID_PARAMS = -32602


def introduction(client: Client, stateless: bool) -> None:
    assert client.protocol_version == ("2026-07-28" if stateless else "2025-11-25")
    assert client.server_info is not None and client.server_info.name == "barkeep"
    capabilities = client.server_capabilities
    assert capabilities.tools is not None and capabilities.tools.list_changed
    assert capabilities.resources is not None and capabilities.resources.list_changed
    assert capabilities.prompts is not None and capabilities.prompts.list_changed
    assert capabilities.completions is not None and capabilities.logging is not None


async def tools(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    greet = tools["hello__greet"]
    assert greet.title == "Greet"
    assert greet.description == "Greets somebody by name."
    assert greet.input_schema["type"] == "object"
    assert greet.input_schema["required"] == ["name"]
    assert greet.input_schema["properties"]["name"]["description"] == "The person's name."
    hints = greet.annotations
    assert hints is not None and hints.read_only_hint and hints.idempotent_hint and hints.open_world_hint is False


async def resources(client: Client) -> None:
    resources, pages = await all_resources(client)
    # The probe has pages of forty; the host puts them together.
    assert pages < 5, pages
    items = [resource.uri for resource in resources if resource.uri.startswith("probe://items/")]
    assert items == [f"probe://items/{number}" for number in range(1, 251)]
    [about] = [resource for resource in resources if resource.uri == "hello://about"]
    assert (about.name, about.title) == ("about", "About hello")
    assert about.mime_type == "text/plain"
    error = await refused(client.list_resources(cursor="no cursor of ours"))
    assert error.code == INVALID_PARAMS, error.error


async def templates(client: Client) -> None:
    listed = (await client.list_resource_templates()).resource_templates
    templates = {template.uri_template: template for template in listed}
    greeting = templates["hello://greetings/{name}"]
    assert (greeting.name, greeting.description) == ("greeting", "A greeting as a page.")


async def prompts(client: Client) -> None:
    prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
    write = prompts["hello__write_greeting"]
    assert write.title == "Write a greeting"
    [name] = write.arguments or []
    assert (name.name, name.required) == ("name", True)


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        introduction(client, connection.stateless)
        await tools(client)
        await resources(client)
        await templates(client)
        await prompts(client)


run(script)
