// Does at the emulator's page what a person does: starts a run, sees it live, answers a question, runs it again, arms a
// fault, and looks at the requests. Usage: page.mjs BROWSER URL [FOLDER for screenshots]

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const [browserPath, url, screenshots] = process.argv.slice(2);
const browser = await open(browserPath);
const text = (selector) => browser.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
const has = (selector, wanted) => `document.querySelector(${JSON.stringify(selector)})?.innerText.includes(${JSON.stringify(wanted)})`;
const shot = async (name) => screenshots && browser.screenshot(`${screenshots}/${name}.png`);
const control = async (path, options) => (await fetch(`${url}/_emulator/${path}`, options)).json();

try {
  await browser.size(1200, 900);
  await browser.go(url);
  await browser.until(has("#workflows", "pages"));
  await browser.until(has("#connection", "live"));

  // Search, then the workflow, its graph and its form.
  await browser.type("#workflow-search", "pag");
  await browser.until("document.querySelectorAll('#workflows li').length === 1");
  await browser.click("#workflows a");
  await browser.until("document.querySelectorAll('#graph svg g').length >= 7");
  assert.match(await text("#graph"), /Short trip/);
  await browser.click("#start");
  await browser.until(has("#form-problem", "city"));
  await browser.type("#input-city", "<i>Lima</i>");
  // Another run paints the page anew, but for the form.
  const { workflows } = await control("workflows");
  const greeting = { workflow: workflows.find(({ name }) => name === "greeting").id, parameters: { name: "Ada" } };
  await browser.evaluate("document.querySelector('#graph').dataset.old = ''");
  await control("runs", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(greeting) });
  await browser.until("document.querySelector('#graph').dataset.old === undefined");
  assert.match(await text("#form-problem"), /city/);
  assert.equal(await browser.evaluate("document.querySelector('#input-city').value"), "<i>Lima</i>");
  await shot("workflow");
  await browser.click("#start");

  // The run: what it says grows while it works; the question comes without a reload.
  await browser.until(`location.hash.startsWith("#/run/") && ${has(".said", "2 da")}`);
  const early = await text(".said");
  await browser.until(has("#question-text", "Book <i>Lima</i>?"));
  assert.notEqual(early, "2 days in <i>Lima</i>, part by part", "the output came in one piece");
  assert.equal(await text(".said"), "2 days in <i>Lima</i>, part by part");
  await shot("run");
  await browser.size(390, 800);
  await browser.dark(true);
  assert.ok(await browser.evaluate("document.documentElement.scrollWidth <= 390"), "wider than a phone");
  await shot("phone");
  await browser.dark(false);
  await browser.size(1200, 900);

  // By keyboard: the option is the first thing behind the links of the header.
  await browser.evaluate("document.querySelector('#option-0').focus()");
  await browser.press("Enter");
  await browser.until(has("#output", '"booked": "Yes"'));
  assert.match(await text("#nodes"), /Report/);
  await browser.click("#node-1 summary");
  await browser.until("document.querySelector('#node-1').open");

  // Again with another input, and cancelled while it asks.
  await browser.type("#input-city", "Quito");
  await browser.type("#input-days", "5");
  const first = await browser.evaluate("location.hash");
  await browser.click("#start");
  await browser.until(`location.hash !== ${JSON.stringify(first)} && ${has("#question-text", "Book Quito?")}`);
  await browser.click("#cancel");
  await browser.until("document.querySelector('.status.cancel')");

  // A fault by a click; a program's call gets it, and the log of requests shows it as it happens.
  await browser.go(`${url}/#/faults`);
  await browser.until("document.querySelector('#fault-0')");
  await browser.click("#fault-0");
  await browser.until(has("#armed", "status=429"));
  assert.equal((await control("faults")).faults.length, 1);
  await browser.type("#fault", "stutter=1");
  await browser.click("#arm");
  await browser.until(has("main", "'stutter=1' is not a fault"));
  await browser.evaluate("location.hash = '#/requests'");
  await browser.until("document.querySelector('#request-search')");
  const refused = await fetch(`${url}/v1/workflow/run`, {
    method: "POST",
    headers: { authorization: "Bearer any", "content-type": "application/json" },
    body: JSON.stringify({ workflow_id: "greeting", parameters: { name: "it's" } }),
  });
  assert.equal(refused.status, 429);
  await browser.until(has("#calls", "429"));
  await shot("requests");

  // The list of runs, and a search in it.
  await browser.evaluate("location.hash = '#/'");
  await browser.until(has("#runs", "pages"));
  await browser.type("#run-search", "Quito");
  await browser.until("document.querySelectorAll('#runs tbody tr').length === 1");
  await browser.type("#run-search", "");
  await shot("front");

  // In Chinese.
  await browser.click("#language");
  await browser.until(has("nav", "工作流"));
  await browser.click("#language");

  // What a screen reader needs: every field and button has a name.
  const nameless = await browser.evaluate(
    "[...document.querySelectorAll('button, input, select, textarea')].filter((e) => !(e.innerText || e.getAttribute('aria-label') || e.labels?.length)).length",
  );
  assert.equal(nameless, 0, "fields without a name");
  // The words that are no fault were refused, which the browser notes as well.
  assert.deepEqual(browser.problems.filter((problem) => !problem.endsWith("/_emulator/faults")), []);
  console.log("browser: a run was started, watched, answered, repeated and cancelled, and a fault was armed, on the page");
} finally {
  await browser.close();
}
