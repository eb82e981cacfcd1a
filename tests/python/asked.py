"""What guests ask, and what they make of the answers: each case of the table, by a client that answers as it says."""

import json
from typing import Any

from mcp import Client
from mcp.types import (
    BlobResourceContents,
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ElicitRequestParams,
    ElicitResult,
    ErrorData,
    ListRootsResult,
    SamplingCapability,
    SamplingToolsCapability,
    TextContent,
)
from pydantic import BaseModel

from connection import Connection, refused, run
from table import plain, table

MISSING_CAPABILITY = -32021

TABLE = table("questions")


class Person:
    """Whoever answers: what is asked is known by its words, or by the kind of its last message."""

    def __init__(self, stateless: bool) -> None:
        # 2026-07-28 gives a page that a person is sent to no id, but rmcp 3.11 sends it.
        self.left_out = {"_meta", "elicitationId"} if stateless else {"_meta"}
        self.heard: list[dict[str, Any]] = []

    def question(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"method": method, "params": {key: params[key] for key in params.keys() - self.left_out}}

    def answer(self, method: str, params: BaseModel | None, words: str) -> Any:
        self.heard.append(self.question(method, {} if params is None else plain(params)))
        return TABLE["answers"][method][words]

    async def elicit(self, _: Any, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult.model_validate(self.answer("elicitation/create", params, params.message))

    async def sample(
        self, _: Any, params: CreateMessageRequestParams
    ) -> CreateMessageResult | CreateMessageResultWithTools:
        [*_, last] = params.messages
        content = last.content[-1] if isinstance(last.content, list) else last.content
        words = content.text if isinstance(content, TextContent) else content.type
        answer = self.answer("sampling/createMessage", params, words)
        kind = CreateMessageResultWithTools if params.tools else CreateMessageResult
        return kind.model_validate(answer)

    async def list_roots(self, _: Any) -> ListRootsResult:
        return ListRootsResult.model_validate(self.answer("roots/list", None, ""))


async def answered(client: Client, case: dict[str, Any]) -> str:
    if "tool" in case:
        result = await client.call_tool(case["tool"], case["arguments"])
        assert not result.is_error, (case["tool"], result)
        [text] = result.content
    elif "prompt" in case:
        [message] = (await client.get_prompt(case["prompt"])).messages
        text = message.content
    else:
        [contents] = (await client.read_resource(case["resource"])).contents
        assert not isinstance(contents, BlobResourceContents)
        return contents.text
    assert isinstance(text, TextContent), text
    return text.text


def in_order(questions: list[dict[str, Any]]) -> list[str]:
    """Those asked at once come in any order."""
    return sorted(json.dumps(question, sort_keys=True) for question in questions)


async def every_case(client: Client, person: Person) -> None:
    for case in TABLE["cases"]:
        person.heard.clear()
        text = await answered(client, case)
        assert text == case["text"], (case, text)
        asked = in_order([person.question(**question) for question in case["asked"]])
        assert in_order(person.heard) == asked, (in_order(person.heard), asked)


async def without_capabilities(client: Client, stateless: bool) -> None:
    """Nobody is asked what the client did not say that it can be."""
    call = client.call_tool("test_missing_capability")
    if stateless:
        error = await refused(call)
        assert error.code == MISSING_CAPABILITY, error.error
        assert error.data == {"requiredCapabilities": {"sampling": {}}}, error.error
    else:
        result = await call
        assert result.is_error and "needs to ask for sampling, which this client does not offer" in str(result), result


async def refusing(connection: Connection) -> None:
    """A client that does not answer ends the call: an older one in the host, one of 2026-07-28 by itself."""

    async def refuse(_: Any, params: ElicitRequestParams) -> ErrorData:
        return ErrorData(code=-1, message="nobody is at home")

    async with connection.client(elicitation_callback=refuse) as client:
        call = client.call_tool("test_elicitation", {"message": "Who are you?"})
        if connection.stateless:
            error = await refused(call)
            assert (error.code, error.message) == (-1, "nobody is at home"), error.error
        else:
            result = await call
            assert result.is_error and "the client refused `q1`: nobody is at home" in str(result), result


async def script(connection: Connection) -> None:
    person = Person(connection.stateless)
    options = {
        "elicitation_callback": person.elicit,
        "sampling_callback": person.sample,
        "sampling_capabilities": SamplingCapability(tools=SamplingToolsCapability()),
        "list_roots_callback": person.list_roots,
    }
    async with connection.client(**options) as client:
        await every_case(client, person)
    async with connection.client() as client:
        await without_capabilities(client, connection.stateless)
    await refusing(connection)


run(script)
