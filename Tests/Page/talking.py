"""What a person does with the assistant in the page: commands, cards, answers. Used by the checks of
commands and settings, and by screenshots.py."""

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import until
from card_checks import field

ANSWER = 60  # seconds: generous, for a busy machine


def say(browser, text):
    """Writes to the assistant; in a group it is mentioned."""
    if "members" in browser.css(".conversation-detail").text:
        browser.write("@assi")
        browser.wait_text(".mention-option", "Assistant")
        browser.composer.send_keys(Keys.TAB)
    browser.send(text)


def run(browser, text):
    """Writes a command; returns the CSS of its thread."""
    before = {e.get_attribute("data-thread-id") for e in browser.all(".thread")}
    say(browser, text)

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
