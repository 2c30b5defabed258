#!/usr/bin/env python3
"""Takes the pictures of docs/user-guide.md, by hand: the page in headless Chromium, the assistant behind it.

  ASSISTANT_BINARY=.build/debug/webex-assistant .cache/strangers/bin/python Tests/Page/screenshots.py docs/images

Starts `webex-assistant demo` with the scripted model and commands.yaml, asks as Alice would, and cuts each
picture to what it is about. A second argument takes only these: answers, cards. Needs what page_test.py needs.
"""

import base64
import os
import pathlib
import sys
import time

from browser import Browser, until
from card_checks import field
from page_test import Demo
from talking import answer, card, choose, direct, enter, press, run
from webex import World

WIDTH, SCALE = 860, 1.5

DEPLOY = """A safe way is to deploy in **three steps**, each of which you can undo:

1. **Prepare.** Build the image once, and give it the commit's hash as its tag. What you test is then what you run.
2. **Shift.** Send a tenth of the traffic to the new version and watch the error rate for five minutes.
3. **Finish.** Move the rest, and keep the old version for a day.

If the error rate rises at step 2, this puts everything back:

```bash
kubectl rollout undo deployment/web --namespace production
kubectl rollout status deployment/web --timeout 120s
```

A rollback that nobody has practised is a hope, not a plan: try it once on staging before you need it."""


def checks(names):
    """Python of some length, as a model writes it when asked for a whole module."""
    parts = ['"""Checks a deployment before it gets traffic."""\n\nimport json\nimport urllib.request\n']
    for name in names:
        parts.append(f'''

def check_{name}(base, timeout=5):
    """True if {name.replace("_", " ")} answers, and says that it is well."""
    request = urllib.request.Request(f"{{base}}/{name.replace("_", "-")}")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            state = json.load(response)
    except OSError as error:
        print(f"{name.replace("_", " ")}: {{error}}")
        return False
    return state.get("status") == "ok"
''')
    return "".join(parts)


NAMES = ("health", "database", "queue", "cache", "search", "mail_gateway", "payment_gateway", "file_store",
         "feature_flags", "session_store", "audit_log", "rate_limiter", "image_service", "web_hooks", "scheduler",
         "billing", "reports", "invoices", "exports")
MODULE = ("Here is a module with one function for each service, so that a failure names what is missing.\n\n"
          f"```python\n{checks(NAMES[:5])}```\n\nThe second part has the services that may be down for a moment:\n\n"
          f"```python\n{checks(NAMES[5:19])}```\n\n"
          "Three things to know before you use it:\n\n"
          "- Each function asks one service and waits five seconds at most, so the whole takes a minute and a half in the "
          "worst case. If that is too long, ask them side by side with a pool of threads.\n"
          "- A service that answers with something else than JSON counts as down, because a login page in front of it "
          "would otherwise pass for a healthy answer.\n"
          "- Nothing is tried again. A check that succeeds at the second attempt tells you about a fault that your users "
          "meet at the first.\n\n"
          "Call them in this order, and stop at the first that fails.")


class Camera:
    def __init__(self, browser, world, folder):
        self.browser, self.world, self.folder = browser, world, folder
        self.window(height=1000)

    def window(self, height):
        self.browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": WIDTH, "height": height, "deviceScaleFactor": SCALE, "mobile": False})
        time.sleep(0.5)  # the page draws itself anew

    def script(self, **script):
        self.world.bot.call("POST", "/sim/model", {"script": script})

    def ask(self, question, room):
        """Writes in the page; returns the CSS of the question's thread."""
        self.browser.open("alice", room)
        self.browser.send(question)
        root = self.browser.wait_text(".thread", question)
        return f'[data-thread-id="{root.get_attribute("data-thread-id")}"]'

    def answer(self, thread):
        return "\n".join(e.text for e in self.browser.all(f"{thread} .replies .message-bot .message-body"))

    def wait_answer(self, thread, words, timeout=90):
        until(f"{words!r} in the answer", lambda: words in self.answer(thread), timeout)

    def shoot(self, name, thread, top=None, height=None, scale=1):
        """The thread, or `height` px of it from `top`."""
        self.browser.run("document.activeElement.blur()")
        self.browser.hover_nothing()
        time.sleep(0.3)  # a scroll and a transition come to rest
        box = self.browser.run("const r = document.querySelector(arguments[0]).getBoundingClientRect();"
                               "return [r.x, r.y, r.width, r.height]", thread)
        clip = {"x": box[0] - 4, "y": box[1] - 4, "width": box[2] + 8, "height": box[3] + 8, "scale": scale}
        if top is not None:
            clip["y"], clip["height"] = top, height
        shot = self.browser.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "format": "png", "clip": clip, "captureBeyondViewport": True})
        path = pathlib.Path(self.folder, f"{name}.png")
        path.write_bytes(base64.b64decode(shot["data"]))
        print(f"{path}: {path.stat().st_size // 1024} KB")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder, parts = sys.argv[1], sys.argv[2:] or ["answers", "cards"]
    demo = Demo(os.environ["ASSISTANT_BINARY"])
    try:
        browser = Browser(demo.page)
        try:
            camera = Camera(browser, World(demo.page), folder)
            browser.open("alice")
            until("the assistant", lambda: "not connected" not in browser.css("#sim-text").text, 60)
            for part in parts:
                {"answers": take_answers, "cards": take_cards}[part](camera)
        finally:
            browser.close()
    finally:
        demo.stop()


