"""Checks of the frame: spaces, people, colours, keyboard, width, connection. Each docstring's first
line is the sentence that page_test.py prints."""

from selenium.webdriver.common.keys import Keys

from browser import until
from line import Line


def spaces_are_listed(browser, world):
    """Alice sees her direct space and both groups."""
    browser.open("alice")
    titles = {element.text for element in browser.all(".space-title")}
    assert {"Assistant", "Deploy desk", "Reading club"} <= titles, titles
    assert browser.css("#conversation-title h1").text == "Assistant"
    browser.screenshot("start")


def empty_space_invites(browser, world):
    """An empty space suggests a first message, which a press puts into the composer."""
    room, _ = world.space("Empty", "Alice")
    browser.open("alice", room)
    chip = browser.wait_css(".chip")
    text = chip.text
    chip.click()
    assert browser.composer.get_attribute("value") == text
    assert text.startswith("@Assistant "), text


def person_is_chosen(browser, world):
    """Choosing Carol shows Carol's spaces, and only hers."""
    browser.open("alice")
    browser.css("#person-button").click()
    browser.wait_css('[data-email="carol@partner.example"]').click()
    until("Carol's name", lambda: "Carol" in browser.css("#person-button").text)
    mine = world.rest("Carol").rooms()
    until("her spaces", lambda: {e.text for e in browser.all(".space-title")} == set(mine))
    assert "Reading club" not in mine
    assert "as=carol" in browser.driver.current_url
    browser.driver.refresh()
    until("Carol after a reload", lambda: any("Carol" in e.text for e in browser.all("#person-button")))


def unread_is_marked(browser, world):
    """A message in another space marks it unread until it is opened."""
    room, title = world.space("Unread", "Alice", "Bob")
    browser.open("alice")
    world.rest("Bob").post(room, text="anyone here?")
    browser.wait_css(f'[data-room-id="{room}"] .space-dot')
    assert browser.all(".space")[0].get_attribute("data-room-id") == room, "the newest is first"
    assert "Bob: anyone here?" in browser.css(f'[data-room-id="{room}"] .space-preview').text
    assert "(1)" in browser.driver.title, browser.driver.title
    browser.enter(room)
    until("no dot", lambda: not browser.css(f'[data-room-id="{room}"] .space-dot').is_displayed())


def new_spaces_appear(browser, world):
    """A space that Alice is added to appears without a reload."""
    browser.open("alice")
    room, title = world.space("Fresh", "Alice", "Bob")
    browser.wait_css(f'[data-room-id="{room}"]')


def colours_follow_and_are_remembered(browser, world):
    """Colours follow the system; the button's choice wins and is remembered."""
    background = "return getComputedStyle(document.body).backgroundColor"
    browser.emulate("dark")
    browser.open("alice")
    dark = browser.run(background)
    browser.emulate("light")
    light = until("light colours", lambda: browser.run(background) != dark and browser.run(background))
    browser.css("#theme-button").click()
    assert browser.run(background) == dark
    browser.driver.refresh()
    browser.wait_css(".connection-live")
    assert browser.run(background) == dark, "not remembered"
    browser.screenshot("dark")
    browser.css("#theme-button").click()
    assert browser.run(background) == light
    browser.run("localStorage.clear()")


def keyboard_moves_through_spaces(browser, world):
    """Arrow keys walk through the spaces and Enter goes to the composer."""
    browser.open("alice")
    selected = '[role="option"][aria-selected="true"]'
    first = browser.all(".space")[0]
    browser.run("arguments[0].focus()", first)
    first.send_keys(Keys.ARROW_DOWN)
    second = browser.all(".space")[1].get_attribute("data-room-id")
    until("the second space", lambda: browser.css(selected).get_attribute("data-room-id") == second)
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.driver.switch_to.active_element == browser.composer


def spaces_are_filtered(browser, world):
    """The search field narrows the list."""
    browser.open("alice")
    browser.write("deploy", browser.css("#space-filter"))
    until("one space", lambda: [e.text for e in browser.all(".space-title")] == ["Deploy desk"])
    browser.css("#space-filter").send_keys(Keys.ESCAPE)
    until("all spaces", lambda: len(browser.all(".space")) > 2)


def lost_connection_is_shown(browser, world):
    """A lost connection is shown, and what was missed is there after it returns."""
    room, _ = world.space("Gap", "Alice", "Bob")
    line = Line(world.base)
    try:
        browser.open("alice", room, page=line.address)
        line.cut()
        browser.wait_css(".connection-waiting")
        missed = world.rest("Bob").post(room, text="said during the gap")
        line.mend()
        browser.wait_css(".connection-live")
        browser.message(missed["id"])
    finally:
        line.close()


def left_pages_hold_nothing(browser, world):
    """Pages that the browser keeps for Back hold no connection, and are live again when they come back."""
    room, _ = world.space("Left", "Alice", "Bob")
    for person in ("alice", "bob") * 4:  # more than the six connections that a browser opens to one origin
        browser.open(person, room)
    browser.driver.back()
    browser.wait_css(".connection-live")
    browser.enter(room)
    said = world.rest("Bob").post(room, text="still there?")
    browser.message(said["id"])


def narrow_windows_work(browser, world):
    """At 700 px nothing is cut off; at 420 px the spaces are a drawer."""
    try:
        for width in (700, 420):
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": False})
            browser.open("alice")
            wide = browser.run("return document.documentElement.scrollWidth")
            assert wide <= width, f"{wide} px wide at {width}"
            assert browser.css(".send-button").rect["x"] < width - 30
            browser.screenshot(f"width-{width}")
        assert not browser.css("#sidebar").is_displayed()
        browser.css("#drawer-button").click()
        browser.wait_css("#sidebar .space").click()
        until("the drawer to close", lambda: not browser.css("#sidebar").is_displayed())
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def controls_have_names(browser, world):
    """Every control has a name for assistive technology, and the focus can be seen."""
    browser.open("alice")
    nameless = browser.run("""
      return [...document.querySelectorAll('button, input, textarea, select, a')]
        .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
        .map((e) => e.outerHTML)""")
    assert nameless == [], nameless
    browser.composer.send_keys(Keys.TAB)
    style = browser.run("const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth")
    assert style == "solid2px", style


def bot_presence_is_told(browser, world):
    """The bar tells whether the bot is connected."""
    sockets = world.bot.call("GET", "/sim/mercury")["sockets"]
    browser.open("alice")
    expected = "nobody answers yet" if not sockets else "Assistant"
    until(expected, lambda: expected in browser.css("#sim-text").text)


def connect_panel_tells_addresses(browser, world):
    """The panel for bot authors tells token and addresses, and Esc closes it."""
    browser.open("alice")
    browser.css("#sim-about").click()
    text = browser.wait_css("dialog").text
    assert world.bot.token in text and "/u2c/api/v1" in text, text
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    until("the panel to close", lambda: not browser.all("dialog"))
