// One message: avatar, name, time, "edited", body, files, card, and its actions. `update` changes
// what differs, in place: a streamed answer grows without a flicker, a half-filled card keeps its
// inputs. Used by conversation.js.
import { avatar, clockTime, el, fullTime, icon } from "./dom.js";
import { messageFragment, textFragment } from "./sanitize.js";
import { CardView, cardType } from "./card.js";
import { FileView } from "./files.js";

export class MessageView {
  /** @param {{store, rest, onReply, onEdit, onDelete}} context */
  constructor(message, context, isReply) {
    Object.assign(this, { context, isReply, card: null, cardJSON: "", files: new Map() });
    const { store } = context;
    const person = store.person(message.personId, message.personEmail);
    const bot = person.type === "bot";
    this.own = message.personId === store.me.id;
    this.time = el("time", { class: "message-time" });
    this.edited = el("span", { class: "message-edited", text: "edited", hidden: true });
    this.body = el("div", { class: "message-body" });
    this.extras = el("div", { class: "message-extras" });
    this.actions = el("div", { class: "message-actions", role: "group", "aria-label": "Message actions" });
    this.element = el("article", {
      class: `message${this.own ? " message-own" : ""}${bot ? " message-bot" : ""}`,
      dataset: { messageId: message.id }, "aria-label": `${person.displayName}`,
    },
    avatar(person.displayName, person.email, { bot, small: isReply }),
    el("div", { class: "message-main" },
      el("div", { class: "message-head" },
        el("span", { class: "message-name", text: this.own ? `${person.displayName} (you)` : person.displayName }),
        bot ? el("span", { class: "bot-tag", text: "Bot" }) : null, this.time, this.edited),
      this.body, this.extras),
    this.actions);
    this.update(message);
  }

  update(message) {
    this.message = message;
    this.time.dateTime = message.created;
    this.time.textContent = clockTime(message.created);
    this.time.title = fullTime(message.created);
    const edited = Boolean(message.updated) || message.edits > 0;
    this.edited.hidden = !edited;
    if (edited) {
      const times = message.edits > 0 ? `Edited ${message.edits} ${message.edits === 1 ? "time" : "times"}` : "Edited";
      this.edited.title = message.updated ? `${times}, last at ${fullTime(message.updated)}` : times;
    }
    this.drawBody();
    this.drawFiles();
    this.drawCard();
    this.drawActions();
  }

  drawBody() {
    const { html, text } = this.message;
    const hasCard = this.cardAttachment() !== undefined;
    const fragment = hasCard ? document.createDocumentFragment()  // the text is for clients without cards
      : html ? messageFragment(html, this.context.store.me.id)
      : textFragment(text ?? "");
    this.body.classList.toggle("message-plain", !html);
    this.body.hidden = !fragment.hasChildNodes();
    patchChildren(this.body, fragment);
  }

  drawFiles() {
    for (const url of this.message.files ?? []) {
      if (this.files.has(url)) continue;
      const view = new FileView(this.context.rest, url);
      this.files.set(url, view);
      this.extras.append(view.element);
    }
  }

  cardAttachment() {
    return this.message.attachments?.find((attachment) => attachment.contentType === cardType);
  }

  drawCard() {
    const content = this.cardAttachment()?.content;
    const json = content === undefined ? "" : JSON.stringify(content);
    if (json === this.cardJSON) return;
    this.cardJSON = json;
    this.card?.element.remove();
    this.card = null;
    if (content === undefined) return;
    const { rest, store } = this.context;
    this.card = new CardView(content, {
      onSubmit: (inputs) => rest.press(this.message.id, inputs),
      personName: () => store.me.displayName,
    });
    this.extras.append(this.card.element);
  }

  drawActions() {
    const editable = this.own && !this.message.files?.length && !this.message.attachments?.length;
    const wanted = ["reply", editable ? "edit" : null, this.own ? "delete" : null].filter(Boolean).join();
    if (this.actions.dataset.set === wanted) return;
    this.actions.dataset.set = wanted;
    const { onReply, onEdit, onDelete } = this.context;
    const button = (name, label, image, run) => el("button", {
      class: "icon-button", type: "button", title: label, "aria-label": label, dataset: { action: name }, on: { click: () => run(this) },
    }, icon(image));
    this.actions.replaceChildren(
      button("reply", "Reply to thread", "reply", onReply),
      ...(editable ? [button("edit", "Edit", "edit", onEdit)] : []),
      ...(this.own ? [button("delete", "Delete", "trash", onDelete)] : []));
  }

  /** Puts the editor in the place of the body, until `showBody`. */
  showEditor(editor) {
    this.editor = editor;
    this.body.hidden = true;
    this.body.after(editor);
    this.element.classList.add("message-editing");
  }

  showBody() {
    this.editor?.remove();
    this.editor = null;
    this.element.classList.remove("message-editing");
    this.body.hidden = !this.body.hasChildNodes();
  }
}

/** Makes `parent`'s children those of `fragment`, keeping every one that is already equal. */
function patchChildren(parent, fragment) {
  const wanted = [...fragment.childNodes];
  wanted.forEach((node, index) => {
    const old = parent.childNodes[index];
    if (!old) parent.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}