def take_answers(camera):
    browser, world = camera.browser, camera.world
    room = world.rest("Alice").rooms()["Assistant"]

    camera.script(text=DEPLOY, speed=16)
    thread = camera.ask("How do we deploy without a bad night?", room)
    camera.wait_answer(thread, "kubectl rollout undo")
    camera.shoot("growing", thread)
    camera.wait_answer(thread, "before you need it.")

    camera.script(error="500")
    thread = camera.ask("What is our error budget?", room)
    camera.wait_answer(thread, "reference")
    camera.shoot("error", thread)

    camera.script(text=DEPLOY, speed=18)
    thread = camera.ask("And how do we go back?", room)
    camera.wait_answer(thread, "Shift.")
    browser.send("/stop")
    camera.wait_answer(thread, "Stopped")
    camera.shoot("stopped", thread)

    camera.script(text=MODULE, speed=90)
    thread = camera.ask("Write the checks as a Python module", room)
    camera.wait_answer(thread, "stop at the first that fails", 120)
    # The end of one message and the beginning of the next, in a window in which nothing scrolls.
    camera.window(height=9000)
    top = browser.run("return document.querySelectorAll(arguments[0])[1].getBoundingClientRect().top",
                      f"{thread} .replies .message-bot")
    camera.shoot("roll-over", thread, top=top - 230, height=470)


MODELS = [
    {"name": "gpt-5", "inputTokens": 272000, "outputTokens": 128000, "inputCost": 1.25e-6, "outputCost": 1e-5},
    {"name": "gpt-5-mini", "inputTokens": 272000, "outputTokens": 128000, "inputCost": 2.5e-7, "outputCost": 2e-6},
    {"name": "mistral-small", "inputTokens": 128000, "outputTokens": 128000, "inputCost": 1e-7, "outputCost": 3e-7},
]


def take_cards(camera):
    browser, world = camera.browser, camera.world
    world.bot.call("POST", "/sim/model", {"models": MODELS})
    time.sleep(16)  # for a card the list of models may be 15 seconds old
    camera.window(height=1400)  # cards whole, without scrolling

    room, _ = world.space("Deploy desk", "Alice", "Bob")
    enter(browser, room, "bob")
    answer(browser, run(browser, "/model mini"), "gpt-5-mini", "Bob Example")
    enter(browser, room, "alice")
    thread = run(browser, "/chat")
    opened = card(browser, thread, "Settings of this space")
    choose(browser, opened, "Temperature", "0.2")
    choose(browser, opened, "System prompt", "engineer")
    camera.shoot("settings", thread, scale=0.8)
    press(browser, opened, "Save")
    card(browser, thread, "Settings saved")
    camera.shoot("settings-saved", thread)

    thread = run(browser, "/deploy")
    form = card(browser, thread, "Deploys a version")
    browser.write("4.2.1", field(browser, form, "Version"))
    choose(browser, form, "Where", "production")
    camera.shoot("form", thread)
    press(browser, form, "Send")
    question = card(browser, thread, "Please confirm")
    camera.shoot("confirmation", thread)
    press(browser, question, "Confirm")
    answer(browser, thread, "4.2.1 is on production")
    card(browser, thread, "Confirmed by")
    camera.shoot("confirmed", thread)

    direct(browser, world)
    answer(browser, run(browser, "/model"), "gpt-5")
    thread = run(browser, "/help")
    card(browser, thread, "What I can do", "gpt-5 answers here")
    camera.shoot("help", thread, scale=0.7)


if __name__ == "__main__":
    main()
