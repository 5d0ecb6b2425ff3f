// A form from the inputs of a workflow, and its values as parameters of a run.

import { h } from "./dom.js";
import { t } from "./words.js";

const JSON_KINDS = new Set(["object", "array"]);

function text(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function field(name, input, given) {
  const id = `input-${name}`;
  const value = given ?? input.default_value;
  if (input.type === "boolean") {
    return h("label", { class: "check" }, h("input", { id, type: "checkbox", checked: value === true || value === "true" }), caption(name, input));
  }
  const long = JSON_KINDS.has(input.type) || (typeof value === "string" && value.includes("\n"));
  const control = long
    ? h("textarea", { id, class: "mono", spellcheck: "false", value: text(value) })
    : h("input", {
        id,
        type: input.type === "integer" || input.type === "number" ? "number" : "text",
        step: input.type === "number" ? "any" : undefined,
        autocomplete: "off",
        value: text(value),
      });
  return h("label", { for: id }, caption(name, input), control);
}

function caption(name, input) {
  return h(
    "span",
    {},
    h("b", {}, name),
    h("span", { class: "soft small" }, ` ${input.type}${input.required ? `, ${t("required")}` : ""}`),
    input.description && h("span", { class: "soft small" }, ` – ${input.description}`),
  );
}

/** The value of one field; nothing where it was left empty. A text that does not fit is thrown as a message. */
function read(name, input) {
  const control = document.getElementById(`input-${name}`);
  if (input.type === "boolean") return control.checked;
  const value = control.value;
  if (value === "") {
    if (input.required) throw new Error(`${name}: ${t("is required")}`);
    return undefined;
  }
  if (input.type === "integer" || input.type === "number") {
    // A number that JavaScript would round is sent as the text that was typed.
    return String(Number(value)) === value ? Number(value) : value;
  }
  if (!JSON_KINDS.has(input.type)) return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new Error(`${name}: ${t("must be JSON")}`);
  }
}

/**
 * The form of a workflow. `given` are values to begin with, `send` gets the parameters and may throw.
 */
export function inputForm(workflow, given, label, send) {
  const problem = h("p", { id: "form-problem", class: "problem", role: "alert" });
  const names = Object.entries(workflow.inputs);
  if (workflow.mode === "chatflow") names.unshift(["USER_INPUT", { type: "string", required: true }]);
  const submit = async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      const parameters = {};
      for (const [name, input] of names) {
        const value = read(name, input);
        if (value !== undefined) parameters[name] = value;
      }
      await send(parameters);
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  return h(
    "form",
    { id: "inputs", onsubmit: submit },
    names.length === 0 ? h("p", { class: "soft" }, t("No inputs.")) : names.map(([name, input]) => field(name, input, given?.[name])),
    h("button", { class: "main", id: "start" }, label),
    problem,
  );
}
