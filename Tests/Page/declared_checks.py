"""Checks of the commands that commands.yaml declares: a form, a confirmation, the result."""

from browser import until
from card_checks import choice, field
from talking import ANSWER, answer, assert_finished, buttons, card, choose, direct, enter, group, press, run


def confirmation(browser, thread):
    """The card that asks; the form that led to it is gone."""
    found = card(browser, thread, "Please confirm")
    assert buttons(browser, found) == ["Confirm", "Cancel"]
    return found


def declared_form_is_confirmed(browser, world):
    """A declared command asks for its arguments, then for a confirmation, and answers."""
    direct(browser, world)
    thread = run(browser, "/deploy")
    form = card(browser, thread, "/deploy", "Deploys a version", "Version *", "Where", "Note for the log")
    browser.write("4.2.1", field(browser, form, "Version"))
    choose(browser, form, "Where", "production")
    choice(browser, form, "Only show what would be done").click()
    press(browser, form, "Send")
    question = confirmation(browser, thread)
    assert "Deploy 4.2.1 to production?" in question.text, question.text
    press(browser, question, "Confirm")
    answer(browser, thread, "4.2.1 is on production. It took")
    done = card(browser, thread, "Confirmed by Alice Example")
    browser.screenshot("declared")
    assert_finished(browser, done, "/deploy", "4.2.1", "production")


def declared_command_is_cancelled(browser, world):
    """A confirmation that is cancelled does nothing, and cannot be used again."""
    direct(browser, world)
    thread = run(browser, "/deploy --environment production 4.2.2")
    press(browser, confirmation(browser, thread), "Cancel")
    assert_finished(browser, card(browser, thread, "Cancelled by Alice Example"), "Nothing was done")
    answer(browser, run(browser, "/whoami"), "Alice")
    assert "is on production" not in browser.css(f"{thread} .replies").text


def confirmation_is_its_askers(browser, world):
    """Bob cannot confirm what Alice asked for; Alice, twice quickly, runs it once."""
    room = group(browser, world, "Confirm")
    thread = run(browser, "/deploy 4.3")
    confirmation(browser, thread)
    enter(browser, room, "bob")
    press(browser, confirmation(browser, thread), "Confirm")
    answer(browser, thread, "Only Alice Example can use this card")
    enter(browser, room, "alice")
    message = browser.css(f"{thread} .message-bot").get_attribute("data-message-id")
    confirmation(browser, thread)
    for _ in range(2):
        world.rest("Alice").call("POST", "/v1/attachment/actions", {
            "type": "submit", "messageId": message, "inputs": {"confirm": True}})
    answer(browser, thread, "already used by Alice Example")
    card(browser, thread, "Confirmed by Alice Example")
    results = [e.text for e in browser.all(f"{thread} .message-bot .message-body") if "4.3 is on staging" in e.text]
    assert len(results) == 1, results


def wrong_argument_is_explained(browser, world):
    """A value that is not allowed is refused with the reason and the usage; a command without a form, too."""
    direct(browser, world)
    answer(browser, run(browser, "/deploy --environment moon 4.2"), "environment", "staging", "production", "Usage:")
    answer(browser, run(browser, "/deploy --force 4.2"), "no option --force", "--environment")
    answer(browser, run(browser, "/servers"), "web-1 web-2 db-1")
    answer(browser, run(browser, "/server"), "Did you mean /servers?")
    until("the button", lambda: "/deploy" in buttons(browser, card(browser, run(browser, "/help"), "/deploy")), ANSWER)


def command_is_stopped(browser, world):
    """/stop ends a declared command that takes long."""
    direct(browser, world)
    thread = run(browser, "/backup")
    # Not before it runs: until then there is nothing to stop.
    stopped = f"{thread} .message-bot .message-body"
    until("the end of /backup", lambda: any("Stopped" in e.text for e in browser.all(stopped)) or (
        run(browser, "/stop") and False), ANSWER)
