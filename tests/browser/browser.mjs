// A headless Chromium, driven over its debugging protocol; nothing but Node and the browser is needed.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts the browser at `path` and opens one page in it. */
export async function open(path) {
  const profile = await mkdtemp(join(tmpdir(), "page-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"];
  const browser = spawn(path, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , input, output] = browser.stdio;
  const waiting = new Map();
  const problems = [];
  let last = 0;
  let session;
  browser.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("the browser ended"));
  });

  function received(text) {
    const message = JSON.parse(text);
    if (message.method === "Runtime.exceptionThrown") problems.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
    if (message.method === "Log.entryAdded" && message.params.entry.level === "error") problems.push(`${message.params.entry.text} ${message.params.entry.url ?? ""}`);
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.error) reject?.(new Error(message.error.message));
    else resolve?.(message.result);
  }

  // Messages end with a zero byte.
  let begun = [];
  output.on("data", (data) => {
    let rest = data;
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      received(Buffer.concat([...begun, rest.subarray(0, end)]).toString());
      begun = [];
      rest = rest.subarray(end + 1);
    }
    begun.push(rest);
  });
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      input.write(`${JSON.stringify({ id: last, method, params, sessionId: session })}\0`);
    });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId: session } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);

  /** The value of an expression in the page. */
  async function evaluate(expression) {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  return {
    evaluate,
    /** What went wrong in the page so far. */
    problems,
    size: (width, height) => send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 }),
    dark: (yes) => send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: yes ? "dark" : "light" }] }),
    go: (url) => send("Page.navigate", { url }),
    /** Waits until an expression is true in the page. */
    async until(expression, seconds = 20) {
      const end = Date.now() + seconds * 1000;
      while (Date.now() < end) {
        if (await evaluate(`!!(${expression})`).catch(() => false)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`not seen in ${seconds} s: ${expression}\n${await evaluate("document.body.innerText")}\n${problems.join("\n")}`);
    },
    click: (selector) => evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`),
    /** Types into a field as a person does, so that the page hears of it. */
    type: (selector, text) =>
      evaluate(`{ const field = document.querySelector(${JSON.stringify(selector)}); field.value = ${JSON.stringify(text)}; field.dispatchEvent(new Event("input", { bubbles: true })); }`),
    /** Presses a key at what has the focus. */
    async press(key) {
      const code = { Tab: 9, Enter: 13 }[key];
      for (const type of ["keyDown", "keyUp"]) await send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: code, text: key === "Enter" && type === "keyDown" ? "\r" : undefined });
    },
    async screenshot(file) {
      const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: false });
      await writeFile(file, Buffer.from(data, "base64"));
    },
    async close() {
      const gone = new Promise((resolve) => browser.once("exit", resolve));
      browser.kill();
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
