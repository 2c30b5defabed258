"""Checks of Adaptive Cards: drawn, filled in, checked, pressed."""

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from browser import until
from line import Line
from webex import Presses

PIXEL = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/"
         "p6nC9AAAAABJRU5ErkJggg==")

CARD = {
    "type": "AdaptiveCard", "version": "1.3",
    "body": [
        {"type": "TextBlock", "text": "Deploy **4.2**", "size": "Large", "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": "A [link](https://example.com/) and _more_\n- one\n- two", "isSubtle": True, "wrap": True},
        {"type": "RichTextBlock", "inlines": ["plain ", {"type": "TextRun", "text": "red", "color": "Attention", "strikethrough": True}]},
        {"type": "FactSet", "facts": [{"title": "Tests", "value": "1,204"}, {"title": "Risk", "value": "low"}]},
        {"type": "ColumnSet", "columns": [
            {"type": "Column", "width": "auto", "items": [{"type": "Image", "url": PIXEL, "altText": "a dot", "size": "Small"}]},
            {"type": "Column", "width": "stretch", "items": [{"type": "TextBlock", "text": "beside", "wrap": True}]}]},
        {"type": "ImageSet", "imageSize": "Small", "images": [{"type": "Image", "url": PIXEL}, {"type": "Image", "url": PIXEL}]},
        {"type": "Container", "style": "emphasis", "items": [{"type": "TextBlock", "text": "inside"}]},
        {"type": "Container", "id": "details", "isVisible": False, "items": [{"type": "TextBlock", "text": "hidden details"}]},
        {"type": "Input.Text", "id": "reason", "label": "Reason", "isRequired": True, "errorMessage": "Say why"},
        {"type": "Input.Text", "id": "ticket", "label": "Ticket", "regex": "^[A-Z]+-[0-9]+$", "errorMessage": "Like OPS-12"},
        {"type": "Input.Text", "id": "notes", "label": "Notes", "isMultiline": True, "value": "as before"},
        {"type": "Input.Number", "id": "count", "label": "How many", "min": 1, "max": 5, "value": 2},
        {"type": "Input.Date", "id": "day", "label": "Day", "value": "2026-12-01"},
        {"type": "Input.Time", "id": "hour", "label": "Hour", "value": "09:30"},
        {"type": "Input.Toggle", "id": "notify", "title": "Notify", "valueOn": "yes", "valueOff": "no"},
        {"type": "Input.ChoiceSet", "id": "env", "label": "Where", "value": "staging",
         "choices": [{"title": "Staging", "value": "staging"}, {"title": "Production", "value": "prod"}]},
        {"type": "Input.ChoiceSet", "id": "speed", "label": "Speed", "style": "expanded",
         "choices": [{"title": "Slow", "value": "s"}, {"title": "Fast", "value": "f"}]},
        {"type": "Input.ChoiceSet", "id": "regions", "label": "Regions", "isMultiSelect": True, "value": "eu",
         "choices": [{"title": "Europe", "value": "eu"}, {"title": "America", "value": "us"}, {"title": "Asia", "value": "as"}]},
        {"type": "ActionSet", "actions": [{"type": "Action.ToggleVisibility", "title": "Details", "targetElements": ["details"]}]},
        {"type": "Media", "sources": []},
    ],
    "actions": [
        {"type": "Action.Submit", "title": "Deploy", "style": "positive", "data": {"keyword": "deploy", "env": "overridden"}},
        {"type": "Action.Submit", "title": "Refuse", "associatedInputs": "none", "data": {"keyword": "refuse"}},
        {"type": "Action.OpenUrl", "title": "Runbook", "url": "https://example.com/runbook"},
        {"type": "Action.ShowCard", "title": "Ask", "card": {"type": "AdaptiveCard", "body": [
            {"type": "Input.Text", "id": "question", "label": "Question"}],
            "actions": [{"type": "Action.Submit", "title": "Send question", "data": {"keyword": "ask"}}]}},
    ],
}


def open_card(browser, world, content=None):
    room, _ = world.space("Card", "Alice", "Bob")
    message = world.bot.card(room, content or CARD)
    browser.open("alice", room)
    return message, browser.wait_css(".card", browser.message(message["id"]))


