"""Checks of the settings with the assistant connected: the card of /chat, /model, /prompt, /settings."""

import threading

from selenium.webdriver import ActionChains
from selenium.webdriver.support.ui import Select

from browser import until
from card_checks import field
from talking import (
    ANSWER, answer, asked, assert_finished, buttons, card, choose, chosen, enter, group, press, run, say)


def settings_are_saved(browser, world):
    """Save in /chat puts in the card's place what was saved and by whom, edited where Webex allows it."""
    group(browser, world, "Settings")
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
    group(browser, world, "Twice")
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
    say(browser, question)
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
    say(browser, "Bonjour tout le monde")
    request = until("the model's request", lambda: asked(world, "Bonjour tout le monde"), ANSWER)
    assert request["model"] == "scripted-fast" and "ranslat" in request["system"], request
