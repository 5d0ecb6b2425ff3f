// The page of one run: how it stands, what it asks, what each node did and when.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { inputForm } from "./form.js";
import { graph } from "./graph.js";
import { badge } from "./lists.js";
import { questionCard } from "./question.js";
import { nodeStatus, timeline } from "./timeline.js";
import { clock, span, t } from "./words.js";

/** The text that a run returned: indented, where it is JSON. */
function output(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function isOver(run) {
  return run.status !== "running" && run.status !== "interrupted";
}

/** Milliseconds from the begin of the first node to the last end of one. */
function lasted(run) {
  const begun = run.nodes[0]?.started ?? 0;
  return Math.max(0, ...run.nodes.map((node) => (node.finish?.at ?? begun) - begun));
}

function facts(run) {
  const fact = (name, value) => value !== undefined && value !== "" && [h("dt", {}, t(name)), h("dd", {}, value)];
  return h(
    "dl",
    { class: "facts" },
    fact("Status", badge(run.status)),
    fact("Workflow", h("a", { href: `#/workflow/${run.workflow_id}` }, run.workflow)),
    fact("Execute id", h("span", { class: "mono" }, run.execute_id)),
    fact("Log id", h("span", { class: "mono" }, run.log_id)),
    fact("Mode", run.mode),
    fact("Started", clock(run.nodes[0]?.started ?? run.created * 1_000)),
    fact("Duration", isOver(run) ? span(lasted(run)) : undefined),
  );
}

function results(run) {
  return [
    run.result?.error && h("section", { class: "card" }, h("h3", { class: "problem" }, t("Error")), h("p", { id: "error", class: "problem" }, `${run.result.error.code}: ${run.result.error.message}`)),
    run.outputs.length > 0 &&
      h(
        "section",
        { class: "card" },
        h("h3", {}, t("Outputs")),
        h("div", { "aria-live": "polite" }, run.outputs.map((output, index) => h("div", {}, h("b", { class: "small" }, output.title), h("pre", { id: `said-${index}`, class: "said" }, output.text)))),
      ),
    run.result?.output !== undefined && h("section", { class: "card" }, h("h3", {}, t("Output")), h("pre", { id: "output" }, output(run.result.output))),
  ];
}

function events(run) {
  if (run.events.length === 0) return null;
  const head = h("tr", {}, h("th", {}, "#"), h("th", {}, t("Events")), h("th", {}, t("Node")), h("th", {}, t("Output")));
  const rows = run.events.map((event, index) => h("tr", {}, h("td", {}, String(index)), event.map((part) => h("td", {}, part))));
  return h(
    "section",
    { class: "card" },
    h("details", { id: "events-opened", open: true }, h("summary", {}, h("b", {}, t("Events"))), h("div", { class: "scroll" }, h("table", { id: "events" }, h("thead", {}, head), h("tbody", {}, rows)))),
  );
}

/** How each node of the workflow stands in this run; the last of several executions counts. */
function states(run) {
  return new Map(run.nodes.map((node) => [node.node_id, nodeStatus(node)]));
}

export function runPage(state, executeId) {
  const place = h("div", { class: "columns" });
  const problem = h("p", { id: "run-problem", class: "problem", role: "alert" });
  let run;
  let repeat;
  let asked;
  let question;

  function paint() {
    const workflow = state.workflows.find((workflow) => workflow.id === run.workflow_id);
    const act = (action) => async () => {
      try {
        await action();
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    const again = async (parameters) => {
      const started = await api.start(run.workflow_id, parameters);
      location.hash = `#/run/${started.execute_id}`;
    };
    // Forms are made once, so that neither what is typed nor what was wrong with it goes while the run goes on.
    if (asked !== run.interrupt?.event_id) {
      asked = run.interrupt?.event_id;
      question = run.interrupt && questionCard(run.interrupt, (text) => api.answer(executeId, run.interrupt.event_id, text));
    }
    repeat ??= workflow && inputForm(workflow, run.inputs, t("Run again with these inputs"), again);
    replace(
      place,
      question,
      h(
        "div",
        { class: "columns", style: "grid-template-columns:minmax(0,1fr)" },
        h(
          "section",
          { class: "card" },
          h("h2", {}, run.workflow),
          facts(run),
          h("p", { class: "row" }, !isOver(run) && h("button", { id: "cancel", onclick: act(() => api.cancel(executeId)) }, t("Cancel"))),
          problem,
        ),
        h("section", { class: "card" }, h("details", { id: "inputs-opened", open: true }, h("summary", {}, h("b", {}, t("Inputs"))), repeat ?? h("pre", {}, JSON.stringify(run.inputs, null, 2)))),
        workflow && h("section", { class: "card" }, h("h3", {}, t("Graph")), h("div", { class: "scroll", id: "graph" }, graph(workflow, `${t("Graph")}: ${workflow.name}`, states(run)))),
      ),
      h(
        "div",
        { class: "columns", style: "grid-template-columns:minmax(0,1fr)" },
        results(run),
        h("section", { class: "card" }, h("h3", {}, t("Timeline")), timeline(run)),
        events(run),
      ),
    );
  }

  async function update(kind, told) {
    if (kind === "call" || kind === "faults" || (kind === "run" && told.execute_id !== executeId)) return;
    try {
      run = await api.run(executeId);
    } catch {
      replace(place, h("p", { class: "card" }, t("This run is not known, or is no longer kept.")));
      return;
    }
    paint();
  }

  return { title: t("Runs"), place, update };
}
