// Completing `@name` while writing, and turning the names into true mentions when sending. The
// text keeps the readable "@Name"; Webex's form `<@personEmail:…|Name>` exists only in the request.
import { avatar, el } from "./dom.js";

const maximumShown = 8;

/** Text outside code spans and fences: inside them a "@Name" is text. */
const codeParts = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;

/** Replaces every "@Display Name" of a member by a mention; returns whether there was one. */
export function withMentions(text, members) {
  const byLength = [...members, { name: "All", group: "all" }].sort((a, b) => b.name.length - a.name.length);
  if (byLength.length === 1) return { markdown: text, mentioned: false };
  const names = byLength.map((member) => member.name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(?<![\\w@.])@(${names})(?![\\w])`, "giu");
  let mentioned = false;
  const markdown = text.split(codeParts).map((part, index) => {
    if (index % 2 === 1) return part;
    return part.replace(pattern, (all, name) => {
      const member = byLength.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
      mentioned = true;
      return member.group ? `<@${member.group}>` : `<@personEmail:${member.email}|${member.name}>`;
    });
  }).join("");
  return { markdown, mentioned };
}

/** Where the mentions of `text` are, for colouring them: [start, end] pairs. */
export function mentionRanges(text, members) {
  const ranges = [];
  for (const { name } of members) {
    const needle = `@${name}`.toLowerCase();
    for (let at = text.toLowerCase().indexOf(needle); at >= 0; at = text.toLowerCase().indexOf(needle, at + 1)) {
      if (!/\w/.test(text[at + needle.length] ?? "")) ranges.push([at, at + needle.length]);
    }
  }
  return ranges.sort((a, b) => a[0] - b[0]);
}

/** The list below an `@`: an ARIA listbox whose focus stays in the text area. */
export class MentionCompletion {
  constructor(area, members) {
    Object.assign(this, { area, members, matches: [], active: 0, start: -1 });
    this.id = `mentions-${Math.random().toString(36).slice(2, 9)}`;
    this.element = el("div", { class: "mention-list", id: this.id, role: "listbox", "aria-label": "Mention someone", hidden: true });
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.id);
    area.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** After each change of the text or the caret. */
  refresh() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const match = /(?:^|[\s(])@([^\s@]*(?: [^\s@]*)?)$/u.exec(before);
    if (!match || this.area.selectionStart !== this.area.selectionEnd) {
      this.close();
      return;
    }
    const query = match[1].toLowerCase();
    this.start = before.length - match[1].length - 1;
    const everyone = [...this.members(), { name: "All", email: "everyone in this space", group: "all" }];
    this.matches = everyone.filter((member) => matches(member, query)).slice(0, maximumShown);
    // "@Alice Example" typed to its end needs no list any more.
    if (this.matches.length === 0 || query === `${this.matches[0].name.toLowerCase()} `) this.close();
    else this.open();
  }

  open() {
    this.active = 0;
    this.element.hidden = false;
    this.element.replaceChildren(...this.matches.map((member, index) => el("div", {
      class: "mention-option", role: "option", id: `${this.id}-${index}`,
      on: { pointerdown: (event) => { event.preventDefault(); this.choose(index); } },
    }, avatar(member.name, member.email, { bot: member.bot, group: Boolean(member.group), small: true }),
    el("span", { class: "mention-name", text: member.name }), el("span", { class: "mention-email", text: member.email }))));
    this.mark();
  }

  mark() {
    [...this.element.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === this.active)));
    this.area.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
    this.element.children[this.active]?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.element.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  /** Takes the keys that belong to the open list; returns whether it took this one. */
  handleKey(event) {
    if (!this.isOpen) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.active = (this.active + step + this.matches.length) % this.matches.length;
      this.mark();
    } else if (event.key === "Enter" || event.key === "Tab") this.choose(this.active);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  choose(index) {
    const member = this.matches[index];
    if (!member) return;
    const { area } = this;
    area.setRangeText(`@${member.name} `, this.start, area.selectionStart, "end");
    this.close();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }
}

function matches(member, query) {
  const name = member.name.toLowerCase();
  return name.startsWith(query) || name.split(/\s+/).some((word) => word.startsWith(query))
    || (!member.group && query.length > 1 && member.email.toLowerCase().startsWith(query));
}
