// Loads what wasm-bindgen made of tests/wasm and lets it call the server at URL: node run.mjs FOLDER URL
import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";

const [folder, url] = process.argv.slice(2);
const coze = createRequire(import.meta.url)(`${folder}/coze_wasm.js`);

assert.deepEqual(JSON.parse(await coze.run(url, "greeting", "Ada")), { greeting: "Hello, Ada!" });
await assert.rejects(coze.run(url, "nobody", "Ada"), /4200|not found/);

let pieces = 0;
const text = await coze.stream(url, "poem", () => pieces++);
assert.equal(text, "Roses are red, violets are blue.");
assert.ok(pieces > 1, `${pieces} pieces`);

assert.equal(await coze.wait(url, "brief"), "done");
const begin = performance.now();
assert.equal(await coze.late(url, "endless", 300), "Timeout Unknown");
assert.ok(performance.now() - begin < 3000);

// What the server sees of a request, of a redirect and of a stream that is dropped.
const seen = [];
let closed;
const gone = new Promise((resolve) => (closed = resolve));
const server = http.createServer((request, response) => {
  seen.push(request);
  if (request.url.endsWith("/run")) {
    response.writeHead(307, { location: `http://127.0.0.1:${server.address().port}/elsewhere` }).end();
  } else {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('event: Message\ndata: {"content":"one"}\n\n');
    response.on("close", closed);
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const own = `http://127.0.0.1:${server.address().port}`;
await assert.rejects(coze.run(own, "any", "Ada"), /307|redirect/);
assert.equal(seen.length, 1);
assert.equal(seen[0].headers.authorization, "Bearer pat_wasm");
await assert.rejects(
  coze.stream(own, "any", () => {
    throw new Error("stop");
  }),
  /callback/,
);
await gone;
server.close();
console.log("wasm: a run, a stream, a wait and a deadline over fetch");
process.exit(0);
