// One thread of the conversation: the root, its replies indented, and the way to reply.
import { arrange, el, icon } from "./dom.js";

export class Thread {
  constructor(id, conversation) {
    this.conversation = conversation;
    this.id = id;
    this.rootSlot = el("div", { class: "thread-root" });
    this.list = el("div", { class: "reply-list" });
    this.button = el("button", {
      class: "reply-button", type: "button", on: { click: () => conversation.replyTo(id) },
    }, icon("reply"), "Reply to thread");
    this.replies = el("div", { class: "replies", role: "group", "aria-label": "Replies", hidden: true }, this.list, this.button);
    this.composerSlot = el("div", { class: "thread-composer" });
    this.element = el("section", { class: "thread", dataset: { threadId: id } }, this.rootSlot, this.replies, this.composerSlot);
  }

  /** `previous` is the root message just above, for joining one author's messages. */
  update({ root, replies }, previous) {
    const { conversation } = this;
    if (root) {
      const view = conversation.view(root, false);
      view.element.classList.toggle("message-joined", conversation.follows(root, previous));
      arrange(this.rootSlot, [view.element]);
    } else {
      this.gone ??= el("p", { class: "root-gone", text: "The message that started this thread is not available." });
      arrange(this.rootSlot, [this.gone]);
    }
    let before = null;
    arrange(this.list, replies.map((message) => {
      const view = conversation.view(message, true);
      view.element.classList.toggle("message-joined", conversation.follows(message, before));
      before = message;
      return view.element;
    }));
    this.replies.hidden = replies.length === 0;
    return this.element;
  }

  openComposer(node) {
    this.composerSlot.replaceChildren(node);
  }

  focusReply() {
    const button = this.replies.hidden ? this.rootSlot.querySelector('[data-action="reply"]') : this.button;
    button?.focus();
  }
}
