// What a run asks, and the form for the answer.

import { h } from "./dom.js";
import { t } from "./words.js";

/** `send` gets the text of the answer, in the form that the API wants it, and may throw. */
export function questionCard(question, send) {
  const problem = h("p", { id: "answer-problem", class: "problem", role: "alert" });
  const give = async (text) => {
    problem.textContent = "";
    try {
      await send(text);
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  // 5 is the type of a form; its text is the list of its fields.
  const isForm = question.kind === 5;
  const fields = isForm ? JSON.parse(question.content) : [];
  const value = () => {
    if (!isForm) return document.getElementById("answer").value;
    const values = fields.map(({ name, type }) => [name, typed(document.getElementById(`answer-${name}`).value, type)]);
    return JSON.stringify(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
  };
  const control =
    isForm
      ? fields.map((field) =>
          h(
            "label",
            { for: `answer-${field.name}` },
            h("span", {}, h("b", {}, field.name), h("span", { class: "soft small" }, ` ${field.type}${field.required ? `, ${t("required")}` : ""}`)),
            h("input", { id: `answer-${field.name}`, autocomplete: "off" }),
          ),
        )
      : h("label", { for: "answer" }, t("Answer"), h("input", { id: "answer", autocomplete: "off" }));
  return h(
    "section",
    { class: "card question", id: "question", "aria-labelledby": "question-title" },
    h("h3", { id: "question-title" }, `${t("Question")}: ${question.node_title}`),
    !isForm && h("p", { id: "question-text", class: "lines" }, question.content),
    question.options.length > 0 && h("p", { class: "row" }, question.options.map((option, index) => h("button", { id: `option-${index}`, onclick: () => give(option) }, option))),
    h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          return give(value());
        },
      },
      control,
      h("button", { class: "main", id: "send-answer" }, t("Send answer")),
      problem,
    ),
  );
}

function typed(text, type) {
  if (text === "") return undefined;
  if (type === "string" || type === "time") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
