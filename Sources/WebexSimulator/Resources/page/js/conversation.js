// The conversation: roots in order of time, replies indented beneath their root, a composer inside
// the thread that is being answered. Keeps what the reader looks at in place: at the bottom it
// stays at the bottom, further up the first visible message does not move.
import { arrange, dayKey, dayName, el, icon } from "./dom.js";
import { announce, confirmAction, toast } from "./dialogs.js";
import { Composer } from "./composer.js";
import { MessageView } from "./message.js";
import { Thread } from "./thread.js";

const closeEnough = 48;           // px from the end that still count as "at the bottom"
const sameBreath = 5 * 60_000;    // ms in which one author's messages share a heading

export class Conversation {
  constructor(store, { onSuggest }) {
    this.store = store;
    this.onSuggest = onSuggest;
    this.timeline = document.getElementById("timeline");
    this.jump = document.getElementById("jump-button");
    this.inner = el("div", { class: "timeline-inner" });
    this.timeline.append(this.inner);
    this.clear();
    this.timeline.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.jump.addEventListener("click", () => this.toBottom("smooth"));
    new ResizeObserver(() => this.stuck && this.toBottom()).observe(this.inner);
    new ResizeObserver(() => this.stuck && this.toBottom()).observe(this.timeline);
    store.on("messages", (roomId) => roomId === store.roomId && this.keeping(() => this.layout()));
    // The members may come after the messages; an empty space's invitation names the bot among them.
    store.on("members", (roomId) => roomId === this.roomId && store.messagesOf(roomId)?.size === 0 && this.layout());
    store.on("message", (change) => change.message.roomId === store.roomId && this.onChange(change));
  }

  clear() {
    Object.assign(this, { views: new Map(), threads: new Map(), days: new Map(), next: null, stuck: true, fresh: 0, loading: false });
    this.threadComposer = null;
    this.inner.replaceChildren();
    this.showJump();
  }

  /** Opens a space: its newest messages, older ones when the reader scrolls up. */
  async open(rest, roomId) {
    this.clear();
    this.rest = rest;
    this.roomId = roomId;
    this.inner.append(el("p", { class: "timeline-note", text: "Loading…" }));
    await this.reload();
    this.toBottom();
  }

  /** The newest page again: after opening, and after a gap of the live events. */
  async reload() {
    const roomId = this.roomId;
    if (!roomId) return;
    try {
      const page = await this.rest.messages(roomId);
      if (roomId !== this.roomId) return;
      this.next ??= page.next;
      await this.include(page.items);
    } catch (error) {
      toast("The messages could not be loaded.", error);
    }
  }

  /** Adds a page, and the roots of its replies that are older than the page. */
  async include(items) {
    const known = this.store.messagesOf(this.roomId) ?? new Map();
    const ids = new Set(items.map((message) => message.id));
    const missing = new Set(items.map((m) => m.parentId).filter((id) => id && !ids.has(id) && !known.has(id)));
    const roots = await Promise.all([...missing].map((id) => this.rest.message(id).catch(() => null)));
    const all = [...items, ...roots.filter(Boolean)].filter((message) => message.roomId === this.roomId);
    this.store.addMessages(this.roomId, all);
  }

  async loadOlder() {
    if (!this.next || this.loading) return;
    this.loading = true;
    try {
      const page = await this.rest.page(this.next);
      this.next = page.next;
      await this.include(page.items);
    } catch (error) {
      toast("Older messages could not be loaded.", error);
    } finally {
      this.loading = false;
    }
  }

  onChange({ type, message }) {
    this.keeping(() => this.layout());
    const mine = message.personId === this.store.me.id;
    const name = this.store.person(message.personId, message.personEmail).displayName;
    // A streamed answer is read out once, when it has stopped growing.
    if (!mine && type !== "deleted") announce(`${name}: ${(message.text ?? "").slice(0, 400)}`, type === "created" ? 150 : 2500);
    if (type !== "created") return;
    if (mine && !message.parentId) this.toBottom();
    else if (!this.stuck && !mine) {
      this.fresh += 1;
      this.showJump();
    }
  }

  view(message, isReply) {
    let view = this.views.get(message.id);
    if (!view) {
      view = new MessageView(message, {
        store: this.store, rest: this.rest,
        onReply: (target) => this.replyTo(target.message.parentId ?? target.message.id),
        onEdit: (target) => this.edit(target),
        onDelete: (target) => this.remove(target),
      }, isReply);
      this.views.set(message.id, view);
    } else if (view.message !== message) view.update(message);
    return view;
  }

  /** Brings the DOM to the store's state, moving only what is not in its place. */
  layout() {
    const all = [...(this.store.messagesOf(this.roomId)?.values() ?? [])].sort((a, b) => a.created.localeCompare(b.created));
    const present = new Set(all.map((message) => message.id));
    for (const [id, view] of this.views) {
      if (!present.has(id)) {
        view.element.remove();
        this.views.delete(id);
      }
    }
    const groups = new Map();
    for (const message of all) {
      const root = message.parentId ?? message.id;
      if (!groups.has(root)) groups.set(root, { root: null, replies: [] });
      if (message.parentId) groups.get(root).replies.push(message);
      else groups.get(root).root = message;
    }
    const when = (group) => (group.root ?? group.replies[0]).created;
    const ordered = [...groups].sort((a, b) => when(a[1]).localeCompare(when(b[1])));
    const wanted = [];
    let day = "";
    let previous = null;
    for (const [id, group] of ordered) {
      if (dayKey(when(group)) !== day) {
        day = dayKey(when(group));
        wanted.push(this.dayLine(day, when(group)));
        previous = null;
      }
      wanted.push(this.thread(id).update(group, previous));
      previous = group.replies.length === 0 ? group.root : null;
    }
    for (const id of this.threads.keys()) if (!groups.has(id)) this.threads.delete(id);
    arrange(this.inner, wanted.length > 0 ? wanted : [this.emptyNote()]);
  }

