// The control API, as far as the page needs it. Every function gives what the emulator responded, or throws its message.

async function call(method, path, body) {
  const response = await fetch(`/_emulator${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let value;
  try {
    value = text === "" ? null : JSON.parse(text);
  } catch {
    value = null;
  }
  if (!response.ok) throw new Error(value?.error ?? `HTTP ${response.status}`);
  return value;
}

function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}

const id = encodeURIComponent;

export const workflows = () => call("GET", "/workflows");
export const runs = (filter) => call("GET", `/runs${query(filter)}`);
export const run = (executeId) => call("GET", `/runs/${id(executeId)}`);
export const start = (workflow, parameters) => call("POST", "/runs", { workflow, parameters });
export const answer = (executeId, eventId, text) => call("POST", `/runs/${id(executeId)}/resume`, { event_id: eventId, answer: text });
export const cancel = (executeId) => call("POST", `/runs/${id(executeId)}/cancel`);
export const calls = (filter) => call("GET", `/calls${query(filter)}`);
export const faults = () => call("GET", "/faults");
export const arm = (fault) => call("POST", "/faults", { fault });
export const disarm = () => call("DELETE", "/faults");

// What events of the feed are about.
const KINDS = {
  run: ["run.started", "run.message", "run.interrupted", "run.resumed", "run.ended", "node.started", "node.ended"],
  call: ["call.started", "call.ended"],
  workflows: ["workflows"],
  faults: ["faults"],
  all: ["hello", "reset", "restored", "missed"],
};

/**
 * Tells what changes in the emulator. `changed` gets the kind (a key of `KINDS`) and what is told of it; `connected` gets
 * whether there is a connection.
 */
export function watch(changed, connected) {
  const source = new EventSource("/_emulator/events");
  source.onopen = () => connected(true);
  source.onerror = () => connected(false);
  for (const [kind, names] of Object.entries(KINDS)) {
    for (const name of names) source.addEventListener(name, (event) => changed(kind, JSON.parse(event.data)));
  }
}
