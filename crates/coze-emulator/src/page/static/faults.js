// Faults: what the next calls get, armed by a click or in the words of a fault.

import * as api from "./api.js";
import { h, replace } from "./dom.js";
import { t } from "./words.js";

const READY = [
  ["The next run is refused as too many requests", "on=/v1/workflow/run status=429 retry-after=1"],
  ["The next run is carried out and its response is lost", "on=/v1/workflow/run lose"],
  ["The next stream stalls after 3 events", "on=/v1/workflow/stream_run stall-event=3"],
  ["The next stream breaks after 200 bytes", "on=/v1/workflow/stream_run cut=200"],
  ["The next call waits for two seconds", "delay=2000"],
  ["The gateway answers the next call with 502", "replace=502"],
];

export function faultsPage() {
  const place = h("div", { class: "columns" });
  let armed = [];
  let problem = "";

  async function arm(fault) {
    problem = "";
    try {
      await api.arm(fault);
    } catch (error) {
      problem = error.message;
    }
    await update("faults");
  }

  function paint() {
    const own = (event) => {
      event.preventDefault();
      return arm(document.getElementById("fault").value);
    };
    replace(
      place,
      h(
        "section",
        { class: "card" },
        h("h2", {}, t("Arm a fault")),
        h("ul", { class: "plain" }, READY.map(([label, words], index) => h("li", {}, h("button", { id: `fault-${index}`, onclick: () => arm(words) }, t(label)), h("div", { class: "soft small mono" }, words)))),
        h(
          "form",
          { onsubmit: own },
          h("label", { for: "fault" }, t("Own words"), h("input", { id: "fault", class: "mono", autocomplete: "off", spellcheck: "false", placeholder: "status=503 times=2" })),
          h("button", { class: "main", id: "arm" }, t("Arm")),
        ),
        h("p", { class: "problem", role: "alert" }, problem),
      ),
      h(
        "section",
        { class: "card" },
        h("h2", {}, t("Faults to come")),
        armed.length === 0 ? h("p", { class: "soft" }, t("No fault is armed.")) : h("ul", { class: "plain mono", id: "armed" }, armed.map(({ fault, passes }) => h("li", {}, fault, passes > 0 && h("span", { class: "soft" }, ` (${passes})`)))),
        armed.length > 0 &&
          h(
            "button",
            {
              id: "clear",
              onclick: async () => {
                await api.disarm();
                await update("faults");
              },
            },
            t("Clear all"),
          ),
      ),
    );
  }

  async function update(kind) {
    // A call may have used one up.
    if (kind === "run" || kind === "workflows") return;
    armed = (await api.faults()).faults;
    paint();
  }

  return { title: t("Faults"), place, update };
}
