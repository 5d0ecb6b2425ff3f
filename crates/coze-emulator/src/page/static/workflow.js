// The page of one workflow: what it is, a form that runs it, and its runs.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { inputForm } from "./form.js";
import { graph } from "./graph.js";
import { runTable } from "./lists.js";
import { t } from "./words.js";

export function workflowPage(state, id) {
  const place = h("div", { class: "columns" });
  const table = h("div");
  let runs = [];
  let painted;

  function paint() {
    const workflow = state.workflows.find((workflow) => workflow.id === id);
    if (!workflow) {
      replace(place, h("p", { class: "card" }, t("This workflow is not known.")));
      painted = undefined;
      return;
    }
    replace(table, runs.length > 0 ? runTable(runs) : h("p", { class: "soft" }, t("No run yet.")));
    // What was typed into the form stays as long as the workflow does.
    const definition = JSON.stringify(workflow);
    if (definition === painted) return;
    painted = definition;
    const send = async (parameters) => {
      const started = await api.start(id, parameters);
      location.hash = `#/run/${started.execute_id}`;
    };
    replace(
      place,
      h(
        "div",
        {},
        h(
          "section",
          { class: "card" },
          h("h2", {}, workflow.name),
          workflow.description && h("p", { class: "soft" }, workflow.description),
          inputForm(workflow, undefined, t("Run"), send),
        ),
      ),
      h(
        "div",
        { class: "columns", style: "grid-template-columns:minmax(0,1fr)" },
        h("section", { class: "card" }, h("h3", {}, t("Graph")), h("div", { class: "scroll", id: "graph" }, graph(workflow, `${t("Graph")}: ${workflow.name}`))),
        h("section", { class: "card" }, h("h3", {}, t("Runs")), table),
      ),
    );
  }

  async function update(kind) {
    if (kind === "call" || kind === "faults") return;
    runs = (await api.runs({ workflow: id, limit: 50 })).runs;
    paint();
  }

  return { title: t("Workflow"), place, update };
}
