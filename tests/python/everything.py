"""What guests answer: each call, resource, prompt and completion of the table."""

from mcp import Client
from mcp.types import PromptReference, ResourceTemplateReference

from connection import Connection, run
from table import plain, table

ANSWERS = table("answers")


async def calls(client: Client) -> None:
    # Now the client knows what to check, and which arguments to send in headers as well.
    await client.list_tools()
    for case in ANSWERS["calls"]:
        result = plain(await client.call_tool(case["tool"], case["arguments"]))
        seen = {key: result[key] for key in ("isError", "content", "structuredContent") if key in result}
        assert seen == case["result"], (case["tool"], seen)


async def resources(client: Client) -> None:
    for case in ANSWERS["resources"]:
        contents = plain((await client.read_resource(case["uri"])).contents)
        assert contents == case["contents"], contents


async def prompts(client: Client) -> None:
    for case in ANSWERS["prompts"]:
        messages = plain((await client.get_prompt(case["prompt"], case["arguments"])).messages)
        assert messages == case["messages"], messages


async def completions(client: Client) -> None:
    kinds = {"ref/prompt": PromptReference, "ref/resource": ResourceTemplateReference}
    for case in ANSWERS["completions"]:
        reference = kinds[case["ref"]["type"]](**case["ref"])
        values = (await client.complete(reference, case["argument"])).completion.values
        assert values == case["values"], (case, values)


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await calls(client)
        await resources(client)
        await prompts(client)
        await completions(client)


run(script)
