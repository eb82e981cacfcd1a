"""A list of several pages, read to its end."""

from mcp import Client
from mcp.types import Resource

# More would be a list that never ends.
LIMIT = 20


async def all_resources(client: Client) -> tuple[list[Resource], int]:
    """All resources, and the number of pages that they came in."""
    resources: list[Resource] = []
    cursor: str | None = None
    for pages in range(1, LIMIT):
        page = await client.list_resources(cursor=cursor)
        resources += page.resources
        cursor = page.next_cursor
        if cursor is None:
            return resources, pages
    raise AssertionError(f"the list goes on after {LIMIT} pages")
