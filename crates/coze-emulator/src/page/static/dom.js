// Elements without markup in strings: a text of a workflow is always text on the page.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "open") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** An element of HTML. `on…` properties are listeners; `null`, `undefined` and `false` add nothing. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An element of SVG. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/**
 * Puts new content in place of old. What a person is at stays: the focus, what is typed into a field with an id, what is
 * opened, and how far boxes with an id are scrolled.
 */
export function replace(place, ...children) {
  const focus = document.activeElement;
  const kept = place.contains(focus) && focus.id ? focus : undefined;
  const typed = new Map();
  const opened = new Map();
  const scrolled = new Map();
  for (const element of place.querySelectorAll("[id]")) {
    if (element.matches("input, textarea, select")) typed.set(element.id, [element.value, element.checked, element.defaultValue]);
    else if (element.matches("details")) opened.set(element.id, element.open);
    if (element.scrollTop || element.scrollLeft) scrolled.set(element.id, [element.scrollTop, element.scrollLeft]);
  }
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const element of place.querySelectorAll("[id]")) {
    const was = typed.get(element.id);
    if (was) {
      if (element.type === "checkbox") element.checked = was[1];
      else element.value = was[0];
    }
    if (opened.has(element.id)) element.open = opened.get(element.id);
    if (scrolled.has(element.id)) [element.scrollTop, element.scrollLeft] = scrolled.get(element.id);
  }
  if (kept) {
    const again = document.getElementById(kept.id);
    again?.focus({ preventScroll: true });
    if (again && "selectionStart" in kept && kept.selectionStart !== null) {
      again.setSelectionRange?.(kept.selectionStart, kept.selectionEnd);
    }
  }
}

/** Calls `act` once for many calls in a row, at the next frame at the latest a tenth of a second from the first. */
export function soon(act) {
  let timer;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      act();
    }, 100);
  };
}
