// Light or dark, decided before the first paint: loaded as a plain script in <head>, so that a
// remembered choice never flashes the other colours. app.js uses window.simTheme for the button.
"use strict";

window.simTheme = (() => {
  const key = "webex-simulator-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function remembered() {
    try {
      const value = localStorage.getItem(key);
      return value === "light" || value === "dark" ? value : null;
    } catch {
      return null;  // storage may be blocked; the system's choice is then used
    }
  }

  function current() {
    return document.documentElement.dataset.theme || (system.matches ? "dark" : "light");
  }

  function choose(theme) {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Not remembered, still applied.
    }
  }

  const saved = remembered();
  if (saved) document.documentElement.dataset.theme = saved;
  return { current, choose, toggle: () => choose(current() === "dark" ? "light" : "dark"), system };
})();
