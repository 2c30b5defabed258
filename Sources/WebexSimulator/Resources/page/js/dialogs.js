// Small things above the page: toasts for refusals, a question before a deletion, the "connect a
// bot" panel. Native <dialog>: focus stays inside, Esc closes, focus returns.
import { el, icon } from "./dom.js";
import { copyText } from "./sanitize.js";

/** Tells a failed action with Webex's own words; goes after 8 s or at a press. */
export function toast(title, error) {
  const detail = error?.message ?? "";
  const more = [];
  if (error?.status) more.push(`HTTP ${error.status}`);
  if (error?.retryAfter !== undefined) more.push(`try again in ${error.retryAfter} s`);
  if (error?.trackingId) more.push(error.trackingId);
  const close = el("button", { class: "icon-button", type: "button", "aria-label": "Dismiss" }, icon("close"));
  const node = el("div", { class: "toast" },
    el("div", { class: "toast-text" }, el("strong", { text: title }), el("span", { text: detail }),
      more.length > 0 ? el("span", { class: "toast-more", text: more.join(" · ") }) : null),
    close);
  const remove = () => node.remove();
  close.addEventListener("click", remove);
  const timer = setTimeout(remove, 8000);
  node.addEventListener("pointerenter", () => clearTimeout(timer));
  const host = document.getElementById("toasts");
  while (host.childElementCount > 3) host.firstElementChild.remove();
  host.append(node);
}

/** Asks before something that cannot be undone. */
export function confirmAction(title, text, action) {
  return new Promise((resolve) => {
    const yes = el("button", { class: "button button-danger", type: "button", text: action, autofocus: true });
    const no = el("button", { class: "button", type: "button", text: "Cancel" });
    const dialog = el("dialog", { class: "dialog", "aria-label": title },
      el("h2", { text: title }), el("p", { text }), el("div", { class: "dialog-actions" }, no, yes));
    let answer = false;
    yes.addEventListener("click", () => { answer = true; dialog.close(); });
    no.addEventListener("click", () => dialog.close());
    show(dialog, () => resolve(answer));
  });
}

/** What a bot of one's own needs to join this simulated Webex. */
export function showConnectPanel(world) {
  const lines = [
    ["Bot access token", world.bot?.token],
    ["REST base", `${location.origin}/v1`],
    ["U2C catalog", `${location.origin}/u2c/api/v1`],
    ["Scripted model", `${location.origin}/llm/v1`],
  ].filter(([, value]) => value);
  const rows = lines.map(([name, value]) => {
    const button = el("button", { class: "icon-button", type: "button", "aria-label": `Copy: ${name}` }, icon("copy"));
    button.addEventListener("click", async () => {
      if (await copyText(value)) button.replaceChildren(icon("check"));
    });
    return el("div", { class: "connect-row" }, el("dt", { text: name }), el("dd", {}, el("code", { text: value })), button);
  });
  const close = el("button", { class: "button", type: "button", text: "Close" });
  const dialog = el("dialog", { class: "dialog dialog-wide", "aria-label": "Connect a bot" },
    el("h2", { text: "Connect a bot" }),
    el("p", { text: `This is a simulated Webex on this machine: REST, Mercury, cards and files, with the documented limits enforced. Any bot that lets you set its addresses can join as ${world.bot?.displayName ?? "the bot"}. The tokens work here only.` }),
    el("dl", { class: "connect-list" }, ...rows),
    el("div", { class: "dialog-actions" }, close));
  close.addEventListener("click", () => dialog.close());
  show(dialog);
}

function show(dialog, onClose = () => {}) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

let announcement = 0;

/** Tells a screen reader, politely, without moving the focus; the latest within `delay` ms wins. */
export function announce(text, delay) {
  const host = document.getElementById("announcer");
  clearTimeout(announcement);
  announcement = setTimeout(() => (host.textContent = text), delay);
}
