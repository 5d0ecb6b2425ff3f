// The page of one workflow: what it is, a form that runs it, and its runs.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { inputForm } from "./form.js";
import { graph } from "./graph.js";
import { runTable } from "./lists.js";
import { t } from "./words.js";

export function workflowPage(state, id) {
  const place = h("div", { class: "columns" });
  let runs = [];
  let form;
  let inputs;

  function paint() {
    const workflow = state.workflows.find((workflow) => workflow.id === id);
    if (!workflow) {
      replace(place, h("p", { class: "card" }, t("This workflow is not known.")));
      return;
    }
    const send = async (parameters) => {
      const started = await api.start(id, parameters);
      location.hash = `#/run/${started.execute_id}`;
    };
    // Made once for these inputs, so that neither what is typed nor what was wrong with it goes when a run changes.
    if (inputs !== JSON.stringify(workflow.inputs)) {
      inputs = JSON.stringify(workflow.inputs);
      form = inputForm(workflow, undefined, t("Run"), send);
    }
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
          form,
        ),
      ),
      h(
        "div",
        { class: "columns", style: "grid-template-columns:minmax(0,1fr)" },
        h("section", { class: "card" }, h("h3", {}, t("Graph")), h("div", { class: "scroll", id: "graph" }, graph(workflow, `${t("Graph")}: ${workflow.name}`))),
        h("section", { class: "card" }, h("h3", {}, t("Runs")), runs.length > 0 ? runTable(runs) : h("p", { class: "soft" }, t("No run yet."))),
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
