// The elements of Adaptive Cards 1.3 that show something, and the containers. `renderElement` is
// the one entry; containers call it back. Enumerations are matched without regard to case, as the
// card's schema asks. Used by card.js, which passes itself for actions and inputs.
import { el } from "./dom.js";
import { appendBlocks, appendInline, withDates } from "./card-text.js";
import { inputField } from "./card-inputs.js";

const maximumDepth = 24;
const list = (value) => (Array.isArray(value) ? value.filter((item) => item && typeof item === "object") : []);

/** A class name from a card's enumeration value, or the default: free text never reaches class. */
function choice(prefix, value, allowed, fallback) {
  const found = allowed.find((name) => name.toLowerCase() === String(value ?? "").toLowerCase());
  return `${prefix}-${(found ?? fallback).toLowerCase()}`;
}

const spacings = ["none", "small", "default", "medium", "large", "extraLarge", "padding"];
const alignments = ["left", "center", "right"];
const colors = ["default", "dark", "light", "accent", "good", "warning", "attention"];
const styles = ["default", "emphasis", "good", "attention", "warning", "accent"];

/** Draws one element in `scope` (whose inputs a Submit gathers); null when it is to be dropped. */
export function renderElement(card, element, scope, depth = 0) {
  if (depth > maximumDepth) return null;
  const node = draw(card, element, scope, depth);
  if (node === undefined) return fallback(card, element, scope, depth);
  if (node === null) return null;
  node.classList.add("card-element", choice("spacing", element.spacing, spacings, "default"));
  if (element.separator === true) node.classList.add("card-separator");
  if (String(element.height).toLowerCase() === "stretch") node.classList.add("card-stretch");
  if (element.isVisible === false) node.hidden = true;
  if (typeof element.id === "string") card.register(element.id, node);
  if (element.selectAction) card.makeSelectable(node, element.selectAction, scope);
  return node;
}

export function renderElements(card, parent, elements, scope, depth = 0) {
  for (const element of list(elements)) {
    const node = renderElement(card, element, scope, depth + 1);
    if (node) parent.append(node);
  }
}

function draw(card, element, scope, depth) {
  switch (element.type) {
    case "TextBlock": return textBlock(element);
    case "RichTextBlock": return richTextBlock(card, element, scope);
    case "Image": return image(element, element.size);
    case "ImageSet": return imageSet(card, element, scope);
    case "FactSet": return factSet(element);
    case "Container": return container(card, element, scope, depth);
    case "ColumnSet": return columnSet(card, element, scope, depth);
    case "ActionSet": return card.actionSet(list(element.actions), scope);
    default: {
      const field = inputField(element);
      if (!field) return undefined;
      scope.add(field);
      if (element.inlineAction) card.inlineAction(field, element.inlineAction, scope);
      return field.element;
    }
  }
}

/** What the card says to show instead; a line for its author when it says nothing. */
function fallback(card, element, scope, depth) {
  if (element.fallback && typeof element.fallback === "object") return renderElement(card, element.fallback, scope, depth + 1);
  if (String(element.fallback).toLowerCase() === "drop") return null;
  return el("div", { class: "card-element card-unknown", text: `Not shown by Webex: ${String(element.type).slice(0, 40)}` });
}

function textClasses(element) {
  return [
    choice("size", element.size, ["small", "default", "medium", "large", "extraLarge"], "default"),
    choice("weight", element.weight, ["lighter", "default", "bolder"], "default"),
    choice("color", element.color, colors, "default"),
    choice("font", element.fontType, ["default", "monospace"], "default"),
    element.isSubtle === true ? "subtle" : "",
  ];
}

function textBlock(element) {
  const classes = ["card-text", ...textClasses(element), choice("align", element.horizontalAlignment, alignments, "left")];
  const node = el("div", { class: classes.filter(Boolean).join(" ") });
  if (element.wrap !== true) node.classList.add("card-nowrap");
  else if (Number.isInteger(element.maxLines) && element.maxLines > 0) {
    node.classList.add("card-clamp");
    node.style.webkitLineClamp = String(element.maxLines);
  }
  appendBlocks(node, element.text);
  return node;
}

