// message.html → DOM, by an allow-list. The HTML is parsed in an inert document (nothing loads,
// nothing runs), walked, and rebuilt from elements that this file creates: an element or attribute
// that is not named here does not exist in the page.
import { el, icon } from "./dom.js";

const plain = new Set([
  "p", "br", "strong", "b", "em", "i", "u", "s", "del", "code", "blockquote", "ul", "ol", "li",
  "h1", "h2", "h3", "h4", "h5", "h6", "hr",
]);
const dropped = new Set([
  "script", "style", "template", "iframe", "object", "embed", "svg", "math", "noscript", "head",
  "title", "meta", "link", "base", "form", "input", "button", "select", "textarea", "img", "video",
  "audio", "canvas", "frame", "frameset", "noembed", "noframes", "plaintext", "xmp",
]);
const maximumDepth = 60;

/** A link's address if it is one that may be opened from a message, otherwise null. */
export function safeHref(value, protocols = ["http:", "https:", "mailto:"]) {
  try {
    const url = new URL(String(value).trim());
    return protocols.includes(url.protocol) ? url.href : null;
  } catch {
    return null;  // relative addresses have no meaning in a message
  }
}

/** A safe fragment for `html`. `me` is the reader's person id: their own mention is highlighted. */
export function messageFragment(html, me) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  copyChildren(parsed.body, fragment, me, 0);
  return fragment;
}

function copyChildren(source, target, me, depth) {
  for (const node of source.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) target.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, target, me, depth);
  }
}

function copyElement(node, target, me, depth) {
  const tag = node.localName;
  if (dropped.has(tag)) return;
  if (depth > maximumDepth) {
    target.append(node.textContent);
    return;
  }
  if (tag === "pre") {
    target.append(codeBlock(node));
    return;
  }
  let copy = target;  // an unknown element is unwrapped: its text stays, it does not
  if (plain.has(tag)) {
    copy = document.createElement(tag);
    if (tag === "ol" && /^\d{1,6}$/.test(node.getAttribute("start") ?? "")) copy.start = Number(node.getAttribute("start"));
    target.append(copy);
  } else if (tag === "a") {
    const href = safeHref(node.getAttribute("href"));
    copy = href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }) : el("span");
    target.append(copy);
  } else if (tag === "spark-mention" || tag === "webex-mention") {
    const group = node.getAttribute("data-object-type") === "groupMention";
    const own = group || node.getAttribute("data-object-id") === me;
    target.append(el("span", { class: own ? "mention mention-me" : "mention", text: `@${node.textContent.replace(/^@/, "")}` }));
    return;
  }
  copyChildren(node, copy, me, depth + 1);
}

/** A code block with its language and a copy button. */
function codeBlock(pre) {
  const code = pre.querySelector("code") ?? pre;
  const language = /(?:^|\s)(?:language|lang)-([\w+#.-]{1,24})/.exec(code.className)?.[1];
  const text = pre.textContent.replace(/\n$/, "");
  const button = el("button", { class: "copy-button", type: "button", "aria-label": "Copy the code" }, icon("copy"), el("span", { text: "Copy" }));
  button.addEventListener("click", async () => {
    const copied = await copyText(text);
    button.lastChild.textContent = copied ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.lastChild.textContent = "Copy"), 1600);
  });
  return el("div", { class: "code-block" },
    el("div", { class: "code-head" }, el("span", { class: "code-language", text: language ?? "" }), button),
    el("pre", { tabindex: "0" }, el("code", { text })));
}

/** The clipboard, also where the page is not a secure context (an address other than loopback). */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "visually-hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/** Plain text with its web addresses made links. */
export function textFragment(text) {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g)) {
    const href = safeHref(match[0]);
    if (!href) continue;
    fragment.append(text.slice(end, match.index), el("a", { href, target: "_blank", rel: "noopener noreferrer", text: match[0] }));
    end = match.index + match[0].length;
  }
  fragment.append(text.slice(end));
  return fragment;
}
