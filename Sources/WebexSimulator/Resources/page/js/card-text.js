// Text of Adaptive Cards: the Markdown subset that TextBlock, facts and choice titles may use
// (bold, italic, links, lists, line breaks) and the DATE()/TIME() functions. DOM nodes only.
import { el } from "./dom.js";
import { safeHref } from "./sanitize.js";

const inline = /\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|\*(?=\S)([^*]+?)\*|(?<![\w])_(?=\S)([^_]+?)_(?![\w])|\[([^\]]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)/s;
const maximumDepth = 8;

/** Appends `text` with inline Markdown to `parent`. */
export function appendInline(parent, text, depth = 0) {
  let rest = text;
  while (rest) {
    const match = depth < maximumDepth ? inline.exec(rest) : null;
    if (!match) break;
    appendLines(parent, rest.slice(0, match.index));
    const [all, bold, bold2, italic, italic2, label, address] = match;
    if (label !== undefined) {
      const href = safeHref(address);
      const link = href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }) : el("span");
      appendInline(link, label, depth + 1);
      parent.append(link);
    } else {
      const node = el(bold ?? bold2 ? "strong" : "em");
      appendInline(node, bold ?? bold2 ?? italic ?? italic2, depth + 1);
      parent.append(node);
    }
    rest = rest.slice(match.index + all.length);
  }
  appendLines(parent, rest);
}

function appendLines(parent, text) {
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    if (index > 0) parent.append(el("br"));
    if (line) parent.append(line);
  });
}

/** Appends a TextBlock's text: paragraphs and lists of inline Markdown. */
export function appendBlocks(parent, source) {
  const text = withDates(String(source ?? ""));
  let list = null;
  let paragraph = [];
  const flush = () => {
    if (paragraph.length > 0) {
      const node = el("p");
      appendInline(node, paragraph.join("\n"));
      parent.append(node);
    }
    paragraph = [];
  };
  for (const line of text.split(/\r\n|\r|\n/)) {
    const bullet = /^\s*[-*+]\s+(.+)$/.exec(line);
    const number = /^\s*(\d{1,4})[.)]\s+(.+)$/.exec(line);
    if (bullet || number) {
      flush();
      const kind = bullet ? "ul" : "ol";
      if (list?.localName !== kind) {
        list = el(kind, number && number[1] !== "1" ? { start: number[1] } : {});
        parent.append(list);
      }
      const item = el("li");
      appendInline(item, bullet ? bullet[1] : number[2]);
      list.append(item);
    } else if (line.trim() === "") {
      flush();
      list = null;
    } else {
      list = null;
      paragraph.push(line);
    }
  }
  flush();
}

/** `{{DATE(2026-11-03T09:15:00Z, SHORT)}}` and `{{TIME(…)}}` in the reader's locale and zone. */
export function withDates(text) {
  return text.replace(/\{\{(DATE|TIME)\(\s*([\dTZ:.+-]+)\s*(?:,\s*(COMPACT|SHORT|LONG)\s*)?\)\}\}/g, (all, kind, iso, style) => {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return all;
    if (kind === "TIME") return date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
    const options = {
      SHORT: { weekday: "short", month: "short", day: "numeric", year: "numeric" },
      LONG: { weekday: "long", month: "long", day: "numeric", year: "numeric" },
    }[style];
    return date.toLocaleDateString(undefined, options);
  });
}
