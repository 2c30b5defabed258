// The page's only door to the simulator: Webex REST (`/v1`) with the chosen person's token, the
// control API's world (`/sim/state`), and the live events (`/sim/events`, server-sent).

/** A refusal by REST, carrying what a Webex client would show. */
export class RestError extends Error {
  constructor(status, message, trackingId, retryAfter) {
    super(message);
    this.name = "RestError";
    this.status = status;
    this.trackingId = trackingId;
    this.retryAfter = retryAfter;
  }
}

/** People, rooms and the bot of this simulated world. */
export async function simulatorState() {
  const response = await fetch("/sim/state", { cache: "no-store" });
  if (!response.ok) throw new RestError(response.status, "The simulator did not tell its state.");
  return response.json();
}

/** Whether the bot's event connection (Mercury) is open: nobody answers without it. */
export async function botIsConnected(bot) {
  const response = await fetch("/sim/mercury", { cache: "no-store" });
  if (!response.ok) return null;
  const { sockets = [] } = await response.json();
  return sockets.some((socket) => socket.ownerId === bot?.uuid || socket.ownerId === bot?.id);
}

async function refusal(response) {
  let body = {};
  try {
    body = await response.json();
  } catch {
    // An empty or non-JSON body: the status has to be enough.
  }
  const message = body.message || body.errors?.[0]?.description || `HTTP ${response.status}`;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new RestError(
    response.status, message, body.trackingId || response.headers.get("TrackingID"),
    Number.isFinite(seconds) ? seconds : undefined);
}

/** Absolute Webex URLs (files, paging) are followed on this origin only: the token goes nowhere else. */
function localPath(url) {
  const parsed = new URL(url, location.origin);
  if (!parsed.pathname.startsWith("/v1/")) throw new RestError(0, "This address is not Webex's.");
  return parsed.pathname + parsed.search;
}

/** REST as one person. */
export class WebexRest {
  constructor(token) {
    this.token = token;
  }

  async request(method, path, { json, form, headers } = {}) {
    const all = { Authorization: `Bearer ${this.token}`, ...headers };
    if (json !== undefined) all["Content-Type"] = "application/json;charset=UTF-8";
    let response;
    try {
      response = await fetch(path, {
        method, headers: all, cache: "no-store", redirect: "error",
        body: form ?? (json === undefined ? undefined : JSON.stringify(json)),
      });
    } catch {
      throw new RestError(0, "The simulator cannot be reached.");
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async json(method, path, options) {
    const response = await this.request(method, path, options);
    return response.status === 204 ? null : response.json();
  }

  /** All items of a list, following `Link: rel="next"` for at most `pages` pages. */
  async list(path, pages = 20) {
    const items = [];
    let next = path;
    while (next && pages-- > 0) {
      const page = await this.page(next);
      items.push(...page.items);
      next = page.next;
    }
    return items;
  }

  /** One page of a list and where the next one is. */
  async page(path) {
    const response = await this.request("GET", path);
    const body = await response.json();
    const link = /<([^>]+)>\s*;[^,]*rel="?next"?/i.exec(response.headers.get("Link") ?? "");
    return { items: body.items ?? [], next: link ? localPath(link[1]) : null };
  }

  rooms() {
    return this.list("/v1/rooms?max=200&sortBy=lastactivity");
  }

  members(roomId) {
    return this.list(`/v1/memberships?max=200&roomId=${encodeURIComponent(roomId)}`);
  }

  /** The newest messages of a space, newest first. */
  messages(roomId, max = 50) {
    return this.page(`/v1/messages?max=${max}&roomId=${encodeURIComponent(roomId)}`);
  }

  message(id) {
    return this.json("GET", `/v1/messages/${encodeURIComponent(id)}`);
  }

  send(draft) {
    if (!draft.file) return this.json("POST", "/v1/messages", { json: draft });
    const form = new FormData();
    for (const [key, value] of Object.entries(draft)) {
      if (key !== "file" && value) form.append(key, value);
    }
    form.append("files", draft.file, draft.file.name);
    return this.json("POST", "/v1/messages", { form });
  }

  edit(id, roomId, markdown) {
    return this.json("PUT", `/v1/messages/${encodeURIComponent(id)}`, { json: { roomId, markdown } });
  }

  remove(id) {
    return this.json("DELETE", `/v1/messages/${encodeURIComponent(id)}`);
  }

  press(messageId, inputs) {
    return this.json("POST", "/v1/attachment/actions", { json: { type: "submit", messageId, inputs } });
  }

  /** Name, type and size of a file, without its bytes. HEAD has no body, so the message is ours. */
  async fileInfo(url) {
    const response = await this.request("HEAD", localPath(url));
    return {
      name: fileName(response.headers.get("Content-Disposition")),
      type: (response.headers.get("Content-Type") ?? "").split(";")[0],
      size: Number.parseInt(response.headers.get("Content-Length") ?? "", 10),
    };
  }

  async file(url, { allowUnscannable = false } = {}) {
    const path = localPath(url);
    const query = allowUnscannable ? `${path.includes("?") ? "&" : "?"}allow=unscannable` : "";
    const response = await this.request("GET", path + query);
    return response.blob();
  }
}

/** The file name of a Content-Disposition header; RFC 6266's filename* wins. */
function fileName(disposition) {
  const extended = /filename\*\s*=\s*(?:UTF-8|utf-8)''([^;]+)/.exec(disposition ?? "");
  if (extended) {
    try {
      return decodeURIComponent(extended[1].trim());
    } catch {
      // Malformed escapes: the plain name is next.
    }
  }
  const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))/i.exec(disposition ?? "");
  return plain ? (plain[1]?.replace(/\\(.)/g, "$1") ?? plain[2].trim()) : "file";
}

/**
 * Live events as one person. Reconnects by itself (0.5 s doubling to 5 s) and says so:
 * `onState("live" | "waiting")`; `onEvent(name, data)`. After a gap the caller reloads.
 */
export class LiveEvents {
  constructor(token, { onState, onEvent }) {
    Object.assign(this, { token, onState, onEvent, delay: 500, closed: false, away: new AbortController() });
    // A page that the browser keeps for its Back button must not keep one of its six connections, too.
    const { signal } = this.away;
    addEventListener("pagehide", () => this.pause(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.resume(), { signal });
    this.open();
  }

  pause() {
    clearTimeout(this.timer);
    this.source.close();
  }

  resume() {
    this.onState("waiting");
    this.open();
  }

  open() {
    this.source = new EventSource(`/sim/events?token=${encodeURIComponent(this.token)}`);
    this.source.onopen = () => {
      this.delay = 500;
      this.onState("live");
    };
    this.source.onerror = () => {
      this.source.close();
      if (this.closed) return;
      this.onState("waiting");
      this.timer = setTimeout(() => this.open(), this.delay);
      this.delay = Math.min(this.delay * 2, 5000);
    };
    for (const name of ["message", "room", "card-action"]) {
      this.source.addEventListener(name, (event) => {
        let data;
        try {
          data = JSON.parse(event.data);
        } catch {
          return;  // not ours to fix, and one bad event must not end the stream
        }
        this.onEvent(name, data);
      });
    }
  }

  close() {
    this.closed = true;
    this.away.abort();
    this.pause();
  }
}
