// A workflow as a drawing: steps from top to bottom, what lies inside a step as boxes beside each other.

import { s } from "./dom.js";

const WIDTH = 168;
const HEIGHT = 44;
const GAP = 22;
const PAD = 12;
const HEAD = 40;

function shorten(text, characters) {
  const letters = [...text];
  return letters.length <= characters ? text : `${letters.slice(0, characters - 1).join("")}…`;
}

/** Width and height of each node and of what is inside it. */
function measure(node) {
  const blocks = (node.blocks ?? []).map((block) => ({ ...block, ...column(block.nodes) }));
  if (blocks.length === 0) return { node, blocks, width: WIDTH, height: HEIGHT };
  const inside = blocks.reduce((sum, block) => sum + Math.max(block.width, WIDTH / 2) + PAD, PAD);
  const tallest = Math.max(...blocks.map((block) => block.height));
  return { node, blocks, width: Math.max(WIDTH, inside), height: HEAD + 20 + tallest + PAD };
}

function column(nodes) {
  const steps = nodes.map(measure);
  return {
    steps,
    width: Math.max(0, ...steps.map((step) => step.width)),
    height: steps.reduce((sum, step) => sum + step.height, 0) + GAP * Math.max(0, steps.length - 1),
  };
}

function words(node, middle, top) {
  return [
    s("text", { x: middle, y: top + 18, "text-anchor": "middle" }, shorten(node.title, 22)),
    s("text", { x: middle, y: top + 34, "text-anchor": "middle", class: "kind" }, node.kind),
  ];
}

function draw(step, left, top, states) {
  const { node, blocks, width, height } = step;
  const title = s("title", {}, `${node.title} (${node.kind}, ${node.id})`);
  const attributes = { class: `${blocks.length > 0 ? "box " : ""}${states?.get(node.node_id) ?? ""}` };
  const outer = s("rect", { x: left, y: top, width, height, rx: 8, class: blocks.length > 0 ? "outer" : undefined });
  let x = left + PAD;
  const inside = blocks.map((block) => {
    const room = Math.max(block.width, WIDTH / 2);
    const at = x;
    x += room + PAD;
    return [
      s("text", { x: at + room / 2, y: top + HEAD + 10, "text-anchor": "middle", class: "kind" }, s("title", {}, block.label), shorten(block.label, Math.floor(room / 7))),
      stack(block, at, top + HEAD + 20, room, states),
    ];
  });
  return s("g", attributes, title, outer, words(node, left + width / 2, top), inside.flat(Infinity));
}

function stack(block, left, top, room, states) {
  const middle = left + room / 2;
  let y = top;
  return block.steps.map((step, index) => {
    const drawn = [draw(step, middle - step.width / 2, y, states)];
    if (index > 0) drawn.unshift(s("path", { d: `M${middle} ${y - GAP}V${y - 1}`, "marker-end": "url(#arrow)" }));
    y += step.height + GAP;
    return drawn;
  });
}

/** The drawing of a workflow. `states` tells by node id how a run of it stands. */
export function graph(workflow, label, states) {
  const start = { node_id: "100001", id: "start", title: "Start", kind: "start" };
  const end = { node_id: "900001", id: "end", title: "End", kind: "end" };
  const all = column([start, ...workflow.nodes, end]);
  const width = all.width + 2 * PAD;
  const height = all.height + 2 * PAD;
  const arrow = s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, s("path", { d: "M0 0L8 4L0 8" }));
  return s(
    "svg",
    { class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    s("defs", {}, arrow),
    stack(all, PAD, PAD, all.width, states).flat(Infinity),
  );
}