  thread(id) {
    if (!this.threads.has(id)) this.threads.set(id, new Thread(id, this));
    return this.threads.get(id);
  }

  follows(message, previous) {
    return Boolean(previous) && previous.personId === message.personId && !message.updated
      && new Date(message.created) - new Date(previous.created) < sameBreath;
  }

  dayLine(day, iso) {
    if (!this.days.has(day)) this.days.set(day, el("div", { class: "day-line", role: "separator" }, el("span", { text: dayName(iso) })));
    return this.days.get(day);
  }

  /** An empty space invites: what to write first. */
  emptyNote() {
    const room = this.store.rooms.get(this.roomId);
    const bot = this.store.mentionable(this.roomId).find((member) => member.bot) ?? null;
    const name = bot?.name ?? this.store.world.bot?.displayName ?? "the assistant";
    const before = room?.type === "group" ? `@${name} ` : "";
    const ideas = bot || room?.type === "direct"
      ? [`${before}What can you do?`, `${before}Write a haiku about the sea`, `${before}/help`] : [];
    return el("div", { class: "empty" }, icon("bot"),
      el("h2", { text: room?.type === "direct" ? `This is your space with ${room.title}` : `Welcome to ${room?.title ?? "this space"}` }),
      el("p", { text: room?.type === "direct" ? "Any message is a question. The answer comes in its thread." : `Mention @${name} to ask; it sees only messages that mention it.` }),
      el("div", { class: "chips" }, ...ideas.map((idea) => el("button", { class: "chip", type: "button", text: idea, on: { click: () => this.onSuggest(idea) } }))));
  }

  // Writing -------------------------------------------------------------------------------------

  replyTo(rootId) {
    this.closeThreadComposer();
    const thread = this.threads.get(rootId);
    if (!thread) return;
    this.threadComposer = new Composer({
      label: "Reply to thread", placeholder: "Reply to thread", compact: true,
      mentionable: () => this.store.mentionable(this.roomId),
      isGroup: () => this.store.rooms.get(this.roomId)?.type === "group",
      onCancel: () => {
        this.closeThreadComposer();
        thread.focusReply();
      },
      onSend: (draft) => this.rest.send({ ...draft, roomId: this.roomId, parentId: rootId }),
    });
    this.keeping(() => thread.openComposer(this.threadComposer.element));
    this.threadComposer.focus();
    this.threadComposer.element.scrollIntoView({ block: "nearest" });
  }

  closeThreadComposer() {
    this.threadComposer?.element.remove();
    this.threadComposer = null;
  }

  edit(view) {
    if (view.editor) return;
    const { message } = view;
    const done = () => {
      this.keeping(() => view.showBody());
      view.actions.querySelector("button")?.focus();
    };
    const editor = new Composer({
      label: "Edit message", placeholder: "Edit message", compact: true, editing: true, text: this.source(message),
      mentionable: () => this.store.mentionable(this.roomId),
      isGroup: () => this.store.rooms.get(this.roomId)?.type === "group",
      onCancel: done,
      onSend: async (draft) => {
        await this.rest.edit(message.id, message.roomId, draft.markdown ?? draft.text);
        done();
      },
    });
    this.keeping(() => view.showEditor(editor.element));
    editor.focus();
  }

  /** The Markdown to edit; a mention is written as "@Name" and becomes one again when sent. */
  source(message) {
    return (message.markdown ?? message.text ?? "")
      .replace(/<@(?:personEmail|personId):[^|>]*\|([^>]+)>/gi, "@$1")
      .replace(/<@personEmail:([^>]+)>/gi, (all, email) => `@${[...this.store.people.values()].find((p) => p.email === email)?.displayName ?? email}`)
      .replace(/<@personId:([^>]+)>/gi, (all, id) => `@${this.store.person(id, "someone").displayName}`);
  }

  async remove(view) {
    if (!await confirmAction("Delete this message?", "It disappears for everyone in the space.", "Delete")) return;
    try {
      await this.rest.remove(view.message.id);
    } catch (error) {
      toast("The message was not deleted.", error);
    }
  }

  // Scrolling -----------------------------------------------------------------------------------

  onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.timeline;
    this.stuck = scrollHeight - scrollTop - clientHeight < closeEnough;
    if (this.stuck) this.fresh = 0;
    this.showJump();
    if (scrollTop < 200) this.loadOlder();
  }

  showJump() {
    this.jump.hidden = this.stuck;
    this.jump.replaceChildren(icon("down"), this.fresh > 0 ? `${this.fresh} new` : "Latest");
  }

  toBottom(behavior = "instant") {
    this.stuck = true;
    this.fresh = 0;
    this.timeline.scrollTo({ top: this.timeline.scrollHeight, behavior });
    this.showJump();
  }

  /** Runs a change of the DOM without moving what the reader sees. */
  keeping(change) {
    if (this.stuck) {
      change();
      this.toBottom();
      return;
    }
    const top = this.timeline.getBoundingClientRect().top;
    const anchor = [...this.inner.querySelectorAll(".message")].find((node) => node.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected) this.timeline.scrollTop += anchor.getBoundingClientRect().top - before;
  }
}
