// What guests answer: each call, resource, prompt and completion of the table.

import assert from "node:assert/strict";

import { connected, run } from "./connection.mjs";
import { plain, table } from "./table.mjs";

const answers = await table("answers");

async function calls(client) {
  // Now the client knows what to check, and which arguments to send in headers as well.
  await client.listTools();
  for (const { tool, arguments: args, result } of answers.calls) {
    assert.deepEqual(plain(await client.callTool({ name: tool, arguments: args })), result, tool);
  }
}

async function resources(client) {
  for (const { uri, contents } of answers.resources) {
    assert.deepEqual(plain((await client.readResource({ uri })).contents), contents, uri);
  }
}

async function prompts(client) {
  for (const { prompt, arguments: args, messages } of answers.prompts) {
    assert.deepEqual(plain((await client.getPrompt({ name: prompt, arguments: args })).messages), messages, prompt);
  }
}

async function completions(client) {
  for (const { ref, argument, values } of answers.completions) {
    assert.deepEqual((await client.complete({ ref, argument })).completion.values, values, JSON.stringify(argument));
  }
}

await run(() =>
  connected({}, async (client) => {
    await calls(client);
    await resources(client);
    await prompts(client);
    await completions(client);
  }),
);
