// The inputs of Adaptive Cards 1.3. Each becomes a field: `{id, element, value(), problem()}`;
// values are strings, as Webex sends them; `problem()` is null or the message to show.
import { el } from "./dom.js";
import { appendInline } from "./card-text.js";

let lastNumber = 0;
const text = (value) => (value === undefined || value === null ? "" : String(value));

/** Builds the field for an Input.* element, or returns null for an unknown type. */
export function inputField(element) {
  const build = builders[element.type];
  if (!build) return null;
  const domId = `card-input-${(lastNumber += 1)}`;
  const control = build(element, domId);
  return new Field(element, domId, control);
}

/** Label, control, error line; knows how to check itself. */
class Field {
  constructor(element, domId, control) {
    Object.assign(this, { id: element.id, control, required: element.isRequired === true });
    this.message = element.errorMessage;
    this.error = el("div", { class: "card-error", id: `${domId}-error`, hidden: true });
    this.element = el("div", { class: "card-input" });
    if (element.label) {
      const tag = control.group ? "div" : "label";
      const label = el(tag, { class: "card-label", id: `${domId}-label`, for: control.group ? null : domId });
      appendInline(label, text(element.label));
      if (this.required) label.append(el("span", { class: "card-required", "aria-hidden": "true", text: " *" }));
      this.element.append(label);
      if (control.group) control.node.setAttribute("aria-labelledby", label.id);
    } else if (!control.group && !control.named) {
      control.focusable.setAttribute("aria-label", text(element.placeholder || element.title || element.id));
    }
    this.element.append(control.node, this.error);
    control.focusable.setAttribute("aria-describedby", this.error.id);
    if (this.required && !control.group) control.focusable.setAttribute("aria-required", "true");
    this.element.addEventListener("input", () => this.error.hidden || this.check());
    this.element.addEventListener("change", () => this.error.hidden || this.check());
  }

  value() {
    return this.control.value();
  }

  get isVisible() {
    return this.element.closest("[hidden]") === null;
  }

  /** Shows or clears the message; returns whether the value may be sent. */
  check() {
    const empty = this.control.empty ? this.control.empty() : this.value() === "";
    let problem = null;
    if (this.required && empty) problem = this.message || "This is required.";
    else if (!empty || this.control.alwaysCheck?.()) problem = this.control.problem?.() ?? null;
    if (problem === true) problem = this.message || "This value is not accepted.";
    this.error.textContent = problem ?? "";
    this.error.hidden = problem === null;
    this.element.classList.toggle("card-invalid", problem !== null);
    if (problem) this.control.focusable.setAttribute("aria-invalid", "true");
    else this.control.focusable.removeAttribute("aria-invalid");
    return problem === null;
  }

  focus() {
    this.control.focusable.focus();
  }
}

const builders = {
  "Input.Text"(element, id) {
    const multiline = element.isMultiline === true;
    const types = { email: "email", tel: "tel", url: "url", password: "password" };
    const node = el(multiline ? "textarea" : "input", {
      id, class: "card-field", placeholder: element.placeholder, rows: multiline ? 3 : null,
      type: multiline ? null : types[text(element.style).toLowerCase()] ?? "text",
      maxlength: Number.isInteger(element.maxLength) && element.maxLength > 0 ? element.maxLength : null,
      autocomplete: "off",
    });
    node.value = text(element.value);
    const problem = () => {
      if (!element.regex) return null;
      try {
        return new RegExp(element.regex, "u").test(node.value) ? null : true;
      } catch {
        return `The card's pattern is not a regular expression: ${element.regex}`;
      }
    };
    return { node, focusable: node, value: () => node.value, problem };
  },

  "Input.Number"(element, id) {
    const node = el("input", {
      id, class: "card-field", type: "number", step: "any", placeholder: element.placeholder,
      min: element.min, max: element.max,
    });
    node.value = text(element.value);
    const problem = () => {
      const number = node.valueAsNumber;
      if (node.validity.badInput || Number.isNaN(number)) return true;
      if (element.min !== undefined && number < Number(element.min)) return element.errorMessage || `At least ${element.min}.`;
      if (element.max !== undefined && number > Number(element.max)) return element.errorMessage || `At most ${element.max}.`;
      return null;
    };
    // A half-typed number reads as "": the browser tells it by badInput.
    return { node, focusable: node, value: () => node.value, problem, alwaysCheck: () => node.validity.badInput };
  },

  "Input.Date": (element, id) => pointInTime("date", element, id),
  "Input.Time": (element, id) => pointInTime("time", element, id),

  "Input.Toggle"(element, id) {
    const on = text(element.valueOn ?? "true");
    const off = text(element.valueOff ?? "false");
    const box = el("input", { id, type: "checkbox" });
    box.checked = text(element.value) === on;
    const title = el("span", { class: element.wrap ? "" : "card-nowrap" });
    appendInline(title, text(element.title));
    const node = el("label", { class: "card-choice" }, box, title);
    return { node, focusable: box, named: true, value: () => (box.checked ? on : off), empty: () => !box.checked };
  },

  "Input.ChoiceSet"(element, id) {
    const choices = (Array.isArray(element.choices) ? element.choices : []).filter((c) => c && typeof c === "object");
    const multiple = element.isMultiSelect === true;
    const chosen = new Set(multiple ? text(element.value).split(",").map((v) => v.trim()) : [text(element.value)]);
    if (!multiple && text(element.style).toLowerCase() !== "expanded") return compact(element, id, choices, chosen);
    const boxes = choices.map((choice) => {
      const box = el("input", { type: multiple ? "checkbox" : "radio", name: id, value: text(choice.value) });
      box.checked = chosen.has(text(choice.value));
      return box;
    });
    const node = el("div", { class: "card-choices", role: multiple ? "group" : "radiogroup" });
    choices.forEach((choice, index) => {
      const title = el("span", { class: element.wrap ? "" : "card-nowrap" });
      appendInline(title, text(choice.title));
      node.append(el("label", { class: "card-choice" }, boxes[index], title));
    });
    return {
      node, group: true, focusable: boxes[0] ?? node,
      value: () => boxes.filter((box) => box.checked).map((box) => box.value).join(","),
    };
  },
};

function compact(element, id, choices, chosen) {
  const node = el("select", { id, class: "card-field" });
  const known = choices.some((choice) => chosen.has(text(choice.value)));
  if (!known) node.append(el("option", { value: "", text: text(element.placeholder) || "Choose…" }));
  for (const choice of choices) {
    const option = el("option", { value: text(choice.value), text: text(choice.title) });
    option.selected = chosen.has(option.value);
    node.append(option);
  }
  return { node, focusable: node, value: () => node.value };
}

function pointInTime(type, element, id) {
  const node = el("input", { id, class: "card-field", type, min: element.min, max: element.max });
  node.value = text(element.value);
  const problem = () => {
    if (node.validity.badInput) return true;
    if (element.min && node.value < element.min) return element.errorMessage || `Not before ${element.min}.`;
    if (element.max && node.value > element.max) return element.errorMessage || `Not after ${element.max}.`;
    return null;
  };
  return { node, focusable: node, value: () => node.value, problem, alwaysCheck: () => node.validity.badInput };
}
