// An answer of many bytes, in one piece. Over stdio the client takes no more than 10 MB, unless it is told to.

import assert from "node:assert/strict";

import { connected, run } from "./connection.mjs";

const SIZE = 2 * 1024 * 1024;

await run(() =>
  connected({}, async (client) => {
    const { content } = await client.callTool({ name: "probe__huge", arguments: { bytes: SIZE } });
    assert.ok(content[0].text === "x".repeat(SIZE), `${content[0].text.length} bytes`);
  }),
);
