// One Adaptive Card of a message: draws it (card-elements.js, card-inputs.js) and runs its actions.
// A Submit checks the inputs of its own card and of the cards around it, merges them over the
// action's data, and hands them to `onSubmit`, which posts them to Webex.
import { clockTime, el, icon } from "./dom.js";
import { renderElements } from "./card-elements.js";
import { safeHref } from "./sanitize.js";

export const cardType = "application/vnd.microsoft.card.adaptive";

/** The inputs that a Submit gathers: those of its card and of its ancestors, not of a ShowCard below. */
class Scope {
  constructor(parent = null) {
    this.parent = parent;
    this.fields = [];
  }

  add(field) {
    this.fields.push(field);
  }

  all() {
    return [...(this.parent?.all() ?? []), ...this.fields];
  }
}

export class CardView {
  /**
   * @param {object} content the card's JSON, as untrusted as any message
   * @param {{onSubmit: (inputs: object) => Promise<void>, personName: () => string}} options
   */
  constructor(content, { onSubmit, personName }) {
    Object.assign(this, { onSubmit, personName, byId: new Map(), pressing: false });
    this.element = el("section", { class: "card", "aria-label": "Card" });
    this.status = el("div", { class: "card-status", role: "status" });
    const card = content && typeof content === "object" ? content : {};
    const scope = new Scope();
    this.drawCard(this.element, card, scope);
    if (!this.element.hasChildNodes()) {
      this.element.append(el("p", { class: "card-unknown", text: card.fallbackText ? String(card.fallbackText) : "This card is empty." }));
    }
    this.element.append(this.status);
    if (card.selectAction) this.makeSelectable(this.element, card.selectAction, scope);
  }

  drawCard(parent, card, scope) {
    renderElements(this, parent, card.body, scope);
    const actions = Array.isArray(card.actions) ? card.actions.filter((a) => a && typeof a === "object") : [];
    if (actions.length > 0) parent.append(this.actionSet(actions, scope));
  }

  register(id, node) {
    if (!this.byId.has(id)) this.byId.set(id, []);
    this.byId.get(id).push(node);
  }

  /** A row of buttons, with the panels of its ShowCards below it. */
  actionSet(actions, scope) {
    const row = el("div", { class: "card-actions" });
    const node = el("div", { class: "card-action-set" }, row);
    for (const action of actions) {
      const button = this.button(action, scope, node);
      if (button) row.append(button);
    }
    return node;
  }

  button(action, scope, panelParent) {
    const style = ["positive", "destructive"].find((name) => name === String(action.style).toLowerCase());
    const label = el("span", { class: "card-button-label", text: String(action.title ?? "") });
    const name = action.title ? null : String(action.tooltip ?? action.type ?? "Button");
    const shared = { class: `card-button${style ? ` card-button-${style}` : ""}`, "aria-label": name };
    if (action.type === "Action.OpenUrl") {
      const href = safeHref(action.url);
      return el("a", { ...shared, href, target: "_blank", rel: "noopener noreferrer", "aria-disabled": href ? null : "true" }, label);
    }
    const button = el("button", { ...shared, type: "button" }, label);
    if (action.type === "Action.ShowCard") this.attachShowCard(button, action, scope, panelParent);
    else if (runnable.has(action.type)) button.addEventListener("click", () => this.run(action, scope, button));
    else {
      if (action.fallback && typeof action.fallback === "object") return this.button(action.fallback, scope, panelParent);
      button.disabled = true;
      button.title = `Not supported by Webex: ${String(action.type).slice(0, 40)}`;
    }
    return button;
  }

