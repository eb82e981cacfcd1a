// What a call says on its way: progress and log messages.

import assert from "node:assert/strict";

import { LOG_LEVEL_META_KEY, Queue, connected, run, stateless } from "./connection.mjs";

const LEVELS = ["debug", "info", "warning", "error"];

// What `call` has the host report, token by token: as it comes, because the client drops what it reads with the result.
async function reported(client, call) {
  const reports = new Map();
  const { onmessage } = client.transport;
  client.transport.onmessage = (message, extra) => {
    if (message.method === "notifications/progress") {
      const { progressToken, ...report } = message.params;
      reports.set(progressToken, [...(reports.get(progressToken) ?? []), report]);
    }
    onmessage(message, extra);
  };
  await call();
  client.transport.onmessage = onmessage;
  return [...reports.values()];
}

async function progress(client) {
  const told = [];
  const onprogress = (report) => told.push(report);
  const call = () => client.callTool({ name: "test_tool_with_progress" }, { onprogress });
  const [reports] = await reported(client, call);
  assert.deepEqual(reports, [0, 50, 100].map((progress) => ({ progress, total: 100 })));
  assert.deepEqual(told, reports.slice(0, told.length));
  // Who did not ask is not told.
  assert.deepEqual(await reported(client, () => client.callTool({ name: "test_tool_with_progress" })), []);
}

// Two calls at once, each with its own reports.
async function progressOfEach(client) {
  const say = (progress) => ({ name: "probe__say", arguments: { progress, logs: 0 } });
  const call = (count) => client.callTool(say(count), { onprogress: () => {} });
  const both = await reported(client, () => Promise.all([call(2), call(3)]));
  const expected = (total) => Array.from({ length: total }, (_, at) => ({ progress: at + 1, total, message: "on the way" }));
  assert.deepEqual(both.sort((one, other) => one.length - other.length), [expected(2), expected(3)]);
}

const heard = new Queue();
const handlers = { "notifications/message": ({ params }) => heard.put(params) };

// In a session over HTTP messages do not come with the call's result, but by a stream of their own: they are waited for.
// Whatever comes beside them is in the place of the next.
async function hears(messages) {
  for (const message of messages) {
    const { _meta, ...params } = await heard.take();
    assert.deepEqual(params, message);
  }
}

function say(client, meta = {}) {
  return client.callTool({ name: "probe__say", arguments: { progress: 0, logs: 1 }, ...meta });
}

async function logging(client) {
  const from = (level) =>
    LEVELS.slice(LEVELS.indexOf(level)).map((level) => ({ level, logger: "probe", data: { number: 1 } }));
  if (stateless) {
    await say(client);
    assert.ok(heard.isEmpty);
  } else {
    await say(client);
    await hears(from("info"));
  }
  for (const level of ["error", "debug"]) {
    const meta = { _meta: { [LOG_LEVEL_META_KEY]: level } };
    if (!stateless) {
      await client.setLoggingLevel(level);
    }
    await say(client, stateless ? meta : {});
    await hears(from(level));
  }
  const words = ["Tool execution started", "Tool processing data", "Tool execution completed"];
  await client.callTool({ name: "test_tool_with_logging", _meta: stateless ? { [LOG_LEVEL_META_KEY]: "info" } : {} });
  await hears(words.map((data) => ({ level: "info", logger: "everything", data })));
  assert.ok(heard.isEmpty);
}

await run(() =>
  connected({ handlers }, async (client) => {
    await progress(client);
    await progressOfEach(client);
    await logging(client);
  }),
);
