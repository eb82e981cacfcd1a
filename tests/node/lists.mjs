// What the client is told of the host, and the lists of what there is.

import assert from "node:assert/strict";

import { connected, refused, run } from "./connection.mjs";

const INVALID_PARAMS = -32602;

function introduction(client) {
  assert.equal(client.getServerVersion().name, "barkeep");
  const { tools, resources, prompts, completions, logging } = client.getServerCapabilities();
  assert.deepEqual([tools.listChanged, resources.listChanged, prompts.listChanged], [true, true, true]);
  assert.deepEqual([completions, logging], [{}, {}]);
}

function named(items, name) {
  const item = items.find((item) => item.name === name);
  assert.ok(item, `${name} is listed`);
  return item;
}

async function tools(client) {
  const { tools } = await client.listTools();
  const weather = named(tools, "test_structured_content");
  assert.equal(weather.description, "Answers with a structured result.");
  assert.deepEqual(weather.annotations, { readOnlyHint: true });
  assert.deepEqual(weather.outputSchema.required, ["temperature", "conditions"]);
  assert.equal(weather.outputSchema.properties.temperature.description, "Degrees Celsius.");
  // As the guest has it, word for word.
  const contact = named(tools, "json_schema_2020_12_tool").inputSchema;
  assert.equal(contact.$schema, "https://json-schema.org/draft/2020-12/schema");
  assert.equal(contact.$defs.address.$anchor, "addressDef");
  assert.deepEqual(contact.then, { required: ["phone"] });
}

// A page at a time, as asked for by hand, and all at once, as the client puts them together.
async function resources(client) {
  const pages = [];
  let cursor;
  do {
    pages.push(await client.request({ method: "resources/list", params: { cursor } }));
    cursor = pages.at(-1).nextCursor;
  } while (cursor !== undefined);
  assert.ok(pages.length > 1, `${pages.length} pages`);
  const { resources } = await client.listResources();
  assert.deepEqual(pages.flatMap((page) => page.resources), resources);
  const items = resources.map(({ uri }) => uri).filter((uri) => uri.startsWith("probe://items/"));
  assert.deepEqual(items, Array.from({ length: 250 }, (_, number) => `probe://items/${number + 1}`));
  assert.deepEqual(named(resources, "static_binary"), {
    name: "static_binary",
    title: "A picture",
    uri: "test://static-binary",
    description: "A picture that stays as it is.",
    mimeType: "image/png",
  });
  const error = await refused(client.listResources({ cursor: "no cursor of ours" }));
  assert.equal(error.code, INVALID_PARAMS);
}

async function templates(client) {
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(named(resourceTemplates, "template_data"), {
    name: "template_data",
    title: "Data",
    uriTemplate: "test://template/{id}/data",
    description: "Data of any id.",
    mimeType: "application/json",
  });
}

async function prompts(client) {
  const { prompts } = await client.listPrompts();
  const { description, arguments: args } = named(prompts, "test_prompt_with_arguments");
  assert.equal(description, "A prompt with arguments.");
  assert.deepEqual(args, [
    { name: "arg1", description: "First test argument", required: true },
    { name: "arg2", description: "Second test argument", required: true },
  ]);
}

await run(() =>
  connected({}, async (client) => {
    introduction(client);
    await tools(client);
    await resources(client);
    await templates(client);
    await prompts(client);
  }),
);
