// What each node did: a bar for its time, and its input and output behind it.

import { h } from "./dom.js";
import { span, t } from "./words.js";

function value(name, value) {
  if (value === undefined || value === null) return null;
  return h("div", {}, h("b", { class: "small" }, t(name)), h("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2)));
}

/** How the execution of a node stands. */
export function nodeStatus(node) {
  if (!node.finish) return "running";
  return node.finish.result.error ? "fail" : "success";
}

function row(node, index, from, whole, now) {
  const end = node.finish?.at ?? now;
  const result = node.finish?.result;
  const left = (100 * (node.started - from)) / whole;
  const width = (100 * (end - node.started)) / whole;
  return h(
    "tr",
    {},
    h(
      "td",
      {},
      h(
        "details",
        { id: `node-${index}` },
        h("summary", {}, node.title, h("span", { class: "soft small" }, ` ${node.kind}`)),
        value("Input", node.input),
        value("Output", result?.output),
        result?.error && h("p", { class: "problem" }, `${result.error.code}: ${result.error.message}`),
      ),
    ),
    h("td", { class: "small", style: "white-space:nowrap" }, node.finish ? span(end - node.started) : t("running")),
    h("td", { style: "width:45%" }, h("div", { class: `bar ${nodeStatus(node)}` }, h("i", { style: `left:${Math.min(left, 99)}%;width:${width}%` }))),
  );
}

export function timeline(run) {
  const from = run.nodes[0]?.started ?? run.created * 1_000;
  const now = run.now_ms;
  const last = Math.max(from + 1, ...run.nodes.map((node) => node.finish?.at ?? now));
  const head = h("tr", {}, h("th", {}, t("Node")), h("th", {}, t("Time")), h("th", {}, `0 – ${span(last - from)}`));
  return h(
    "div",
    { class: "scroll" },
    h("table", { id: "nodes" }, h("thead", {}, head), h("tbody", {}, run.nodes.map((node, index) => row(node, index, from, last - from, now)))),
    run.nodes_left_out > 0 && h("p", { class: "soft" }, `${run.nodes_left_out} ${t("more are not kept")}`),
  );
}
