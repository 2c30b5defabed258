// Building DOM nodes without HTML strings: every text goes through textContent, so nothing that a
// person or a bot wrote can become markup. Used by every view.

/**
 * Creates an element. `props` keys: `class`, `text`, `dataset`, `on` (event → listener), and any
 * attribute; `true` sets an empty attribute, `false`, `null` and `undefined` leave it out.
 * @param {string} tag @param {object} [props] @param {...(Node|string|null|undefined)} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else if (key === "dataset") Object.assign(node.dataset, value);
    else if (key === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const paths = {
  reply: "M9 7 4 12l5 5M4 12h9a7 7 0 0 1 7 7v1",
  edit: "M4 20h4L19 9l-4-4L4 16zM13.500 6.500l4 4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4",
  clip: "M20 11.500 12 19.500a5 5 0 0 1-7-7l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700L10 17a1.700 1.700 0 0 1-2.400-2.400l7.400-7.400",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
  copy: "M9 9h10v11H9zM15 9V5H5v10h4",
  check: "M5 12.500l4.500 4.500L19 7.500",
  down: "M12 5v14M6 13l6 6 6-6",
  chevron: "M7 10l5 5 5-5",
  menu: "M4 7h16M4 12h16M4 17h16",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  bold: "M7 5h6a3.500 3.500 0 0 1 0 7H7zM7 12h7a3.500 3.500 0 0 1 0 7H7z",
  italic: "M10 5h7M7 19h7M14 5l-4 14",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  list: "M9 7h11M9 12h11M9 17h11M4.500 7h.01M4.500 12h.01M4.500 17h.01",
  bot: "M6 9h12v9H6zM12 9V5M9.500 13v1M14.500 13v1M3.500 12v3M20.500 12v3",
};

/** A line icon, hidden from assistive technology: its button carries the label. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

/** Initials in a circle (people) or a rounded square (group spaces); the hue comes from the seed. */
export function avatar(name, seed, { group = false, bot = false, small = false } = {}) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words.at(-1)[0] : name.trim().slice(0, 2);
  let hash = 24;  // FNV-1a with the high bits mixed down; this start tells the standard world apart
  for (const character of seed || name) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  hash = (hash ^ (hash >>> 13) ^ (hash >>> 21)) >>> 0;
  const classes = ["avatar", bot ? "hue-bot" : `hue-${hash % 8}`];
  if (group) classes.push("avatar-group");
  if (small) classes.push("avatar-small");
  const node = el("span", { class: classes.join(" "), "aria-hidden": "true" });
  if (bot) node.append(icon("bot"));
  else node.textContent = letters.toUpperCase();
  return node;
}

/** Makes `nodes` the children of `parent`, in order; a node already in its place is not touched. */
export function arrange(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
}

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const clockTime = (iso) => timeFormat.format(new Date(iso));
export const fullTime = (iso) => new Date(iso).toLocaleString();
export const dayKey = (iso) => new Date(iso).toDateString();

/** "Today", "Yesterday" or the date, for the line between days. */
export function dayName(iso) {
  const today = new Date();
  if (dayKey(iso) === today.toDateString()) return "Today";
  if (dayKey(iso) === new Date(today.getTime() - 86_400_000).toDateString()) return "Yesterday";
  return dayFormat.format(new Date(iso));
}

/** The time today, the date otherwise: the space list's last activity. */
export function activityTime(iso) {
  if (!iso) return "";
  return dayKey(iso) === new Date().toDateString() ? clockTime(iso) : shortDayFormat.format(new Date(iso));
}

export function byteSize(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