def field(browser, card, label):
    """The control that the label names."""
    found = next(e for e in browser.all(".card-label", card) if e.text.rstrip(" *") == label)
    return card.find_element(By.ID, found.get_attribute("for"))


def choice(browser, card, title):
    return next(e for e in browser.all(".card-choice", card) if e.text == title)


def card_is_drawn(browser, world):
    """A card with every element of version 1.3 is drawn."""
    _, card = open_card(browser, world)
    text = card.text
    for part in ("Deploy 4.2", "A link and more", "plain red", "1,204", "beside", "inside", "Where", "Not shown by Webex: Media"):
        assert part in text, f"{part!r} is missing"
    assert "hidden details" not in text
    for css in (".size-large.weight-bolder strong", ".card-text em", ".card-text li", ".color-attention.run-strike",
                "dl dt", ".card-columns .column-auto img", ".card-image-set img + *, .card-image-set .card-image",
                ".style-emphasis", "textarea", "input[type=number]", "input[type=date]", "input[type=time]",
                "select", "input[type=radio]", "input[type=checkbox]"):
        assert browser.all(css, card), css
    link = browser.button("Runbook", card)
    assert link.get_attribute("href") == "https://example.com/runbook" and "noopener" in link.get_attribute("rel")
    browser.run("arguments[0].scrollIntoView()", card)
    browser.screenshot("card")


def card_is_checked(browser, world):
    """Required fields, patterns and bounds are checked before anything is sent."""
    message, card = open_card(browser, world)
    presses = Presses(world.base, world.people["Alice"]["token"])
    browser.write("nonsense", field(browser, card, "Ticket"))
    count = field(browser, card, "How many")
    count.clear()
    browser.write("9", count)
    browser.button("Deploy", card).click()
    errors = until("the messages", lambda: [e.text for e in browser.all(".card-error", card) if e.is_displayed()])
    assert errors == ["Say why", "Like OPS-12", "At most 5."], errors
    reason = field(browser, card, "Reason")
    assert browser.driver.switch_to.active_element == reason, "the first wrong field has the focus"
    browser.write("x", reason)
    until("the first message to go", lambda: "Say why" not in card.text)
    assert presses.of(message["id"]) == []


def card_is_pressed(browser, world):
    """A press sends all inputs as strings over the action's data, and says that it was sent."""
    message, card = open_card(browser, world)
    presses = Presses(world.base, world.people["Alice"]["token"])
    browser.write("hotfix", field(browser, card, "Reason"))
    browser.write("OPS-12", field(browser, card, "Ticket"))
    choice(browser, card, "Notify").click()
    Select(field(browser, card, "Where")).select_by_visible_text("Production")
    choice(browser, card, "Fast").click()
    choice(browser, card, "Asia").click()
    browser.button("Deploy", card).click()
    browser.wait_text(".card-status", "Sent “Deploy” as Alice Example")
    browser.screenshot("card-sent")
    action = until("the action", lambda: next(iter(presses.of(message["id"])), None))
    assert action["inputs"] == {
        "keyword": "deploy", "reason": "hotfix", "ticket": "OPS-12", "notes": "as before", "count": "2",
        "day": "2026-12-01", "hour": "09:30", "notify": "yes", "env": "prod", "speed": "f", "regions": "eu,as",
    }, action["inputs"]
    assert action["personId"] == world.people["Alice"]["id"]
    got = world.bot.call("GET", f"/v1/attachment/actions/{action['id']}")
    assert got["inputs"] == action["inputs"]


def parts_are_shown_and_hidden(browser, world):
    """ShowCard opens its own form, ToggleVisibility shows parts, a Submit without inputs needs none."""
    message, card = open_card(browser, world)
    presses = Presses(world.base, world.people["Alice"]["token"])
    browser.button("Details", card).click()
    until("the details", lambda: "hidden details" in card.text)
    browser.button("Details", card).click()
    until("no details", lambda: "hidden details" not in card.text)
    browser.button("Refuse", card).click()
    action = until("the refusal", lambda: next(iter(presses.of(message["id"])), None))
    assert action["inputs"] == {"keyword": "refuse"}, action
    ask = browser.button("Ask", card)
    ask.click()
    assert ask.get_attribute("aria-expanded") == "true"
    browser.write("why", field(browser, card, "Reason"))
    browser.write("when?", field(browser, card, "Question"))
    browser.button("Send question", card).click()
    action = until("the question", lambda: next((a for a in presses.of(message["id"]) if a["inputs"]["keyword"] == "ask"), None))
    assert action["inputs"]["question"] == "when?" and action["inputs"]["reason"] == "why", action


