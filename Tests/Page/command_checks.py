"""Checks of commands with the assistant connected: help, the settings card, forms, confirmations."""

import threading

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import until
from card_checks import field

ANSWER = 60  # seconds: generous, for a busy machine


def run(browser, text):
    """Writes a command, in a group to the assistant; returns the CSS of its thread."""
    before = {e.get_attribute("data-thread-id") for e in browser.all(".thread")}
    if "members" in browser.css(".conversation-detail").text:
        browser.write("@assi")
        browser.wait_text(".mention-option", "Assistant")
        browser.composer.send_keys(Keys.TAB)
    browser.send(text)

    def thread():
        for element in browser.all(".thread"):
            name = element.get_attribute("data-thread-id")
            if name not in before and browser.css(".message-body", element).text.endswith(text):
                return f'[data-thread-id="{name}"]'
    return until(f"the thread of {text}", thread)


def answer(browser, thread, *words):
    """The text of the assistant's first message in the thread that has all the words."""
    return until(f"{words} in the thread", lambda: next(
        (e.text for e in browser.all(f"{thread} .message-bot .message-body")
         if all(word in e.text for word in words)), None), ANSWER)


def card(browser, thread, *words):
    """The one card of the thread, once it shows all the words and what it replaced is gone."""
    def only():
        cards = browser.all(f"{thread} .message-bot .card")
        return cards[0] if len(cards) == 1 and all(word in cards[0].text for word in words) else None
    found = until(f"one card with {words}", only, ANSWER)
    browser.run("arguments[0].scrollIntoView({block: 'nearest'})", found)
    return found


