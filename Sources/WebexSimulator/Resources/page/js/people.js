// The choice of which person to be: a menu button at the top of the left column. The choice lives
// in the address (?as=alice@example.com), so that two tabs can be two people.
import { avatar, el, icon } from "./dom.js";

export class PersonMenu {
  constructor(store, { onChoose }) {
    Object.assign(this, { store, onChoose });
    this.button = document.getElementById("person-button");
    this.menu = el("div", { class: "menu", role: "menu", "aria-label": "Be another person", hidden: true });
    this.button.after(this.menu);
    this.button.addEventListener("click", () => (this.menu.hidden ? this.open() : this.close()));
    this.menu.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("pointerdown", (event) => {
      if (!this.menu.contains(event.target) && !this.button.contains(event.target)) this.close(false);
    });
    store.on("person", () => this.draw());
  }

  /** The people with a token: those one can be. */
  static choices(world) {
    return world.people.filter((person) => person.type !== "bot" && person.token);
  }

  static remembered(world) {
    const wanted = new URLSearchParams(location.search).get("as");
    const choices = PersonMenu.choices(world);
    return choices.find((person) => wanted && (person.email === wanted || person.email.split("@")[0] === wanted)) ?? choices[0];
  }

  draw() {
    const { me, world } = this.store;
    this.button.replaceChildren(
      avatar(me.displayName, me.email),
      el("span", { class: "person-text" }, el("span", { class: "person-name", text: me.displayName }), el("span", { class: "person-email", text: me.email })),
      icon("chevron"));
    this.button.setAttribute("aria-label", `You are ${me.displayName}. Be another person`);
    this.menu.replaceChildren(
      el("p", { class: "menu-title", text: "Be another person" }),
      ...PersonMenu.choices(world).map((person) => el("button", {
        class: "menu-item", type: "button", role: "menuitemradio", "aria-checked": String(person.id === me.id), tabindex: "-1",
        dataset: { email: person.email }, on: { click: () => this.choose(person) },
      }, avatar(person.displayName, person.email, { small: true }),
      el("span", { class: "person-text" }, el("span", { class: "person-name", text: person.displayName }), el("span", { class: "person-email", text: person.email })),
      person.id === me.id ? icon("check") : null)));
  }

  choose(person) {
    this.close();
    if (person.id === this.store.me.id) return;
    const address = new URL(location.href);
    address.searchParams.set("as", person.email);
    history.replaceState(null, "", address);
    this.onChoose(person);
  }

  open() {
    this.menu.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    (this.menu.querySelector('[aria-checked="true"]') ?? this.menu.querySelector(".menu-item"))?.focus();
  }

  close(focus = true) {
    if (this.menu.hidden) return;
    this.menu.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (focus) this.button.focus();
  }

  onKey(event) {
    const items = [...this.menu.querySelectorAll(".menu-item")];
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab") this.close(false);
    else return;
    if (event.key !== "Tab") event.preventDefault();
  }
}
