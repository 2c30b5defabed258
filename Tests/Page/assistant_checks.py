"""Checks with the assistant connected: its streamed answer, seen by a person in the page."""

import re
import time

from selenium.webdriver.common.keys import Keys

from browser import until

ANSWER_WAIT = 120  # seconds: a small model on a busy machine


def watch_answer(browser, thread_css):
    """Waits for the bot's answer in a thread to stop growing; returns (its lengths, the text).

    An error of the assistant is no answer: it ends with a reference.
    """
    body = f"{thread_css} .replies .message-bot .message-body"
    until("the first words", lambda: any(e.text.strip() for e in browser.all(body)), ANSWER_WAIT)
    lengths, last_change, text = [], time.monotonic(), ""
    while time.monotonic() - last_change < 12:
        now = "\n".join(element.text for element in browser.all(body))
        if now != text:
            lengths.append(len(now))
            last_change, text = time.monotonic(), now
        time.sleep(0.1)
    assert not re.search(r"\(reference [0-9a-f]{6,}\)", text), text
    return lengths, text


def direct_question_is_answered(browser, world):
    """A question in the direct space is answered in its thread, the text growing in place."""
    browser.open("alice")
    until("the assistant to be connected", lambda: "not connected" not in browser.css("#sim-text").text, ANSWER_WAIT)
    browser.enter(world.rest("Alice").rooms()["Assistant"])
    # The simulator's own model speaks slowly enough to be watched; a real one has its own speed.
    world.bot.call("DELETE", "/sim/model/requests")
    world.bot.call("POST", "/sim/model", {"script": {"speed": 40, "length": 1600}})
    try:
        question = f"Write three paragraphs about the sea, please. ({int(time.time())})"
        browser.send(question)
        root = browser.wait_text(".thread", question)
        css = f'[data-thread-id="{root.get_attribute("data-thread-id")}"]'
        first = browser.wait_css(f"{css} .replies .message-bot", timeout=ANSWER_WAIT)
        browser.screenshot("answer-growing")
        lengths, text = watch_answer(browser, css)
        browser.screenshot("answer")
        assert len(text) > 100, text
        assert first.is_displayed(), "the answer's element was replaced"
        if world.bot.call("GET", "/sim/model/requests")["requests"]:
            edited = [e for e in browser.all(f"{css} .message-edited") if e.is_displayed()]
            assert len(lengths) >= 3 and edited, f"did not grow: {lengths}"
            assert lengths[-1] == max(lengths), lengths
    finally:
        world.bot.call("DELETE", "/sim/model")


def group_mention_is_answered(browser, world):
    """A completed @assistant in a group is answered in its thread."""
    browser.open("bob")
    browser.enter(world.rest("Bob").rooms()["Reading club"])
    until("the members", lambda: "3 members" in browser.css(".conversation-detail").text)
    browser.write("@assi")
    browser.wait_text(".mention-option", "Assistant")
    browser.composer.send_keys(Keys.TAB)
    question = f"name two books ({int(time.time())})"
    browser.send(question)
    root = browser.wait_text(".thread", question)
    _, text = watch_answer(browser, f'[data-thread-id="{root.get_attribute("data-thread-id")}"]')
    browser.screenshot("group-answer")
    assert text.strip(), "an empty answer"
