// Requests that cannot be answered: the errors that the specification asks for, and a session that goes on.

import assert from "node:assert/strict";

import { connected, refused, run } from "./connection.mjs";

const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

const greet = (client, args) => client.callTool({ name: "greet", arguments: args });

async function works(client) {
  assert.deepEqual((await greet(client, { name: "Ada" })).content, [{ type: "text", text: "Hello, Ada!" }]);
}

async function calls(client) {
  const error = await refused(client.callTool({ name: "shout" }));
  assert.equal(error.code, INVALID_PARAMS);
  assert.match(error.message, /shout/);
  for (const kind of ["not-found", "invalid-arguments", "access-denied", "unavailable", "other", "result"]) {
    const words = `this is ${kind}`;
    const { content, isError } = await client.callTool({ name: "probe__fail", arguments: { kind, words } });
    assert.deepEqual([isError, content], [true, [{ type: "text", text: words }]]);
  }
  const { content, isError } = await client.callTool({ name: "probe__spin" });
  assert.ok(isError);
  assert.match(content[0].text, /plugin `probe` took longer than its limit of 2s/);
}

async function resources(client) {
  // The client makes one error of what the versions of the protocol tell by different codes.
  const error = await refused(client.readResource({ uri: "test://nothing" }));
  assert.deepEqual([error.code, error.data], [INVALID_PARAMS, { uri: "test://nothing" }]);
  const broken = await refused(client.readResource({ uri: "probe://broken/unavailable" }));
  assert.equal(broken.code, INTERNAL_ERROR);
  assert.match(broken.message, /the archive is on holiday/);
}

async function prompts(client) {
  for (const [name, words] of [["test_simple_story", /test_simple_story/], ["test_prompt_with_arguments", /`arg1`/]]) {
    const error = await refused(client.getPrompt({ name }));
    assert.equal(error.code, INVALID_PARAMS);
    assert.match(error.message, words);
  }
  const refusing = await refused(client.getPrompt({ name: "probe__refuse" }));
  assert.equal(refusing.code, INTERNAL_ERROR);
  const ref = { type: "ref/prompt", name: "test_simple_story" };
  const incomplete = await refused(client.complete({ ref, argument: { name: "name", value: "A" } }));
  assert.equal(incomplete.code, INVALID_PARAMS);
}

await run(() =>
  connected({}, async (client) => {
    await client.listTools();
    for (const fail of [calls, resources, prompts]) {
      await fail(client);
      await works(client);
    }
  }),
);
