// The front page: workflows, and the runs that are kept.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { clock, span, t } from "./words.js";

const STATUSES = ["running", "interrupted", "success", "fail", "cancel"];
const PAGE = 50;

/** The word for a status, with its colour. */
export function badge(status) {
  return h("span", { class: `status ${status}` }, t(status));
}

function workflowItem(workflow) {
  const marks = [workflow.mode === "chatflow" && t("chatflow"), !workflow.published && t("not published")].filter(Boolean);
  return h(
    "li",
    {},
    h("a", { href: `#/workflow/${workflow.id}` }, h("b", {}, workflow.name)),
    marks.length > 0 && h("span", { class: "soft small" }, ` (${marks.join(", ")})`),
    workflow.description && h("div", { class: "soft small" }, workflow.description),
    h("div", { class: "soft small mono" }, workflow.id),
  );
}

/** Runs as a table; also used for the runs of one workflow. */
export function runTable(runs) {
  const head = h("tr", {}, h("th", {}, t("Status")), h("th", {}, t("Workflow")), h("th", {}, t("Execute id")), h("th", { class: "wide" }, t("Started")), h("th", { class: "wide" }, t("Duration")));
  const rows = runs.map((run) =>
    h(
      "tr",
      {},
      h("td", {}, badge(run.status)),
      h("td", {}, run.workflow),
      h("td", { class: "mono" }, h("a", { href: `#/run/${run.execute_id}` }, run.execute_id)),
      h("td", { class: "wide" }, clock(run.started_ms ?? run.created * 1_000)),
      h("td", { class: "wide" }, run.elapsed_ms === undefined ? "" : span(run.elapsed_ms)),
    ),
  );
  return h("div", { class: "scroll" }, h("table", { id: "runs" }, h("thead", {}, head), h("tbody", {}, rows)));
}

export function frontPage(state, repaint) {
  const place = h("div", { class: "columns" });
  const filter = { q: "", workflow: "", status: "", limit: PAGE };
  let search = "";
  let found = { runs: [], total: 0 };

  const change = (name) => (event) => {
    filter[name] = event.target.value;
    filter.limit = PAGE;
    return update("all");
  };
  const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);

  function paint() {
    const shown = state.workflows.filter((workflow) => `${workflow.name} ${workflow.id} ${workflow.description}`.toLowerCase().includes(search.toLowerCase()));
    const problems = state.problems.map((problem) => h("p", { class: "problem mono", role: "alert" }, problem));
    replace(
      place,
      h(
        "section",
        { class: "card", "aria-labelledby": "workflows-title" },
        h("h2", { id: "workflows-title" }, t("Workflows")),
        problems,
        h("input", {
          id: "workflow-search",
          type: "search",
          placeholder: t("Search workflows"),
          "aria-label": t("Search workflows"),
          value: search,
          oninput: (event) => {
            search = event.target.value;
            paint();
          },
        }),
        shown.length === 0 ? h("p", { class: "soft" }, t("No workflow matches.")) : h("ul", { class: "plain", id: "workflows" }, shown.map(workflowItem)),
      ),
      h(
        "section",
        { class: "card", "aria-labelledby": "runs-title" },
        h("h2", { id: "runs-title" }, t("Runs"), h("span", { class: "soft small" }, ` ${found.total}`)),
        h(
          "div",
          { class: "row" },
          h("input", { id: "run-search", class: "grow", type: "search", placeholder: t("Search runs"), "aria-label": t("Search runs"), value: filter.q, oninput: change("q") }),
          h(
            "select",
            { id: "run-workflow", "aria-label": t("Workflow"), onchange: change("workflow") },
            option("", t("All workflows"), filter.workflow),
            state.workflows.map((workflow) => option(workflow.id, workflow.name, filter.workflow)),
          ),
          h("select", { id: "run-status", "aria-label": t("Status"), onchange: change("status") }, option("", t("Any status"), filter.status), STATUSES.map((status) => option(status, t(status), filter.status))),
        ),
        found.runs.length > 0
          ? runTable(found.runs)
          : h("p", { class: "soft" }, filter.q || filter.workflow || filter.status ? t("No run matches.") : t("No run yet.")),
        found.runs.length < found.total &&
          h(
            "button",
            {
              id: "more",
              onclick: () => {
                filter.limit += PAGE * 2;
                return update("all");
              },
            },
            t("Show more"),
          ),
      ),
    );
    repaint?.();
  }

  async function update(kind) {
    if (kind === "call" || kind === "faults") return;
    found = await api.runs(filter);
    paint();
  }

  return { title: t("Coze emulator"), place, update };
}
