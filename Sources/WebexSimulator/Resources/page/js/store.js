// What the page knows, as one person: people, spaces, messages by space, unread marks. Views
// subscribe with `on(event, listener)`; only this file and app.js change the state.

export class Store extends EventTarget {
  constructor(world) {
    super();
    this.world = world;
    /** @type {Map<string, object>} person id → person */
    this.people = new Map([...world.people, world.bot].filter(Boolean).map((p) => [p.id, p]));
    this.me = null;
    this.rooms = new Map();
    this.members = new Map();
    this.messages = new Map();
    this.previews = new Map();
    this.unread = new Map();
    this.roomId = null;
    this.removed = new Set();
  }

  on(name, listener) {
    this.addEventListener(name, (event) => listener(event.detail));
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  become(person) {
    this.me = person;
    for (const map of [this.rooms, this.members, this.messages, this.previews, this.unread]) map.clear();
    this.removed.clear();
    this.roomId = null;
    this.emit("person", person);
  }

  setRooms(rooms) {
    const seen = new Set(rooms.map((room) => room.id));
    for (const id of this.rooms.keys()) if (!seen.has(id)) this.rooms.delete(id);
    for (const room of rooms) this.rooms.set(room.id, { ...this.rooms.get(room.id), ...room });
    this.emit("rooms");
  }

  setMembers(roomId, members) {
    this.members.set(roomId, members);
    for (const member of members) {
      if (this.people.has(member.personId)) continue;
      this.people.set(member.personId, {
        id: member.personId, email: member.personEmail, displayName: member.personDisplayName,
        type: member.personEmail?.endsWith("@webex.bot") ? "bot" : "person",
      });
    }
    this.emit("members", roomId);
  }

  select(roomId) {
    this.roomId = roomId;
    this.unread.delete(roomId);
    this.emit("select", roomId);
    this.emit("rooms");
  }

  /** Spaces, the most recently active first. */
  orderedRooms() {
    return [...this.rooms.values()].sort((a, b) =>
      (b.lastActivity ?? "").localeCompare(a.lastActivity ?? "") || a.title.localeCompare(b.title));
  }

  /** The loaded messages of a space by id; undefined until the space was loaded once. */
  messagesOf(roomId) {
    return this.messages.get(roomId);
  }

  addMessages(roomId, messages) {
    if (!this.messages.has(roomId)) this.messages.set(roomId, new Map());
    const known = this.messages.get(roomId);
    for (const message of messages) {
      if (!this.removed.has(message.id)) known.set(message.id, newer(known.get(message.id), message));
    }
    const newest = [...known.values()].reduce((a, b) => (a && a.created > b.created ? a : b), null);
    if (newest) this.setPreview(newest);
    this.emit("messages", roomId);
  }

  setPreview(message) {
    const known = this.previews.get(message.roomId);
    if (!known || known.id === message.id || message.created >= known.created) {
      this.previews.set(message.roomId, message);
    }
  }

  /** One live change. `type`: created, updated or deleted. */
  apply(type, message) {
    const roomId = message.roomId;
    const known = this.messages.get(roomId);
    if (type === "deleted") {
      this.removed.add(message.id);
      const old = known?.get(message.id);
      known?.delete(message.id);
      if (this.previews.get(roomId)?.id === message.id) this.previews.delete(roomId);
      if (old) this.emit("message", { type, message: old });
      this.emit("rooms");
      return;
    }
    if (this.removed.has(message.id)) return;
    const merged = newer(known?.get(message.id), message);
    const isNew = type === "created" && !known?.has(message.id);
    known?.set(message.id, merged);
    this.setPreview(merged);
    const room = this.rooms.get(roomId);
    if (room && isNew) {
      if (!room.lastActivity || message.created > room.lastActivity) room.lastActivity = message.created;
      const seen = roomId === this.roomId && document.visibilityState === "visible";
      if (!seen && message.personId !== this.me.id) this.unread.set(roomId, (this.unread.get(roomId) ?? 0) + 1);
    }
    if (known) this.emit("message", { type: isNew ? "created" : "updated", message: merged });
    this.emit("rooms");
  }

  person(id, email) {
    return this.people.get(id) ?? { id, email, displayName: email || "Someone", type: "person" };
  }

  isBot(id) {
    return this.people.get(id)?.type === "bot";
  }

  /** Names that can be mentioned in a space: everyone else in it. */
  mentionable(roomId) {
    return (this.members.get(roomId) ?? [])
      .filter((member) => member.personId !== this.me.id)
      .map((member) => ({
        id: member.personId, email: member.personEmail,
        name: this.person(member.personId, member.personEmail).displayName || member.personDisplayName,
        bot: this.isBot(member.personId),
      }));
  }
}

/** A list fetched before a live edit may arrive after it: the later `updated`, then more edits, wins. */
function newer(known, incoming) {
  if (!known) return incoming;
  const before = known.updated ?? known.created;
  const after = incoming.updated ?? incoming.created;
  return before > after ? known : { ...incoming, edits: incoming.edits ?? known.edits };
}