function richTextBlock(card, element, scope) {
  const node = el("div", { class: `card-text ${choice("align", element.horizontalAlignment, alignments, "left")}` });
  for (const run of Array.isArray(element.inlines) ? element.inlines : []) {
    if (typeof run === "string") {
      node.append(run);
      continue;
    }
    if (!run || typeof run !== "object") continue;
    const span = el("span", { class: textClasses(run).filter(Boolean).join(" "), text: withDates(String(run.text ?? "")) });
    for (const [flag, name] of [["italic", "run-italic"], ["strikethrough", "run-strike"], ["underline", "run-underline"], ["highlight", "run-highlight"]]) {
      if (run[flag] === true) span.classList.add(name);
    }
    if (run.selectAction) card.makeSelectable(span, run.selectAction, scope);
    node.append(span);
  }
  return node;
}

function image(element, size) {
  const frame = el("div", { class: `card-image ${choice("image", size, ["auto", "stretch", "small", "medium", "large"], "auto")} ${choice("align", element.horizontalAlignment, alignments, "left")}` });
  const picture = el("img", { alt: String(element.altText ?? ""), referrerpolicy: "no-referrer", loading: "lazy" });
  if (String(element.style).toLowerCase() === "person") picture.classList.add("image-person");
  for (const side of ["width", "height"]) {
    if (/^\d{1,4}px$/.test(element[side] ?? "")) picture.style[side] = element[side];
  }
  picture.addEventListener("error", () => {
    picture.replaceWith(el("span", { class: "image-missing", text: element.altText || "Image not available" }));
  });
  const source = imageSource(element.url);
  if (source) picture.src = source;
  else queueMicrotask(() => picture.dispatchEvent(new Event("error")));
  frame.append(picture);
  return frame;
}

/** Images come from the web by TLS, from this page, or from the card itself; nothing else. */
function imageSource(url) {
  if (/^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/i.test(String(url))) return String(url);
  try {
    const parsed = new URL(String(url));
    return parsed.protocol === "https:" || parsed.origin === location.origin ? parsed.href : null;
  } catch {
    return null;
  }
}

function imageSet(card, element, scope) {
  const node = el("div", { class: "card-image-set" });
  for (const item of list(element.images)) {
    const drawn = image(item, element.imageSize ?? item.size ?? "medium");
    if (item.selectAction) card.makeSelectable(drawn, item.selectAction, scope);
    node.append(drawn);
  }
  return node;
}

function factSet(element) {
  const node = el("dl", { class: "card-facts" });
  for (const fact of list(element.facts)) {
    const title = el("dt");
    const value = el("dd");
    appendInline(title, withDates(String(fact.title ?? "")));
    appendInline(value, withDates(String(fact.value ?? "")));
    node.append(title, value);
  }
  return node;
}

function box(node, element) {
  const style = choice("style", element.style, styles, "default");
  if (style !== "style-default") node.classList.add("card-styled", style);
  if (element.bleed === true) node.classList.add("card-bleed");
  node.classList.add(choice("valign", element.verticalContentAlignment, ["top", "center", "bottom"], "top"));
  if (/^\d{1,4}px$/.test(element.minHeight ?? "")) node.style.minHeight = element.minHeight;
  const source = imageSource(element.backgroundImage?.url ?? element.backgroundImage ?? "");
  if (source) node.style.backgroundImage = `url(${JSON.stringify(source)})`;
}

function container(card, element, scope, depth) {
  const node = el("div", { class: "card-container" });
  box(node, element);
  renderElements(card, node, element.items, scope, depth);
  return node;
}

function columnSet(card, element, scope, depth) {
  const node = el("div", { class: `card-columns ${choice("align", element.horizontalAlignment, alignments, "left")}` });
  box(node, element);
  for (const column of list(element.columns)) {
    const drawn = el("div", { class: `card-column ${choice("gap", column.spacing, spacings, "default")}` });
    box(drawn, column);
    const width = String(column.width ?? "stretch").toLowerCase();
    if (/^\d{1,4}px$/.test(width)) drawn.style.flex = `0 0 ${width}`;
    else if (Number(width) > 0) drawn.style.flex = `${Number(width)} 1 0`;
    else drawn.classList.add(width === "auto" ? "column-auto" : "column-stretch");
    if (column.separator === true) drawn.classList.add("column-separator");
    if (column.isVisible === false) drawn.hidden = true;
    if (typeof column.id === "string") card.register(column.id, drawn);
    renderElements(card, drawn, column.items, scope, depth);
    if (column.selectAction) card.makeSelectable(drawn, column.selectAction, scope);
    node.append(drawn);
  }
  return node;
}