def press(browser, card, title):
    button = browser.button(title, card)

    def pressed():
        browser.run("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        return True
    until(f"{title} to be pressed", pressed)


def buttons(browser, card):
    return [e.text for e in browser.all(".card-button", card)]


def choose(browser, card, label, beginning):
    select = Select(field(browser, card, label))
    select.select_by_visible_text(next(o.text for o in select.options if o.text.startswith(beginning)))


def chosen(browser, card, label):
    return Select(field(browser, card, label)).first_selected_option.text


def assert_finished(browser, card, *words):
    text = card.text
    assert all(word in text for word in words), text
    assert not browser.all(".card-field, .card-button", card), "it can still be filled in or pressed"


def group(browser, world, title, person="alice"):
    room, _ = world.space(title, "Alice", "Bob")
    enter(browser, room, person)
    return room


def enter(browser, room, person):
    browser.open(person, room)
    until("the members", lambda: "3 members" in browser.css(".conversation-detail").text)


def direct(browser, world, person="alice"):
    browser.open(person, world.rest(person.title()).rooms()["Assistant"])


def asked(world, question):
    """The request that the model got for a question."""
    requests = world.bot.call("GET", "/sim/model/requests")["requests"]
    return next((r for r in requests if question in str(r["body"]["messages"][-1])), None)


def settings_are_saved(browser, world):
    """Save in /chat puts in the card's place what was saved and by whom, edited where Webex allows it."""
    room = group(browser, world, "Settings")
    world.faults({"cardEdits": "allowed"})
    try:
        thread = run(browser, "/chat")
        open_card = card(browser, thread, "Settings of this space")
        browser.screenshot("settings-open")
        for label in ("Model", "Temperature", "System prompt", "Memory", "Answer length", "Line under answers"):
            select = field(browser, open_card, label)
            under = browser.run("return arguments[0].closest('.card-input').nextElementSibling.textContent", select)
            assert under.startswith("Now ") and "efault" in under or "LiteLLM" in under or "own" in under, (label, under)
        assert field(browser, open_card, "Own system prompt").tag_name == "textarea"
        models = [o.text for o in Select(field(browser, open_card, "Model")).options]
        assert any(m.startswith("✓ ") and " in, " in m for m in models), models
        assert buttons(browser, open_card) == ["Save", "Reset to defaults", "Cancel"]
        message = browser.css(f"{thread} .message-bot").get_attribute("data-message-id")
        choose(browser, open_card, "Temperature", "0.2")
        choose(browser, open_card, "Memory", "This thread")
        press(browser, open_card, "Save")
        saved = card(browser, thread, "Settings saved")
        browser.screenshot("settings-saved")
        assert_finished(browser, saved, "Temperature: 0.2", "Memory:", "By Alice Example on ")
        if world.is_fresh:  # a program that met a refusal of such edits never tries again
            assert browser.css(f"{thread} .message-bot").get_attribute("data-message-id") == message
    finally:
        world.no_faults()
    text = answer(browser, run(browser, "/settings"), "Settings of this space")
    lines = {line.split(":")[0]: line for line in text.splitlines()}
    assert "0.2" in lines["Temperature"] and "set in this space by Alice Example" in lines["Temperature"], text
    assert "thread" in lines["Memory"] and "set in this space by Alice Example" in lines["Memory"], text
    assert "set in" not in lines["Model"] + lines["System prompt"] + lines["Answer length"], text
    # The next card shows them as chosen.
    again = card(browser, run(browser, "/chat"), "Settings of this space")
    assert chosen(browser, again, "Temperature").startswith("0.2"), chosen(browser, again, "Temperature")
    assert chosen(browser, again, "Memory").startswith("This thread")
    press(browser, again, "Cancel")


def settings_are_saved_once(browser, world):
    """A double click on Save, and presses of two people at once, save once."""
    room = group(browser, world, "Twice")
    thread = run(browser, "/chat")
    open_card = card(browser, thread, "Settings of this space")
    choose(browser, open_card, "Temperature", "1.3")
    save = browser.button("Save", open_card)
    browser.run("arguments[0].scrollIntoView({block: 'center'})", save)
    ActionChains(browser.driver).double_click(save).perform()
    assert_finished(browser, card(browser, thread, "Settings saved"), "1.3", "By Alice Example")
    # Whatever the second press does is done when a later command is answered.
    answer(browser, run(browser, "/settings"), "1.3")
    assert browser.css(thread).text.count("already used") <= 1, browser.css(thread).text
    card(browser, thread, "Settings saved")

    thread = run(browser, "/chat")
    card(browser, thread, "Settings of this space")
    message = browser.css(f"{thread} .message-bot").get_attribute("data-message-id")

    def save_as(name, temperature):
        world.rest(name).call("POST", "/v1/attachment/actions", {
            "type": "submit", "messageId": message,
            "inputs": {"settings": "save", "temperature": temperature}})
    people = [threading.Thread(target=save_as, args=one) for one in (("Alice", "0.4"), ("Bob", "0.7"))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    saved = card(browser, thread, "Settings saved")
    winner, value = ("Alice Example", "0.4") if "Alice" in saved.text else ("Bob Example", "0.7")
    assert_finished(browser, saved, value, f"By {winner}")
    answer(browser, thread, f"already used by {winner}")
    answer(browser, run(browser, "/settings"), value, winner)
    card(browser, thread, "Settings saved")


def wrong_settings_are_refused(browser, world):
    """An own prompt that is empty keeps the settings card, with the reason at the field and what was entered."""
    group(browser, world, "Wrong")
    thread = run(browser, "/chat")
    open_card = card(browser, thread, "Settings of this space")
    choose(browser, open_card, "System prompt", "Own text")
    choose(browser, open_card, "Temperature", "1.6")
    press(browser, open_card, "Save")
    refused = card(browser, thread, "Please write the prompt")
    browser.screenshot("settings-refused")
    reason = next(e for e in browser.all(".style-attention", refused))
    assert "System prompt" in reason.text, reason.text
    assert chosen(browser, refused, "System prompt").startswith("Own text")
    assert chosen(browser, refused, "Temperature").startswith("1.6")
    assert "1.6" not in answer(browser, run(browser, "/settings"), "Temperature"), "it was saved"
    refused = card(browser, thread, "Please write the prompt")
    browser.write("Answer like a lighthouse keeper.", field(browser, refused, "Own system prompt"))
    press(browser, refused, "Save")
    saved = card(browser, thread, "Settings saved")
    assert_finished(browser, saved, "1.6", "own text, 32 characters", "By Alice Example")
    question = "Who lights the lamp?"
    browser.write("@assi")
    browser.wait_text(".mention-option", "Assistant")
    browser.composer.send_keys(Keys.TAB)
    browser.send(question)
    request = until("the model's request", lambda: asked(world, question), ANSWER)
    assert request["temperature"] == 1.6 and "lighthouse keeper" in request["system"], request


def settings_are_cancelled_and_reset(browser, world):
    """Cancel changes nothing; Reset to defaults takes everything back."""
    group(browser, world, "Back")
    thread = run(browser, "/chat")
    open_card = card(browser, thread, "Settings of this space")
    choose(browser, open_card, "Answer length", "Brief")
    press(browser, open_card, "Cancel")
    assert_finished(browser, card(browser, thread, "Settings not changed"), "By Alice Example")
    answer(browser, run(browser, "/model scripted-fast"), "scripted-fast", "Alice Example")
    text = answer(browser, run(browser, "/settings"), "Answer length").lower()
    assert "scripted-fast, set in this space" in text and "brief" not in text, text
    thread = run(browser, "/chat")
    press(browser, card(browser, thread, "Settings of this space"), "Reset to defaults")
    reset = card(browser, thread, "reset to the defaults")
    browser.screenshot("settings-reset")
    assert_finished(browser, reset, "By Alice Example")
    assert "set in this space" not in answer(browser, run(browser, "/settings"), "Temperature")


def anyone_in_the_space_may_press(browser, world):
    """Bob presses the settings card that Alice opened, and it says that he did."""
    room = group(browser, world, "Both")
    thread = run(browser, "/chat")
    card(browser, thread, "Settings of this space")
    enter(browser, room, "bob")
    theirs = card(browser, thread, "Settings of this space")
    choose(browser, theirs, "Answer length", "Brief")
    choose(browser, theirs, "Line under answers", "On")
    press(browser, theirs, "Save")
    assert_finished(browser, card(browser, thread, "Settings saved"), "By Bob Example")
    text = answer(browser, run(browser, "/settings"), "set in this space by Bob Example")
    assert text.count("Bob Example") == 2, text


def others_settings_stay(browser, world):
    """What Bob set after Alice opened her card stays when she saves something else."""
    room = group(browser, world, "Meanwhile")
    thread = run(browser, "/chat")
    open_card = card(browser, thread, "Settings of this space")
    mention = f"<@personId:{world.bot_person['id']}>"
    world.rest("Bob").post(room, markdown=f"{mention} /model scripted-echo")
    browser.wait_text(".message-bot .message-body", "scripted-echo answers in this space", ANSWER)
    choose(browser, open_card, "Answer length", "Brief")
    press(browser, open_card, "Save")
    card(browser, thread, "Settings saved")
    text = answer(browser, run(browser, "/settings"), "scripted-echo, set in this space by Bob Example")
    assert "rief" in text and "set in this space by Alice Example" in text, text


def offer(browser, world, models=None):
    """What LiteLLM lists from now on, by default the simulator's own; returns when the assistant knows."""
    if models:
        world.bot.call("POST", "/sim/model", {"models": models})
    else:
        world.bot.call("DELETE", "/sim/model")
    # The list is cut after 30.
    awaited = f"and {len(models) - 30} more" if models else "scripted-slow"
    until(f"{awaited!r} among the models", lambda: awaited in answer(
        browser, run(browser, "/model"), "/model <name> chooses"), ANSWER)


def many_models_are_filtered(browser, world):
    """Of many models the card finds some by a part of the name; one that disappears is named."""
    group(browser, world, "Many")
    try:
        offer(browser, world, [f"team/model-{number}" for number in range(40)])
        thread = run(browser, "/chat")
        long = card(browser, thread, "Find a model (40 are offered)", "15 more match")
        browser.write("model-3", field(browser, long, "Find a model (40 are offered)"))
        press(browser, long, "Show matching models")
        until("a shorter list", lambda: "more match" not in card(browser, thread, "Find a model").text, ANSWER)
        short = card(browser, thread, "Find a model")
        browser.screenshot("settings-filtered")
        names = [o.text for o in Select(field(browser, short, "Model")).options]
        assert len(names) == 12 and names[-1].startswith("team/model-39"), names
        choose(browser, short, "Model", "team/model-39")
        press(browser, short, "Save")
        assert_finished(browser, card(browser, thread, "Settings saved"), "team/model-39")
        offer(browser, world)
        gone = card(browser, run(browser, "/chat"), "team/model-39 is no longer offered to me, so scripted answers.")
        press(browser, gone, "Cancel")
    finally:
        offer(browser, world)


def model_and_prompt_are_chosen(browser, world):
    """/model and /prompt list, choose, and suggest; the model gets what was chosen."""
    group(browser, world, "Chosen")
    answer(browser, run(browser, "/model"), "scripted-slow", "← answers here", "/model <name>")
    answer(browser, run(browser, "/prompt"), "translator", "← used here", "/prompt <name>")
    answer(browser, run(browser, "/model script-fast"), "scripted-fast")
    answer(browser, run(browser, "/model scripted-fast"), "scripted-fast answers in this space", "Alice Example")
    answer(browser, run(browser, "/prompt transaltor"), "Did you mean translator?")
    answer(browser, run(browser, "/prompt translator"), "translator", "Alice Example")
    browser.write("@assi")
    browser.wait_text(".mention-option", "Assistant")
    browser.composer.send_keys(Keys.TAB)
    browser.send("Bonjour tout le monde")
    request = until("the model's request", lambda: asked(world, "Bonjour tout le monde"), ANSWER)
    assert request["model"] == "scripted-fast" and "ranslat" in request["system"], request


def help_is_a_card(browser, world):
    """/help is a card with a button for each command; a press runs it, again and again."""
    direct(browser, world)
    thread = run(browser, "/help")
    shown = card(browser, thread, "What I can do")
    browser.screenshot("help")
    for keyword in ("/ask", "/chat", "/model", "/prompt", "/settings", "/stop", "/retry", "/continue", "/reset",
                    "/whoami"):
        assert keyword in buttons(browser, shown), (keyword, buttons(browser, shown))
        assert keyword in shown.text
    for time in (1, 2):
        press(browser, shown, "/whoami")
        until(f"answer {time}", lambda: len([
            e for e in browser.all(f"{thread} .message-bot .message-body")
            if "Alice Example" in e.text and "alice@example.com" in e.text]) == time, ANSWER)
        shown = card(browser, thread, "What I can do")
    text = answer(browser, run(browser, "/whoami"), "alice@example.com")
    assert "You may use me because" in text and world.people["Alice"]["id"] in text, text


def help_is_pressed_by_another(browser, world):
    """The help card that Alice opened answers Bob about Bob."""
    room = group(browser, world, "Help")
    thread = run(browser, "/help")
    card(browser, thread, "What I can do")
    enter(browser, room, "bob")
    press(browser, card(browser, thread, "What I can do"), "/whoami")
    text = answer(browser, thread, "bob@example.com")
    assert "Alice" not in text, text


def misspelt_command_is_explained(browser, world):
    """/hepl suggests /help and goes to no model; a text after // goes to the model as it is."""
    direct(browser, world)
    world.bot.call("DELETE", "/sim/model/requests")
    answer(browser, run(browser, "/hepl"), "/hepl", "Did you mean /help?")
    assert not world.bot.call("GET", "/sim/model/requests")["requests"]
    run(browser, "//hepl is a word")
    request = until("the model's request", lambda: asked(world, "hepl is a word"), ANSWER)
    assert "hepl is a word" in request["body"]["messages"][-1]["content"], request


def form_asks_for_arguments(browser, world):
    """/echo alone shows a form; filled in it gives a card, whose button answers until the last."""
    direct(browser, world)
    thread = run(browser, "/echo")
    form = card(browser, thread, "/echo", "What is to be said")
    browser.screenshot("form")
    assert buttons(browser, form) == ["Send", "Cancel"]
    press(browser, form, "Send")
    form = card(browser, thread, "needs a value")
    browser.screenshot("form-refused")
    browser.write("good *morning*", field(browser, form, "What is to be said"))
    press(browser, form, "Send")

    def said(times, ending):
        words = " ".join(["good *morning*"] * times)
        found = until(f"the echo, {times} times", lambda: next(
            (e for e in browser.all(f"{thread} .message-bot .card") if words in e.text
             and "Filled in" not in e.text and ending(buttons(browser, e))), None), ANSWER)
        assert found.text.count("morning") == times, found.text
        return found
    press(browser, said(1, bool), "Once more")
    press(browser, said(2, bool), "Once more")
    said(3, lambda left: not left)
    cards = until("two cards", lambda: (lambda all: all if len(all) == 2 else None)(
        browser.all(f"{thread} .message-bot .card")), ANSWER)
    browser.screenshot("form-done")
    assert_finished(browser, cards[0], "Filled in by Alice Example", "/echo")
    thread = run(browser, "/echo")
    press(browser, card(browser, thread, "What is to be said"), "Cancel")
    assert_finished(browser, card(browser, thread, "Cancelled by Alice Example"), "Nothing was done")


def form_is_its_askers(browser, world):
    """Bob cannot send the form that Alice was asked to fill in; she still can."""
    room = group(browser, world, "Form")
    thread = run(browser, "/echo")
    card(browser, thread, "What is to be said")
    enter(browser, room, "bob")
    form = card(browser, thread, "What is to be said")
    browser.write("from Bob", field(browser, form, "What is to be said"))
    press(browser, form, "Send")
    answer(browser, thread, "Only Alice Example can use this card")
    enter(browser, room, "alice")
    form = card(browser, thread, "What is to be said")
    browser.write("from Alice", field(browser, form, "What is to be said"))
    press(browser, form, "Send")
    until("the echo", lambda: any(e.text.startswith("from Alice") for e in browser.all(f"{thread} .card")), ANSWER)
