// The page's start: loads the world, becomes a person, and joins store, views and live events.
import { el, avatar, icon } from "./dom.js";
import { botIsConnected, LiveEvents, simulatorState, WebexRest } from "./api.js";
import { Store } from "./store.js";
import { SpaceList } from "./spaces.js";
import { PersonMenu } from "./people.js";
import { Conversation } from "./conversation.js";
import { Composer } from "./composer.js";
import { showConnectPanel, toast } from "./dialogs.js";

const previewedRooms = 20;
const presenceInterval = 4000;  // ms
const byId = (id) => document.getElementById(id);

class App {
  constructor(world) {
    this.store = new Store(world);
    this.drafts = new Map();
    this.spaces = new SpaceList(this.store, {
      onOpen: (roomId, byPointer) => this.openRoom(roomId, { focus: byPointer }),
      onEnter: () => this.composer.focus(),
    });
    this.people = new PersonMenu(this.store, { onChoose: (person) => this.become(person) });
    this.conversation = new Conversation(this.store, {
      onSuggest: (text) => {
        this.composer.text = text;
        this.composer.focus();
      },
    });
    this.composer = new Composer({
      label: "Write a message", placeholder: "Write a message",
      mentionable: () => this.store.mentionable(this.store.roomId),
      isGroup: () => this.room()?.type === "group",
      onSend: (draft) => this.rest.send({ ...draft, roomId: this.store.roomId }),
    });
    byId("composer-slot").append(this.composer.element);
    this.store.on("members", (roomId) => roomId === this.store.roomId && this.drawHead());
    this.setUpChrome();
    this.setUpDrop();
    this.drawSimulatorBar(world);
    this.watchBot();
  }

  room() {
    return this.store.rooms.get(this.store.roomId);
  }

  async become(person) {
    this.live?.close();
    this.conversation.clear();
    this.conversation.roomId = null;
    this.store.become(person);
    const rest = new WebexRest(person.token);
    this.rest = rest;
    await this.loadRooms(rest);
    if (this.rest !== rest) return;  // another person was chosen meanwhile
    const rooms = this.store.orderedRooms();
    const bot = this.store.world.bot?.displayName;
    const first = rooms.find((room) => room.type === "direct" && room.title === bot) ?? rooms[0];
    if (first) await this.openRoom(first.id, { focus: true });
    if (this.rest !== rest) return;
    this.listen(person, rest);
    this.loadPreviews(rest);
  }

  async loadRooms(rest) {
    try {
      const rooms = await rest.rooms();
      if (this.rest === rest) this.store.setRooms(rooms);
    } catch (error) {
      toast("The spaces could not be loaded.", error);
    }
  }

  loadPreviews(rest) {
    for (const room of this.store.orderedRooms().slice(0, previewedRooms)) {
      if (this.store.messagesOf(room.id)) continue;
      rest.messages(room.id, 1).then(({ items }) => {
        if (this.rest !== rest || !items[0]) return;
        this.store.setPreview(items[0]);
        this.store.emit("rooms");
      }, () => {});  // a preview is a convenience
    }
  }

  listen(person, rest) {
    let gap = false;
    this.showConnection("connecting");
    this.live = new LiveEvents(person.token, {
      onState: (state) => {
        this.showConnection(state);
        if (state === "live" && gap) {
          this.loadRooms(rest);
          this.conversation.reload();
          this.refreshState();
        }
        gap = state === "waiting" || gap && state !== "live";
      },
      onEvent: (name, data) => {
        if (this.rest !== rest) return;
        if (name === "message" && data?.message) {
          this.store.apply(data.type, data.message);
          if (!this.store.rooms.has(data.message.roomId)) this.reloadRoomsSoon(rest);
        } else if (name === "room") this.reloadRoomsSoon(rest);
      },
    });
  }

  reloadRoomsSoon(rest) {
    clearTimeout(this.roomsTimer);
    this.roomsTimer = setTimeout(async () => {
      await this.refreshState();
      await this.loadRooms(rest);
      if (this.store.roomId) this.loadMembers(this.store.roomId);
    }, 150);
  }

  /** People and the answering model may have changed since the page was opened. */
  async refreshState() {
    try {
      const world = await simulatorState();
      this.store.world = world;
      for (const person of [...world.people, world.bot].filter(Boolean)) this.store.people.set(person.id, person);
      this.people.draw();
      this.drawSimulatorBar(world);
    } catch {
      // The next event or reconnect tries again.
    }
  }

  async openRoom(roomId, { focus = false } = {}) {
    this.closeDrawer();
    if (roomId === this.store.roomId) {
      if (focus) this.composer.focus();
      return;
    }
    const key = (id) => `${this.store.me.id} ${id}`;
    if (this.store.roomId) this.drafts.set(key(this.store.roomId), this.composer.text);
    this.store.select(roomId);
    this.composer.detach();
    this.composer.text = this.drafts.get(key(roomId)) ?? "";
    this.composer.area.placeholder = `Write a message to ${this.room()?.title ?? "this space"}`;
    this.drawHead();
    if (focus) this.composer.focus();
    await Promise.all([this.loadMembers(roomId), this.conversation.open(this.rest, roomId)]);
  }

