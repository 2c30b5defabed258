// A message's file: its name and size (HEAD), a preview for small images, and the download with
// the person's token (fetch → blob), with Webex's scanning answers (423, 410, 428) shown.
import { byteSize, el, icon } from "./dom.js";
import { toast } from "./dialogs.js";

const previewLimit = 4_000_000;  // bytes
const previewTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const scanAttempts = 12;

export class FileView {
  constructor(rest, url) {
    Object.assign(this, { rest, url, allowUnscannable: false });
    this.name = el("span", { class: "file-name", text: "File" });
    this.detail = el("span", { class: "file-detail", text: "…" });
    this.button = el("button", { class: "file-chip", type: "button" },
      icon("file"), el("span", { class: "file-text" }, this.name, this.detail), icon("download"));
    this.button.addEventListener("click", () => this.download());
    this.element = el("div", { class: "file" }, this.button);
    this.describe();
  }

  async describe(attempt = 1) {
    try {
      this.info = await this.rest.fileInfo(this.url);
    } catch (error) {
      await this.explain(error, attempt);
      return;
    }
    this.name.textContent = this.info.name;
    this.detail.textContent = byteSize(this.info.size);
    this.button.setAttribute("aria-label", `Download ${this.info.name}`);
    if (previewTypes.includes(this.info.type) && this.info.size <= previewLimit) this.preview();
  }

  /** Scanning ends by itself: ask again when Webex says. The others need the person. */
  async explain(error, attempt) {
    if (error.status === 423 && attempt < scanAttempts) {
      this.detail.textContent = "Being scanned for malware…";
      const seconds = Math.min(Math.max(error.retryAfter ?? 2, 1), 30);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      if (this.element.isConnected) await this.describe(attempt + 1);
      return;
    }
    if (error.status === 410) {
      this.detail.textContent = "Removed: the file was infected.";
      this.button.disabled = true;
    } else if (error.status === 428) {
      this.detail.textContent = "Could not be scanned. Press to download anyway.";
      this.allowUnscannable = true;
    } else this.detail.textContent = "Not available";
  }

  async preview() {
    try {
      const blob = await this.rest.file(this.url);
      const picture = el("img", { class: "file-preview", alt: this.info.name });
      picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
      picture.addEventListener("error", () => picture.remove(), { once: true });
      picture.src = URL.createObjectURL(blob);
      this.element.prepend(picture);
    } catch {
      // The chip below stays: a preview is a convenience.
    }
  }

  async download() {
    this.button.classList.add("file-busy");
    try {
      const blob = await this.rest.file(this.url, { allowUnscannable: this.allowUnscannable });
      const address = URL.createObjectURL(blob);
      const link = el("a", { href: address, download: this.info?.name ?? "file" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (error) {
      toast("The file was not downloaded.", error);
      await this.explain(error, scanAttempts);
    } finally {
      this.button.classList.remove("file-busy");
    }
  }
}
