// How a script reaches Barkeep: the test that runs it says so on its command line, as MODE TARGET.
//
// MODE is that of the official client: "auto" asks the server what it speaks (and gets 2026-07-28), "legacy" shakes hands
// as the older versions of the protocol do. TARGET is the URL of a host that runs, or the barkeep.toml to start one with.
// BARKEEP_TYPESCRIPT_CLIENT is the client's main module.

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const main = process.env.BARKEEP_TYPESCRIPT_CLIENT;
const { Client, LOG_LEVEL_META_KEY, ProtocolError, StreamableHTTPClientTransport } = await import(pathToFileURL(main));
const { StdioClientTransport } = await import(pathToFileURL(join(dirname(main), "stdio.mjs")));

export { LOG_LEVEL_META_KEY };

const [mode, target] = process.argv.slice(2);

// Whether the protocol is the stateless one, of 2026-07-28.
export const stateless = mode === "auto";

// Seconds that a script may take: only the end of one that would hang.
const LIMIT = 60;

// What went wrong beside the requests: whatever it is, the host gave cause for it.
const troubles = [];

// Unless the client did, version 2.4.0 of it.
const CLIENTS_OWN = [
  // It forgets a call as soon as its result is there, and drops the reports that were read with it.
  /^Received a progress notification for an unknown token/,
  // It sends notifications without a header that 2026-07-28 requires of each message. What it says by this one, that a
  // subscription ends, it says by closing the stream as well.
  /missing required Mcp-Method header/,
];

function hear(error) {
  if (!CLIENTS_OWN.some((known) => known.test(error.message))) {
    troubles.push(error);
  }
}

function transport() {
  if (target.startsWith("http://")) {
    return new StreamableHTTPClientTransport(new URL(target));
  }
  return new StdioClientTransport({
    command: process.env.BARKEEP_BIN,
    args: ["serve", "--config", target],
    env: { BARKEEP_CACHE: process.env.BARKEEP_CACHE },
  });
}

// Runs `use` with a connected client, on which `handlers` were set by their methods, and closes it.
export async function connected({ handlers = {}, ...options }, use) {
  const introduction = { name: "barkeep-tests", version: "0" };
  const client = new Client(introduction, { versionNegotiation: { mode }, ...options });
  client.onerror = hear;
  for (const [method, handle] of Object.entries(handlers)) {
    const set = method.startsWith("notifications/") ? "setNotificationHandler" : "setRequestHandler";
    client[set](method, handle);
  }
  await client.connect(transport());
  assert.equal(client.getNegotiatedProtocolVersion(), stateless ? "2026-07-28" : "2025-11-25");
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

// The error that a request is answered by.
export async function refused(request) {
  try {
    const answer = await request;
    assert.fail(`it is not refused, but answered: ${JSON.stringify(answer)}`);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, error);
    return error;
  }
}

// What is put in, in order, to be taken out by whoever waits for it.
export class Queue {
  #items = [];
  #waiting = [];

  put(item) {
    const next = this.#waiting.shift();
    next === undefined ? this.#items.push(item) : next(item);
  }

  async take() {
    return this.#items.length > 0 ? this.#items.shift() : new Promise((next) => this.#waiting.push(next));
  }

  get isEmpty() {
    return this.#items.length === 0;
  }
}

// Runs a script on the host of the command line.
export async function run(script) {
  const late = setTimeout(() => {
    console.error(`the script is not done after ${LIMIT} s`);
    process.exit(1);
  }, LIMIT * 1000);
  await script();
  clearTimeout(late);
  assert.deepEqual(troubles, []);
}
