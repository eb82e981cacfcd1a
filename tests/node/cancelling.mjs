// A call whose result the client no longer wants: the host says in its log that it stopped it, which the test reads.

import assert from "node:assert/strict";

import { connected, run } from "./connection.mjs";

async function works(client) {
  const { structuredContent } = await client.callTool({ name: "probe__sum", arguments: { a: 2, b: 3 } });
  assert.deepEqual(structuredContent, { sum: 5 });
}

async function script(client) {
  const stop = new AbortController();
  const begun = Promise.withResolvers();
  const call = client.callTool({ name: "probe__until_cancelled" }, { signal: stop.signal, onprogress: begun.resolve });
  await begun.promise;
  await works(client);
  stop.abort("nobody waits for it");
  await assert.rejects(call, /nobody waits for it/);
  await works(client);
}

await run(() => connected({}, script));
