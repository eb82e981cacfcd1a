// What guests ask, and what they make of the answers: each case of the table, by a client that answers as it says.

import assert from "node:assert/strict";

import { connected, refused, run, stateless } from "./connection.mjs";
import { plain, table } from "./table.mjs";

const MISSING_CAPABILITY = -32021;

const { answers, cases } = await table("questions");

// All that a client can be asked.
const capabilities = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} };

// What was asked since the last case.
let heard = [];

// The handler of one method. What is asked is known by its words, or by the kind of its last message.
function handler(method) {
  return ({ params: { _meta, ...params } = {} }) => {
    heard.push({ method, params: plain(params) });
    const last = params.messages?.at(-1).content;
    const words = params.message ?? last?.text ?? last?.type ?? "";
    assert.ok(words in answers[method], `${method}: ${JSON.stringify(params)}`);
    return answers[method][words];
  };
}

async function answered(client, { tool, prompt, resource, arguments: args }) {
  if (tool !== undefined) {
    const { content, isError } = await client.callTool({ name: tool, arguments: args });
    assert.ok(!isError, `${tool}: ${JSON.stringify(content)}`);
    return content[0].text;
  }
  if (prompt !== undefined) {
    return (await client.getPrompt({ name: prompt })).messages[0].content.text;
  }
  return (await client.readResource({ uri: resource })).contents[0].text;
}

// Those asked at once come in any order.
function inOrder(questions) {
  const byKey = (_, value) => (value?.constructor === Object ? Object.fromEntries(Object.entries(value).sort()) : value);
  return questions.map((question) => JSON.stringify(question, byKey)).sort();
}

// 2026-07-28 gives a page that a person is sent to no id.
function expected({ method, params: { elicitationId, ...params } }) {
  return { method, params: stateless || elicitationId === undefined ? params : { ...params, elicitationId } };
}

async function everyCase(client) {
  for (const { asked, text, ...request } of cases) {
    heard = [];
    const what = JSON.stringify(request);
    assert.equal(await answered(client, request), text, what);
    assert.deepEqual(inOrder(heard), inOrder(asked.map(expected)), what);
  }
}

// Nobody is asked what the client did not say that it can be.
async function withoutCapabilities(client) {
  const call = client.callTool({ name: "test_missing_capability" });
  if (stateless) {
    const error = await refused(call);
    assert.equal(error.code, MISSING_CAPABILITY);
    assert.deepEqual(error.data, { requiredCapabilities: { sampling: {} } });
  } else {
    const { content, isError } = await call;
    assert.ok(isError);
    assert.match(content[0].text, /needs to ask for sampling, which this client does not offer/);
  }
  const can = await client.callTool({ name: "asker__can" });
  assert.deepEqual(can.content, [{ type: "text", text: "" }]);
}

// A client that does not answer ends the call: an older one in the host, one of 2026-07-28 by itself.
async function refusing(client) {
  const call = client.callTool({ name: "test_elicitation", arguments: { message: "Who are you?" } });
  if (stateless) {
    await assert.rejects(call, /nobody is at home/);
  } else {
    const { content, isError } = await call;
    assert.ok(isError);
    assert.match(content[0].text, /the client refused `q1`: .*nobody is at home/);
  }
}

function refuse() {
  throw new Error("nobody is at home");
}

await run(async () => {
  const handlers = Object.fromEntries(Object.keys(answers).map((method) => [method, handler(method)]));
  await connected({ capabilities, handlers }, everyCase);
  await connected({}, withoutCapabilities);
  await connected({ capabilities, handlers: { "elicitation/create": refuse } }, refusing);
});