  attachShowCard(button, action, scope, panelParent) {
    const panel = el("div", { class: "card-shown", hidden: true });
    this.drawCard(panel, action.card ?? {}, new Scope(scope));
    panelParent.append(panel);
    button.classList.add("card-button-toggle");
    button.append(icon("chevron"));
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      for (const other of panelParent.querySelectorAll(":scope > .card-shown")) if (other !== panel) other.hidden = true;
      for (const other of button.parentNode.querySelectorAll("[aria-expanded]")) if (other !== button) other.setAttribute("aria-expanded", "false");
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-expanded", String(!panel.hidden));
      if (!panel.hidden) panel.scrollIntoView({ block: "nearest" });
    });
  }

  run(action, scope, button) {
    if (action.type === "Action.ToggleVisibility") this.toggle(action.targetElements);
    else if (action.type === "Action.Submit") return this.submit(action, scope, button);
    else if (action.type === "Action.OpenUrl") {
      const href = safeHref(action.url);
      if (href) window.open(href, "_blank", "noopener,noreferrer");
    }
    return undefined;
  }

  toggle(targets) {
    for (const target of Array.isArray(targets) ? targets : []) {
      const id = typeof target === "string" ? target : target?.elementId;
      for (const node of this.byId.get(id) ?? []) {
        node.hidden = typeof target?.isVisible === "boolean" ? !target.isVisible : !node.hidden;
      }
    }
  }

  async submit(action, scope, button) {
    if (this.pressing) return;
    const fields = String(action.associatedInputs).toLowerCase() === "none" ? [] : scope.all();
    const wrong = fields.filter((field) => field.isVisible && !field.check());
    if (wrong.length > 0) {
      this.say("Please check the marked fields.", "problem");
      wrong[0].focus();
      return;
    }
    const data = action.data && typeof action.data === "object" && !Array.isArray(action.data) ? action.data : {};
    const inputs = { ...data };
    for (const field of fields) if (typeof field.id === "string") inputs[field.id] = field.value();
    this.pressing = true;
    button?.classList.add("card-button-busy");
    this.element.setAttribute("aria-busy", "true");
    try {
      await this.onSubmit(inputs);
      const title = String(action.title ?? "").trim();
      this.say(`Sent${title ? ` “${title}”` : ""} as ${this.personName()} · ${clockTime(new Date().toISOString())}`, "sent");
      button?.classList.add("card-button-sent");
      setTimeout(() => button?.classList.remove("card-button-sent"), 4000);
    } catch (error) {
      this.say(`Not sent: ${error.message}`, "problem");
    } finally {
      this.pressing = false;
      button?.classList.remove("card-button-busy");
      this.element.removeAttribute("aria-busy");
    }
  }

  say(text, kind) {
    this.status.className = `card-status card-status-${kind}`;
    this.status.replaceChildren(...(kind === "sent" ? [icon("check")] : []), text);
  }

  /** An Input.Text's own button: beside the field, and on Enter in it. */
  inlineAction(field, action, scope) {
    const button = this.button(action, scope, field.element);
    if (!button) return;
    button.classList.add("card-button-inline");
    const control = field.control.node;
    const row = el("div", { class: "card-inline" });
    control.replaceWith(row);
    row.append(control, button);
    control.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || control.localName === "textarea") return;
      event.preventDefault();
      button.click();
    });
  }

  /** A whole element as a button. Controls inside keep their own clicks. */
  makeSelectable(node, action, scope) {
    if (!runnable.has(action?.type)) return;
    node.classList.add("card-selectable");
    node.tabIndex = 0;
    node.setAttribute("role", action.type === "Action.OpenUrl" ? "link" : "button");
    if (action.title) node.setAttribute("aria-label", String(action.title));
    node.addEventListener("click", (event) => {
      const inner = event.target.closest("a, button, input, select, textarea, label, .card-selectable");
      if (inner && inner !== node) return;
      event.stopPropagation();
      this.run(action, scope, null);
    });
    node.addEventListener("keydown", (event) => {
      if (event.target !== node || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      this.run(action, scope, null);
    });
  }
}

const runnable = new Set(["Action.Submit", "Action.OpenUrl", "Action.ToggleVisibility"]);
