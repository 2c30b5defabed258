// Where a person writes: Enter sends, Shift+Enter is a new line, `@` completes members, files come
// by button, drop or paste. One at the bottom of the page, one inside a thread, one for an edit.
import { byteSize, el, icon } from "./dom.js";
import { toast } from "./dialogs.js";
import { MentionCompletion, mentionRanges, withMentions } from "./mentions.js";

const maximumBytes = 7439;        // Webex: a message's UTF-8 bytes
const countFrom = 6500;
const maximumFileBytes = 100_000_000;
/** Text with none of these is sent as plain text, as Webex's own clients do. */
const markdownSigns = /[*_`#[\]<>~|\\]|^\s*(?:[-+]|\d+[.)])\s/m;

export class Composer {
  /**
   * @param {{label: string, placeholder: string, compact?: boolean, editing?: boolean, text?: string,
   *   mentionable: () => object[], isGroup: () => boolean, onSend: (draft: object) => Promise<any>,
   *   onCancel?: () => void}} options
   */
  constructor(options) {
    this.options = options;
    this.file = null;
    this.area = el("textarea", { class: "composer-text", rows: 1, "aria-label": options.label, placeholder: options.placeholder, spellcheck: true });
    this.area.value = options.text ?? "";
    this.mirror = el("div", { class: "composer-mirror", "aria-hidden": "true" });
    this.completion = new MentionCompletion(this.area, () => (options.isGroup() ? options.mentionable() : []));
    this.fileRow = el("div", { class: "composer-files", hidden: true });
    this.counter = el("span", { class: "composer-count", role: "status" });
    this.element = el("form", { class: `composer${options.compact ? " composer-compact" : ""}`, "aria-label": options.label },
      this.completion.element, this.fileRow,
      el("div", { class: "composer-input" }, this.mirror, this.area),
      this.tools());
    this.listen();
    this.grow();
  }

  tools() {
    const { editing, onCancel } = this.options;
    const tool = (label, image, run) => el("button", { class: "icon-button", type: "button", title: label, "aria-label": label, on: { click: run } }, icon(image));
    this.picker = el("input", { type: "file", class: "visually-hidden", tabindex: "-1", "aria-label": "Choose a file" });
    this.picker.addEventListener("change", () => {
      this.attach(this.picker.files[0]);
      this.picker.value = "";
    });
    this.sendButton = el("button", { class: "send-button", type: "submit", "aria-label": editing ? "Save" : "Send", title: editing ? "Save (Enter)" : "Send (Enter)" }, icon(editing ? "check" : "send"));
    return el("div", { class: "composer-tools" },
      ...(editing ? [] : [tool("Attach a file", "clip", () => this.picker.click()), this.picker]),
      tool("Bold", "bold", () => this.wrap("**", "**")),
      tool("Italic", "italic", () => this.wrap("*", "*")),
      tool("Code", "code", () => this.wrapCode()),
      tool("List", "list", () => this.prefix("- ")),
      el("span", { class: "composer-hint", text: onCancel ? "Enter to send · Esc to close" : "Enter to send · Shift+Enter for a new line" }),
      this.counter,
      ...(onCancel ? [el("button", { class: "button button-quiet", type: "button", text: "Cancel", on: { click: onCancel } })] : []),
      this.sendButton);
  }

  listen() {
    this.area.addEventListener("input", () => {
      this.grow();
      this.completion.refresh();
    });
    this.area.addEventListener("click", () => this.completion.refresh());
    this.area.addEventListener("scroll", () => (this.mirror.scrollTop = this.area.scrollTop));
    this.area.addEventListener("keydown", (event) => this.onKey(event));
    this.area.addEventListener("paste", (event) => {
      const file = event.clipboardData?.files[0];
      if (!file || this.options.editing) return;
      event.preventDefault();
      this.attach(file);
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  onKey(event) {
    if (event.isComposing || this.completion.handleKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.options.onCancel) {
      event.stopPropagation();
      this.options.onCancel();
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "b") {
      event.preventDefault();
      this.wrap("**", "**");
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "i") {
      event.preventDefault();
      this.wrap("*", "*");
    }
  }

  /** Height by content, the coloured mentions behind the text, the byte counter, the send button. */
  grow() {
    const { area, mirror } = this;
    area.style.height = "auto";
    if (area.scrollHeight > 0) area.style.height = `${area.scrollHeight}px`;
    const text = area.value;
    mirror.replaceChildren();
    let end = 0;
    for (const [from, to] of this.options.isGroup() ? mentionRanges(text, this.options.mentionable()) : []) {
      if (from < end) continue;
      mirror.append(text.slice(end, from), el("mark", { text: text.slice(from, to) }));
      end = to;
    }
    mirror.append(`${text.slice(end)}\n`);
    const bytes = new TextEncoder().encode(text).length;
    this.counter.textContent = bytes > countFrom ? `${bytes} of ${maximumBytes} bytes` : "";
    this.counter.classList.toggle("over", bytes > maximumBytes);
    this.sendButton.disabled = text.trim() === "" && !this.file;
  }

  get text() {
    return this.area.value;
  }

  set text(value) {
    this.area.value = value;
    this.grow();
  }

  focus() {
    this.grow();
    this.area.focus();
    this.area.setSelectionRange(this.area.value.length, this.area.value.length);
  }

  wrap(before, after) {
    const { area } = this;
    const [start, end] = [area.selectionStart, area.selectionEnd];
    area.setRangeText(before + area.value.slice(start, end) + after, start, end, "end");
    area.setSelectionRange(start + before.length, end + before.length);
    area.focus();
    this.grow();
  }

  wrapCode() {
    const selected = this.area.value.slice(this.area.selectionStart, this.area.selectionEnd);
    if (selected.includes("\n")) this.wrap("```\n", "\n```");
    else this.wrap("`", "`");
  }

  prefix(sign) {
    const { area } = this;
    const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    const lines = area.value.slice(start, area.selectionEnd).split("\n").map((line) => sign + line).join("\n");
    area.setRangeText(lines, start, area.selectionEnd, "end");
    area.focus();
    this.grow();
  }

  /** One file per message, as on Webex; a second one takes the place of the first. */
  attach(file) {
    if (!file) return;
    if (file.size > maximumFileBytes) {
      toast("This file is too large.", new Error(`Webex takes up to 100 MB; ${file.name} has ${byteSize(file.size)}.`));
      return;
    }
    this.file = file;
    const remove = el("button", { class: "icon-button", type: "button", "aria-label": `Remove ${file.name}` }, icon("close"));
    remove.addEventListener("click", () => {
      this.detach();
      this.area.focus();
    });
    this.fileRow.replaceChildren(el("div", { class: "composer-file" }, icon("file"),
      el("span", { class: "file-name", text: file.name || "pasted file" }), el("span", { class: "file-detail", text: byteSize(file.size) }), remove));
    this.fileRow.hidden = false;
    this.area.focus();
    this.grow();
  }

  detach() {
    this.file = null;
    this.fileRow.hidden = true;
    this.fileRow.replaceChildren();
    this.grow();
  }

  /** `{text}` or `{markdown}`, whichever the text is, plus the file. */
  draft() {
    const text = this.area.value.trim();
    const members = this.options.isGroup() ? this.options.mentionable() : [];
    const { markdown, mentioned } = withMentions(text, members);
    const draft = {};
    if (text && (mentioned || this.options.editing || markdownSigns.test(text))) draft.markdown = markdown;
    else if (text) draft.text = text;
    if (this.file) draft.file = this.file;
    return draft;
  }

  async send() {
    if (this.sending || this.sendButton.disabled) return;
    const draft = this.draft();
    const kept = { text: this.area.value, file: this.file };
    this.sending = true;
    this.element.classList.add("composer-busy");
    this.text = "";
    this.detach();
    this.completion.close();
    try {
      await this.options.onSend(draft);
    } catch (error) {
      // What was written is never lost, and what was written since stays behind it.
      this.text = [kept.text, this.text].filter(Boolean).join("\n");
      if (kept.file) this.attach(kept.file);
      toast(this.options.editing ? "The change was not saved." : "The message was not sent.", error);
    } finally {
      this.sending = false;
      this.element.classList.remove("composer-busy");
    }
  }
}
