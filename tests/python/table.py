"""The tables in tests/client-cases, which the clients share."""

import base64
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

CASES = Path(__file__).parent.parent / "client-cases"


def table(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))


def plain(answer: BaseModel | list[Any]) -> Any:
    """What came, as the tables have it."""
    if isinstance(answer, list):
        return [plain(item) for item in answer]
    return _plain(answer.model_dump(mode="json", by_alias=True, exclude_none=True))


def _plain(value: Any, key: str = "") -> Any:
    """Bytes, which the client leaves in base64, in hexadecimal digits, and no more digits of a number than the host has."""
    match value:
        case dict():
            return {key: _plain(item, key) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case str() if key in ("data", "blob"):
            return base64.b64decode(value).hex()
        case float():
            return float(f"{value:.6g}")
        case _:
            return value
