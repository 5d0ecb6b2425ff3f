// A page of another origin uses the official JavaScript SDK, unchanged, against the emulator: it lists workflows and streams a
// run. Usage: sdk.mjs BROWSER URL NODE_MODULES

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { open } from "./browser.mjs";

const [browserPath, url, modules] = process.argv.slice(2);
const scripts = {
  "/axios.js": "axios/dist/axios.min.js",
  "/socket.js": "reconnecting-websocket/dist/reconnecting-websocket-iife.min.js",
  "/coze.js": "@coze/api/dist/umd/index.js",
};
const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script>window.global = window;</script>
<script src="/axios.js"></script><script src="/socket.js"></script><script src="/coze.js"></script>`;
const server = createServer((request, response) => {
  const file = scripts[request.url];
  response.setHeader("content-type", file ? "text/javascript" : "text/html");
  response.end(file ? readFileSync(join(modules, file)) : page);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const browser = await open(browserPath);
try {
  await browser.go(`http://127.0.0.1:${server.address().port}/`);
  await browser.until("window.CozeJs");
  const seen = await browser.evaluate(`(async () => {
    const coze = new CozeJs.CozeAPI({ token: "pat_page", baseURL: ${JSON.stringify(url)}, allowPersonalAccessTokenInBrowser: true });
    const listed = await coze.get("/v1/workflows", { workspace_id: "1", page_num: 1, page_size: 10 });
    const events = [];
    for await (const event of coze.workflows.runs.stream({ workflow_id: "pages", parameters: { city: "Lima" } })) {
      events.push(event.event);
    }
    return { names: listed.data.items.map((item) => item.workflow_name), events };
  })()`);
  assert.ok(seen.names.includes("greeting"), JSON.stringify(seen));
  assert.ok(seen.events.length > 3 && seen.events.at(-1) === "Interrupt", JSON.stringify(seen));
  assert.deepEqual(browser.problems, []);
  console.log("browser: a page of another origin listed workflows and streamed a run with the official SDK");
} finally {
  await browser.close();
  server.close();
}
