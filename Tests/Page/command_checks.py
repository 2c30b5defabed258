"""Checks of commands with the assistant connected: help, near misses, forms."""

from browser import until
from card_checks import field
from talking import ANSWER, answer, asked, assert_finished, buttons, card, direct, enter, group, press, run


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
