// Lists that change: the client hears of it, and asks for them again by itself.

import assert from "node:assert/strict";

import { Queue, connected, run } from "./connection.mjs";

const changed = new Queue();

function onChanged(error, items) {
  assert.equal(error, null);
  changed.put(items);
}

// Each change is told, not only the last of many.
const options = { onChanged, debounceMs: 0 };
const listChanged = { tools: options, prompts: options, resources: options };

async function script(client) {
  await client.listTools();
  await client.callTool({ name: "test_trigger_tool_change" });
  const tool = (await changed.take()).find(({ name }) => name === "test_trigger_tool_change");
  assert.equal(tool.inputSchema["x-changes"], 1);

  await client.callTool({ name: "test_trigger_prompt_change" });
  const prompt = (await changed.take()).find(({ name }) => name === "test_changing_prompt");
  assert.equal(prompt.arguments[0].description, "A note on change number 1");
  assert.ok(changed.isEmpty);
}

await run(() => connected({ listChanged }, script));
