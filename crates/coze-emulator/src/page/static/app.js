// The frame of the page: which view is shown, and what tells it of changes.

import * as api from "./api.js";
import { h, soon } from "./dom.js";
import { faultsPage } from "./faults.js";
import { frontPage } from "./lists.js";
import { requestsPage } from "./requests.js";
import { runPage } from "./run.js";
import { otherLanguage, switchLanguage, t } from "./words.js";
import { workflowPage } from "./workflow.js";

const state = { workflows: [], problems: [] };
const TABS = [
  ["#/", "Workflows"],
  ["#/requests", "Requests"],
  ["#/faults", "Faults"],
];

let view;
let connection;
const main = h("main", { id: "main", tabindex: "-1" });

/** The view that the address asks for; a debug URL names its run in the query. */
function choose() {
  const named = new URLSearchParams(location.search).get("execute_id");
  if (location.hash === "" && named) return runPage(state, named);
  const [, kind, id] = location.hash.split("/");
  if (kind === "run" && id) return runPage(state, decodeURIComponent(id));
  if (kind === "workflow" && id) return workflowPage(state, decodeURIComponent(id));
  if (kind === "requests") return requestsPage();
  if (kind === "faults") return faultsPage();
  return frontPage(state);
}

function theme() {
  const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  return dark === "dark" ? "light" : "dark";
}

function header() {
  const here = location.hash === "" ? "#/" : location.hash;
  const links = TABS.map(([href, name]) => h("a", { href, "aria-current": href === here || (href === "#/" && /^#\/(run|workflow)\//.test(here)) ? "page" : undefined }, t(name)));
  connection = h("span", { class: "soft small", id: "connection", role: "status" });
  return h(
    "header",
    {},
    h("a", { class: "skip", href: "#main", onclick: skip }, t("Skip to content")),
    h("h1", {}, t("Coze emulator")),
    h("nav", { "aria-label": t("Coze emulator") }, links),
    connection,
    h(
      "button",
      {
        id: "theme",
        onclick: () => {
          document.documentElement.dataset.theme = theme();
          localStorage.setItem("theme", document.documentElement.dataset.theme);
          frame();
        },
      },
      t(theme() === "dark" ? "Switch to dark" : "Switch to light"),
    ),
    h(
      "button",
      {
        id: "language",
        onclick: () => {
          switchLanguage();
          show();
        },
      },
      otherLanguage(),
    ),
  );
}

function skip(event) {
  event.preventDefault();
  main.focus();
}

function frame() {
  const { textContent, className } = connection ?? { textContent: "", className: "soft small" };
  const focus = document.activeElement?.id;
  document.body.replaceChildren(header(), main);
  Object.assign(connection, { textContent, className });
  if (focus) document.getElementById(focus)?.focus();
}

async function show() {
  view = choose();
  frame();
  document.title = `${view.title} – ${t("Coze emulator")}`;
  main.replaceChildren(view.place);
  await load("all", {});
}

async function load(kind, told) {
  try {
    if (kind === "all" || kind === "workflows") Object.assign(state, await api.workflows());
    await view.update(kind, told);
  } catch {
    connection.textContent = t("not connected");
  }
}

// Many changes in a row are one update: of all, where they differ.
let pending;
const flush = soon(() => {
  const { kind, told } = pending;
  pending = undefined;
  return load(kind, told);
});

function changed(kind, told) {
  const same = pending && pending.kind === kind && pending.told.execute_id === told.execute_id;
  pending = pending && !same ? { kind: "all", told: {} } : { kind, told };
  flush();
}

const stored = localStorage.getItem("theme");
if (stored) document.documentElement.dataset.theme = stored;
addEventListener("hashchange", show);
await show();
api.watch(changed, (connected) => {
  connection.textContent = t(connected ? "live" : "not connected");
  connection.className = connected ? "small success" : "small problem";
});
