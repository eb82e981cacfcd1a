// The tables in tests/client-cases, which the clients share.

import { readFile } from "node:fs/promises";

export async function table(name) {
  return JSON.parse(await readFile(new URL(`../client-cases/${name}.json`, import.meta.url), "utf8"));
}

// What came, as the tables have it: bytes, which the client leaves in base64, in hexadecimal digits, and no more digits of
// a number than the host has.
export function plain(value) {
  return JSON.parse(JSON.stringify(value), (key, value) => {
    if ((key === "data" || key === "blob") && typeof value === "string") {
      return Buffer.from(value, "base64").toString("hex");
    }
    return typeof value === "number" ? Number(value.toPrecision(6)) : value;
  });
}
