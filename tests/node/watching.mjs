// Resources that the client watches: it hears of those that change, and of no others.

import assert from "node:assert/strict";

import { Queue, connected, run, stateless } from "./connection.mjs";

const WATCHED = ["feed://a", "feed://b"];

const updated = new Queue();
const handlers = { "notifications/resources/updated": ({ params }) => updated.put(params.uri) };

// Begins to watch. Gives what ends it.
async function watch(client, uris) {
  if (stateless) {
    const subscription = await client.listen({ resourceSubscriptions: uris });
    assert.deepEqual(subscription.honoredFilter.resourceSubscriptions, uris);
    return () => subscription.close();
  }
  const each = (request) => Promise.all(uris.map((uri) => client[request]({ uri })));
  await each("subscribeResource");
  return () => each("unsubscribeResource");
}

function change(client, uri) {
  return client.callTool({ name: "feed__change", arguments: { uri } });
}

async function script(client) {
  // While plugins are loaded, any of those to come may have it.
  await client.listTools();
  const end = await watch(client, WATCHED);
  await change(client, "feed://c");
  for (const uri of WATCHED) {
    await change(client, uri);
    assert.equal(await updated.take(), uri);
  }
  await end();
  await change(client, "feed://a");

  const again = await watch(client, ["feed://b"]);
  await change(client, "feed://a");
  await change(client, "feed://b");
  assert.equal(await updated.take(), "feed://b");
  await again();
  assert.ok(updated.isEmpty);
}

await run(() => connected({ handlers }, script));