  async loadMembers(roomId) {
    const { rest } = this;
    try {
      const members = await rest.members(roomId);
      if (this.rest === rest) this.store.setMembers(roomId, members);
    } catch (error) {
      toast("The members could not be loaded.", error);
    }
  }

  // What surrounds the conversation ---------------------------------------------------------------

  drawHead() {
    const room = this.room();
    if (!room) return;
    const members = this.store.members.get(room.id) ?? [];
    const people = members.map((member) => this.store.person(member.personId, member.personEmail));
    const detail = room.type === "direct" ? "Direct message" : people.length > 0 ? `${people.length} members` : "Group space";
    byId("conversation-title").replaceChildren(el("h1", { text: room.title }), el("span", { class: "conversation-detail", text: detail }));
    const stack = byId("member-stack");
    stack.replaceChildren(...people.slice(0, 5).map((person) => avatar(person.displayName, person.email, { bot: person.type === "bot", small: true })));
    stack.title = people.map((person) => person.displayName).join(", ");
  }

  /** Who answers, as far as the simulator knows. */
  drawSimulatorBar(world) {
    const model = typeof world.model === "string" ? world.model : world.model?.name ?? world.model?.description;
    const note = typeof world.model === "object" ? world.model?.note : null;
    const bot = world.bot?.displayName ?? "The bot";
    const parts = ["A simulated Webex, on this machine only."];
    if (this.botConnected === false) parts.push(`${bot} is not connected: nobody answers yet.`);
    else if (model) parts.push(`${bot} answers with ${model}${note ? ` (${note})` : ""}.`);
    else if (this.botConnected) parts.push(`${bot} is connected.`);
    byId("sim-text").textContent = parts.join(" ");
    byId("sim-about").onclick = () => showConnectPanel(world);
    document.body.classList.toggle("bot-away", this.botConnected === false);
  }

  /** Asks now and then whether the bot is there, while somebody looks at the page. */
  async watchBot() {
    for (;;) {
      if (document.visibilityState === "visible") {
        const before = this.botConnected;
        try {
          this.botConnected = await botIsConnected(this.store.world.bot);
        } catch {
          this.botConnected = null;  // the connection line below the spaces tells it
        }
        if (before !== this.botConnected) this.drawSimulatorBar(this.store.world);
      }
      await new Promise((resolve) => setTimeout(resolve, presenceInterval));
    }
  }

  showConnection(state) {
    const words = { live: "Connected", connecting: "Connecting…", waiting: "Connection lost. Trying again…" };
    const host = byId("connection");
    host.className = `connection connection-${state}`;
    host.replaceChildren(el("span", { class: "connection-dot" }), words[state]);
  }

  setUpChrome() {
    const button = byId("theme-button");
    const draw = () => {
      const dark = window.simTheme.current() === "dark";
      button.replaceChildren(icon(dark ? "sun" : "moon"));
      button.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
      button.title = button.getAttribute("aria-label");
    };
    button.addEventListener("click", () => {
      window.simTheme.toggle();
      draw();
    });
    window.simTheme.system.addEventListener("change", draw);
    draw();
    const drawer = byId("drawer-button");
    drawer.append(icon("menu"));
    drawer.addEventListener("click", () => {
      const open = document.body.classList.toggle("drawer-open");
      drawer.setAttribute("aria-expanded", String(open));
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.closeDrawer());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible" || !this.store.roomId) return;
      this.store.unread.delete(this.store.roomId);
      this.store.emit("rooms");
    });
  }

  closeDrawer() {
    document.body.classList.remove("drawer-open");
    byId("drawer-button").setAttribute("aria-expanded", "false");
  }

  setUpDrop() {
    const area = byId("conversation");
    const veil = byId("drop-veil");
    let depth = 0;
    const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
    const show = (on) => {
      depth = on ? depth : 0;
      veil.hidden = !on;
    };
    area.addEventListener("dragenter", (event) => carriesFile(event) && ((depth += 1), show(true)));
    area.addEventListener("dragleave", () => (depth -= 1) <= 0 && show(false));
    for (const target of [document, area]) {
      target.addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
    }
    document.addEventListener("drop", (event) => carriesFile(event) && event.preventDefault());
    area.addEventListener("drop", (event) => {
      show(false);
      if (!carriesFile(event)) return;
      const { files } = event.dataTransfer;
      (this.conversation.threadComposer ?? this.composer).attach(files[0]);
      if (files.length > 1) toast("Only the first file was attached.", new Error("A Webex message carries one file."));
    });
  }
}

/** The simulator may still be starting: ask until it answers. */
async function world() {
  for (;;) {
    try {
      return await simulatorState();
    } catch {
      byId("sim-text").textContent = "Waiting for the simulator…";
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

const found = await world();
await new App(found).become(PersonMenu.remembered(found));