def inputs_survive_live_events(browser, world):
    """What is half filled in survives other messages, edits, and a reload after a lost connection."""
    room, _ = world.space("Card", "Alice", "Bob")
    message = world.bot.card(room, CARD)
    line = Line(world.base)
    try:
        browser.open("alice", room, page=line.address)
        card = browser.wait_css(".card", browser.message(message["id"]))
        browser.write("half writ", field(browser, card, "Reason"))
        other = world.bot.post(room, text="something new")
        world.bot.edit(other, "something newer")
        browser.wait_text(".message-body", "something newer")
        line.cut()
        browser.wait_css(".connection-waiting")
        missed = world.rest("Bob").post(room, text="said meanwhile")
        line.mend()
        browser.message(missed["id"])
        browser.write("ten", field(browser, card, "Reason"))
        assert field(browser, card, "Reason").get_attribute("value") == "half written"
    finally:
        line.close()


def refused_press_is_told(browser, world):
    """A press that Webex refuses says so on the card."""
    message, card = open_card(browser, world, {
        "type": "AdaptiveCard", "version": "1.3", "actions": [{"type": "Action.Submit", "title": "Go"}],
        "body": [{"type": "TextBlock", "text": "Press"}]})
    try:
        world.faults({"rest": [{"method": "POST", "path": "/v1/attachment/actions", "status": 503, "times": 1}]})
        browser.button("Go", card).click()
        until("the refusal", lambda: "Not sent" in browser.css(".card-status", card).text)
    finally:
        world.no_faults()
    browser.button("Go", card).click()
    browser.wait_text(".card-status", "Sent “Go”")


def small(text):
    return {"type": "AdaptiveCard", "version": "1.3", "body": [{"type": "TextBlock", "text": text}],
            "actions": [{"type": "Action.Submit", "title": "Go", "data": {"run": text}}]}


def card_is_pressed_again(browser, world):
    """The same card is pressed twice, and by another person: three presses, each with its person."""
    message, card = open_card(browser, world, small("again"))
    presses = Presses(world.base, world.people["Alice"]["token"])
    for count in (1, 2):
        browser.button("Go", card).click()
        until("the press", lambda: len(presses.of(message["id"])) == count)
        until("the button", lambda: card.get_attribute("aria-busy") is None)
    browser.open("bob", message["roomId"])
    card = browser.wait_css(".card", browser.message(message["id"]))
    browser.button("Go", card).click()
    browser.wait_text(".card-status", "Sent “Go” as Bob Example")
    until("Bob's press", lambda: len(presses.of(message["id"])) == 3)
    people = [action["personId"] for action in presses.of(message["id"])]
    assert people == [world.people[name]["id"] for name in ("Alice", "Alice", "Bob")], people


def edited_card_is_redrawn(browser, world):
    """A card that Webex lets be edited is redrawn in place; one whose edit it ignores stays."""
    message, card = open_card(browser, world, small("before"))

    def edit(text):
        world.bot.call("PUT", f"/v1/messages/{message['id']}", {
            "roomId": message["roomId"], "markdown": text,
            "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": small(text)}]})

    try:
        world.faults({"cardEdits": "allowed"})
        edit("after")
        browser.wait_text(".card .card-text", "after")
        assert len(browser.all(".card", browser.message(message["id"]))) == 1
        presses = Presses(world.base, world.people["Alice"]["token"])
        browser.button("Go", browser.css(".card", browser.message(message["id"]))).click()
        action = until("the press", lambda: next(iter(presses.of(message["id"])), None))
        assert action["inputs"] == {"run": "after"}, action
        world.faults({"cardEdits": "ignored"})
        edit("never")
        world.bot.post(message["roomId"], text="a later message")
        browser.wait_text(".message-body", "a later message")
        assert "after" in browser.css(".card", browser.message(message["id"])).text
    finally:
        world.no_faults()
