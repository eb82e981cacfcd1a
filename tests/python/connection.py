"""How a script reaches Barkeep: the test that runs it says so on its command line, as MODE TARGET.

MODE is that of the official client: "auto" asks the server what it speaks (and gets 2026-07-28), "legacy" shakes hands
as the older versions of the protocol do. TARGET is the URL of a host that runs, or the barkeep.toml to start one with.
"""

import asyncio
import logging
import os
import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import Client, MCPError, StdioServerParameters
from mcp.shared.exceptions import MCPDeprecationWarning

# Logging is deprecated in 2026-07-28, and still what the clients in use have.
warnings.simplefilter("ignore", MCPDeprecationWarning)

# Seconds that a script may take: only the end of one that would hang.
LIMIT = 60


class Connection:
    """The host that a script drives, and the mode that it drives it in."""

    def __init__(self, mode: str, target: str) -> None:
        self.mode = mode
        self.target = target

    @property
    def stateless(self) -> bool:
        """Whether the protocol is the stateless one, of 2026-07-28."""
        return self.mode == "auto"

    @property
    def over_http(self) -> bool:
        return self.target.startswith("http://")

    def client(self, **options: Any) -> Client:
        """A client that is not connected yet."""
        server: str | StdioServerParameters = self.target
        if not self.over_http:
            server = StdioServerParameters(
                command=os.environ["BARKEEP_BIN"],
                args=["serve", "--config", self.target],
                env={"BARKEEP_CACHE": os.environ["BARKEEP_CACHE"]},
            )
        return Client(server, mode=self.mode, **options)


async def refused(request: Awaitable[Any]) -> MCPError:
    """The error that a request is answered by."""
    try:
        answer = await request
    except MCPError as error:
        return error
    raise AssertionError(f"it is not refused, but answered: {answer}")


class Warnings(logging.Handler):
    """What the client warns of: whatever it is, the host gave cause for it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def run(script: Callable[[Connection], Awaitable[None]]) -> None:
    """Runs a script on the host of the command line."""
    warned = Warnings()
    logging.getLogger().addHandler(warned)

    async def within_limit() -> None:
        async with asyncio.timeout(LIMIT):
            await script(Connection(*sys.argv[1:]))

    asyncio.run(within_limit())
    assert not warned.texts, warned.texts
