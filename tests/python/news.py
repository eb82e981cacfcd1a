"""What a call says on its way: progress and log messages."""

import asyncio

from mcp import Client
from mcp.types import LoggingLevel, LoggingMessageNotificationParams

from connection import Connection, run

# Each message of `probe__say` in each of its levels.
SAID = ["debug", "info", "warning", "error"]


async def progress(client: Client) -> None:
    reports: asyncio.Queue[tuple[float, float | None, str | None]] = asyncio.Queue()

    async def report(done: float, total: float | None, message: str | None) -> None:
        reports.put_nowait((done, total, message))

    await client.call_tool("probe__say", {"progress": 3, "logs": 0}, progress_callback=report)
    for done in (1.0, 2.0, 3.0):
        assert await reports.get() == (done, 3.0, "on the way")
    # Who did not ask is not told.
    await client.call_tool("probe__say", {"progress": 3, "logs": 0})
    assert reports.empty()


class Log:
    """What a client is told, level by level."""

    def __init__(self) -> None:
        self.levels: asyncio.Queue[str] = asyncio.Queue()

    async def hear(self, message: LoggingMessageNotificationParams) -> None:
        assert (message.logger, message.data) == ("probe", {"number": 1}), message
        self.levels.put_nowait(message.level)

    async def has(self, levels: list[str]) -> None:
        """Waits for messages of these levels: in a session over HTTP they do not come with the call's result, but by a
        stream of their own. Whatever comes beside them is in the place of the next."""
        for level in levels:
            heard = await self.levels.get()
            assert heard == level, (heard, level)


async def say(client: Client) -> None:
    await client.call_tool("probe__say", {"progress": 0, "logs": 1})


async def logging_of_a_session(connection: Connection) -> None:
    log = Log()
    async with connection.client(logging_callback=log.hear) as client:
        await say(client)
        await log.has(["info", "warning", "error"])
        levels: list[tuple[LoggingLevel, list[str]]] = [("error", ["error"]), ("debug", SAID)]
        for level, said in levels:
            await client.set_logging_level(level)
            await say(client)
            await log.has(said)
    assert log.levels.empty()


async def logging_of_a_request(connection: Connection) -> None:
    log = Log()
    async with connection.client(logging_callback=log.hear) as client:
        await say(client)
    levels: list[tuple[LoggingLevel, list[str]]] = [("warning", ["warning", "error"]), ("debug", SAID)]
    for level, said in levels:
        async with connection.client(logging_callback=log.hear, log_level=level) as client:
            await say(client)
            await log.has(said)
    assert log.levels.empty()


async def script(connection: Connection) -> None:
    async with connection.client() as client:
        await progress(client)
    if connection.stateless:
        await logging_of_a_request(connection)
    else:
        await logging_of_a_session(connection)


run(script)
