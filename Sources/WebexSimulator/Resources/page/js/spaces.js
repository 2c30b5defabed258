// The left column: spaces by last activity with unread dots and a line of the newest message; the
// connection's state below. A listbox: arrow keys, Home and End move, Enter goes to the composer.
import { activityTime, arrange, avatar, el } from "./dom.js";

export class SpaceList {
  constructor(store, { onOpen, onEnter }) {
    Object.assign(this, { store, onOpen, items: new Map(), filter: "" });
    this.list = document.getElementById("space-list");
    const search = document.getElementById("space-filter");
    search.addEventListener("input", () => {
      this.filter = search.value.trim().toLowerCase();
      this.draw();
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && search.value) {
        search.value = "";
        this.filter = "";
        this.draw();
      } else if (event.key === "ArrowDown") {
        event.preventDefault();
        this.list.querySelector(".space")?.focus();
      }
    });
    this.list.addEventListener("keydown", (event) => {
      const spaces = [...this.list.querySelectorAll(".space")];
      const at = spaces.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: spaces.length - 1 }[event.key];
      if (to !== undefined && spaces[to]) {
        event.preventDefault();
        spaces[to].focus();
        this.onOpen(spaces[to].dataset.roomId);
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        onEnter();
      }
    });
    store.on("rooms", () => this.schedule());
    store.on("messages", () => this.schedule());
    store.on("person", () => {
      this.items.clear();
      this.list.replaceChildren();
    });
  }

  /** Many changes within one frame draw once. */
  schedule() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const rooms = this.store.orderedRooms().filter((room) => room.title.toLowerCase().includes(this.filter));
    const focused = document.activeElement?.dataset?.roomId;
    arrange(this.list, rooms.map((room) => this.item(room)));
    for (const id of this.items.keys()) if (!this.store.rooms.has(id)) this.items.delete(id);
    if (focused && document.activeElement === document.body) this.items.get(focused)?.element.focus();
    if (rooms.length === 0) this.list.append(el("p", { class: "space-none", text: this.filter ? "No space of this name." : "No spaces yet." }));
    const unread = [...this.store.unread.values()].reduce((sum, count) => sum + count, 0);
    const title = this.store.rooms.get(this.store.roomId)?.title;
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${title ? `${title} · ` : ""}Webex simulator`;
  }

  item(room) {
    let item = this.items.get(room.id);
    if (!item) {
      item = this.create(room);
      this.items.set(room.id, item);
    }
    const unread = this.store.unread.get(room.id) ?? 0;
    const current = room.id === this.store.roomId;
    item.title.textContent = room.title;
    item.time.textContent = activityTime(room.lastActivity);
    item.preview.textContent = this.preview(room);
    item.dot.hidden = unread === 0;
    item.element.classList.toggle("space-unread", unread > 0);
    item.element.setAttribute("aria-selected", String(current));
    item.element.setAttribute("aria-label", `${room.title}${unread > 0 ? `, ${unread} unread` : ""}`);
    item.element.tabIndex = current || (!this.store.roomId && this.list.firstChild === item.element) ? 0 : -1;
    return item.element;
  }

  create(room) {
    const bot = room.type === "direct" && this.botIn(room);
    const parts = {
      title: el("span", { class: "space-title" }), time: el("span", { class: "space-time" }),
      preview: el("span", { class: "space-preview" }), dot: el("span", { class: "space-dot", hidden: true }),
    };
    const element = el("div", {
      class: "space", role: "option", dataset: { roomId: room.id }, on: { click: () => this.onOpen(room.id, true) },
    }, avatar(room.title, room.type === "group" ? room.title : bot?.email ?? room.title, { group: room.type === "group", bot: Boolean(bot) }),
    el("span", { class: "space-main" },
      el("span", { class: "space-line" }, parts.title, parts.time),
      el("span", { class: "space-line" }, parts.preview, parts.dot)));
    return { element, ...parts };
  }

  botIn(room) {
    const { bot } = this.store.world;
    return bot && room.title === bot.displayName ? bot : null;
  }

  preview(room) {
    const message = this.store.previews.get(room.id);
    if (!message) return room.type === "group" ? "Group space" : "Direct message";
    const who = message.personId === this.store.me.id ? "You: "
      : room.type === "group" ? `${this.store.person(message.personId, message.personEmail).displayName.split(" ")[0]}: ` : "";
    const what = message.text?.replace(/\s+/g, " ").trim()
      || (message.attachments?.length ? "sent a card" : message.files?.length ? "sent a file" : "");
    return (who + what).slice(0, 120);
  }
}
