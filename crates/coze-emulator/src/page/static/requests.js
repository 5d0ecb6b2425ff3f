// The log of requests, each with a curl command that sends it again.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { clock, span, t } from "./words.js";

const PAGE = 100;

/** A text as one word of a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function address(call) {
  return call.query ? `${call.path}?${call.query}` : call.path;
}

function curl(call) {
  const parts = ["curl", "-X", call.method, quoted(`${location.origin}${address(call)}`), "-H", quoted("Authorization: Bearer $COZE_API_TOKEN").replaceAll("'", '"')];
  if (call.body !== "") parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(call.body));
  return parts.join(" ");
}

export function requestsPage() {
  const place = h("section", { class: "card" });
  let search = "";
  let limit = PAGE;
  let found = { calls: [], total: 0 };

  function row(call) {
    const copy = async (event) => {
      const button = event.currentTarget;
      await navigator.clipboard.writeText(curl(call));
      button.textContent = t("Copied");
    };
    const failed = call.status >= 400 || (call.code ?? "0") !== "0" || call.fault;
    const code = [call.status ?? "…", call.code !== "0" && call.code, call.fault].filter(Boolean).join(" / ");
    return h(
      "tr",
      {},
      h("td", { class: "wide" }, clock(call.at)),
      h("td", {}, call.method),
      h("td", { class: "mono" }, address(call)),
      h("td", { class: failed ? "problem" : undefined }, code),
      h("td", { class: "wide" }, call.ms === null ? "" : span(call.ms)),
      h("td", { class: "mono wide" }, call.log_id),
      h("td", { class: "mono wide" }, call.run && h("a", { href: `#/run/${call.run}` }, call.run)),
      h("td", {}, h("button", { class: "small", onclick: copy, "aria-label": `${t("Copy curl")}: ${call.method} ${call.path}` }, t("Copy curl"))),
    );
  }

  function paint() {
    const heads = [["Time", "wide"], ["Method"], ["Path"], ["Code"], ["Duration", "wide"], ["Log id", "wide"], ["Execute id", "wide"]];
    replace(
      place,
      h("h2", {}, t("Requests"), h("span", { class: "soft small" }, ` ${found.total}`)),
      h("input", {
        id: "request-search",
        type: "search",
        placeholder: t("Search requests"),
        "aria-label": t("Search requests"),
        value: search,
        oninput: (event) => {
          search = event.target.value;
          limit = PAGE;
          return update("all");
        },
      }),
      found.calls.length === 0
        ? h("p", { class: "soft" }, t("No request yet."))
        : h(
            "div",
            { class: "scroll" },
            h("table", { id: "calls" }, h("thead", {}, h("tr", {}, heads.map(([name, wide]) => h("th", { class: wide }, t(name))), h("th", {}))), h("tbody", {}, found.calls.toReversed().map(row))),
          ),
      found.calls.length < found.total &&
        h(
          "button",
          {
            id: "more",
            onclick: () => {
              limit += PAGE * 2;
              return update("all");
            },
          },
          t("Show more"),
        ),
    );
  }

  async function update(kind) {
    if (kind !== "call" && kind !== "all") return;
    found = await api.calls({ q: search, limit });
    paint();
  }

  return { title: t("Requests"), place, update };
}
