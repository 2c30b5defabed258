"""Checks of messages, threads, edits, mentions and files."""

import os
import tempfile

from selenium.webdriver.common.keys import Keys

from browser import until

BOTTOM = "const t = document.getElementById('timeline'); return t.scrollHeight - t.scrollTop - t.clientHeight"


def message_is_sent(browser, world):
    """A message sent with Enter appears once, and Webex has it; Shift+Enter is a new line."""
    room, _ = world.space("Send", "Alice", "Bob")
    browser.open("alice", room)
    browser.write("first line")
    browser.composer.send_keys(Keys.SHIFT, Keys.ENTER)
    browser.send("second line")
    browser.wait_text(".message-body", "second line")
    assert browser.composer.get_attribute("value") == ""
    sent = world.rest("Bob").messages(room)
    assert len(sent) == 1 and sent[0]["text"].split() == "first line second line".split(), sent
    assert len(browser.all(".message")) == 1


def bob_sees_it_live(browser, world):
    """Another person's message appears live, with name, initials and time."""
    room, _ = world.space("Live", "Alice", "Bob")
    browser.open("alice", room)
    message = world.rest("Bob").post(room, text="hello Alice")
    element = browser.message(message["id"])
    assert "Bob Example" in element.text and "hello Alice" in element.text, element.text
    assert browser.css(".avatar", element).text == "BE"
    assert browser.css("time", element).get_attribute("datetime") == message["created"]


def mention_is_completed(browser, world):
    """@ass completes to the assistant and sends a true mention."""
    room, _ = world.space("Mention", "Alice", "Bob", bot=True)
    browser.open("alice", room)
    until("the members", lambda: "3 members" in browser.css(".conversation-detail").text)
    browser.write("hi @b")
    browser.wait_text(".mention-option", "Bob Example")
    browser.screenshot("mention")
    browser.composer.send_keys(Keys.ENTER)
    assert browser.composer.get_attribute("value") == "hi @Bob Example "
    browser.send("and `@Bob Example` as code")
    browser.wait_text(".mention", "@Bob Example")
    message = world.rest("Bob").messages(room)[0]
    assert message["mentionedPeople"] == [world.people["Bob"]["id"]], message
    assert len(browser.all(".mention")) == 1, "the code is not a mention"
    browser.write("@ass")
    browser.wait_text(".mention-option", "Assistant")
    browser.composer.send_keys(Keys.ESCAPE)
    until("the list to close", lambda: not browser.css(".mention-list").is_displayed())


def edits_grow_in_place(browser, world):
    """Edits appear live in the same element, marked, and the end stays in view."""
    room, _ = world.space("Edits", "Alice")
    browser.open("alice", room)
    question = world.rest("Alice").post(room, text="count for me")
    answer = world.bot.post(room, markdown="one", parentId=question["id"])
    element = browser.message(answer["id"])
    for count in range(2, 8):
        world.bot.edit(answer, "\n\n".join(f"paragraph {n} of a growing answer" for n in range(1, count * 3)))
        if count == 2:
            until("the first edit", lambda: "paragraph 5" in element.text)
            paragraph = browser.css(".message-body p", element)
    until("the last edit", lambda: "paragraph 20" in element.text)
    assert browser.message(answer["id"]) == element, "the element was replaced"
    assert browser.css(".message-body p", element) == paragraph, "what had not changed was drawn again"
    assert browser.css(".message-edited", element).is_displayed()
    until("the end in view", lambda: abs(browser.run(BOTTOM)) < 3)


def reader_is_not_moved(browser, world):
    """A reader further up is not moved by edits and new messages."""
    room, _ = world.space("Reading", "Alice", "Bob")
    growing = world.bot.post(room, text="short")
    for number in range(40):
        world.rest("Bob").post(room, text=f"line {number}")
    browser.open("alice", room)
    browser.wait_text(".message-body", "line 39")
    target = browser.wait_text(".message-body", "line 12")
    browser.run("arguments[0].scrollIntoView({block: 'start'})", target)
    until("the scroll to be seen", lambda: browser.css("#jump-button").is_displayed())
    before = target.rect["y"] - browser.run("return window.scrollY")
    top = browser.run("return arguments[0].getBoundingClientRect().top", target)
    world.bot.edit(growing, "\n\n".join(["much longer now"] * 12))
    world.rest("Bob").post(room, text="one more at the end")
    browser.wait_text("#jump-button", "1 new")
    after = browser.run("return arguments[0].getBoundingClientRect().top", target)
    assert abs(after - top) < 2, f"moved by {after - top} px (from {before})"
    browser.css("#jump-button").click()
    until("the end", lambda: abs(browser.run(BOTTOM)) < 3)


def older_messages_are_loaded(browser, world):
    """Scrolling up loads older messages, page by page."""
    room, _ = world.space("History", "Alice", "Bob")
    for number in range(70):
        world.rest("Bob").post(room, text=f"note {number}.")
    browser.open("alice", room)
    browser.wait_text(".message-body", "note 69.")
    assert len(browser.all(".message")) == 50
    browser.run("document.getElementById('timeline').scrollTop = 0")
    until("all messages", lambda: len(browser.all(".message")) == 70)


def reply_goes_to_the_thread(browser, world):
    """A reply is written inside the thread, carries the root's id, and is drawn beneath it."""
    room, _ = world.space("Thread", "Alice", "Bob")
    root = world.rest("Bob").post(room, text="shall we deploy?")
    world.rest("Bob").post(room, text="something else meanwhile")
    browser.open("alice", room)
    browser.message_action(browser.message(root["id"]), "reply")
    area = browser.wait_css(".thread-composer textarea")
    browser.send("yes, go", area)
    reply = until("the reply at Webex", lambda: next(
        (m for m in world.rest("Bob").messages(room) if m["text"] == "yes, go"), None))
    assert reply["parentId"] == root["id"]
    within = f'[data-thread-id="{root["id"]}"] .replies [data-message-id="{reply["id"]}"]'
    indented = browser.wait_css(within).rect["x"] - browser.message(root["id"]).rect["x"]
    assert indented > 20, indented
    area.send_keys(Keys.ESCAPE)
    until("the composer to close", lambda: not browser.all(".thread-composer textarea"))


def own_messages_are_edited_and_deleted(browser, world):
    """Own messages can be edited and deleted, others' cannot."""
    room, _ = world.space("Own", "Alice", "Bob")
    mine = world.rest("Alice").post(room, text="tpyo")
    other = world.rest("Bob").post(room, text="not yours")
    browser.open("alice", room)
    assert not browser.all('[data-action="delete"]', browser.message(other["id"]))
    element = browser.message(mine["id"])
    browser.message_action(element, "edit")
    area = browser.wait_css("textarea", element)
    area.send_keys(Keys.CONTROL, "a")
    browser.send("typo, corrected", area)
    until("the correction", lambda: browser.css(".message-body", element).text == "typo, corrected")
    assert world.rest("Bob").call("GET", f"/v1/messages/{mine['id']}")["text"] == "typo, corrected"
    browser.message_action(element, "delete")
    browser.button("Delete", browser.wait_css("dialog")).click()
    until("it to be gone", lambda: not browser.all(f'[data-message-id="{mine["id"]}"]'))
    assert [m["id"] for m in world.rest("Bob").messages(room)] == [other["id"]]


def edited_mention_stays_a_mention(browser, world):
    """An edited question in a group still mentions the assistant: else it would not hear of the edit."""
    room, _ = world.space("Edited", "Alice")
    mine = world.rest("Alice").post(
        room, markdown=f"<@personEmail:{world.bot_person['email']}|Assistant> how mcuh?")
    browser.open("alice", room)
    element = browser.message(mine["id"])
    browser.message_action(element, "edit")
    area = browser.wait_css("textarea", element)
    assert area.get_attribute("value") == "@Assistant how mcuh?", area.get_attribute("value")
    area.send_keys(*[Keys.BACKSPACE] * 6)
    browser.send(" much?", area)
    until("the correction", lambda: "how much?" in browser.css(".message-body", element).text)
    edited = world.bot.call("GET", f"/v1/messages/{mine['id']}")
    assert edited["mentionedPeople"] == [world.bot_person["id"]], edited
    versions = world.bot.call("GET", f"/sim/messages?roomId={room}")["messages"][0]["versions"]
    assert len(versions) == 2, versions


def markdown_is_drawn(browser, world):
    """Markdown is drawn: bold, lists, quotes, links that open safely, code with a copy button."""
    room, _ = world.space("Markdown", "Alice")
    message = world.bot.post(room, markdown=(
        "# Title\n\n**bold** and *italic* and `code`\n\n- one\n- two\n\n> quoted\n\n"
        "[site](https://example.com/)\n\n```swift\nlet x = 1 < 2\n```"))
    browser.open("alice", room)
    element = browser.message(message["id"])
    for css in ("h1", "strong", "em", "p code", "ul li", "blockquote", ".code-block pre"):
        assert browser.all(css, element), css
    link = browser.css('a[href="https://example.com/"]', element)
    assert "noopener" in link.get_attribute("rel")
    assert browser.css("pre", element).text == "let x = 1 < 2"
    copy = browser.css(".copy-button", element)
    copy.click()
    until("the copy to be told", lambda: copy.text != "Copy")


def file_is_uploaded_and_downloaded(browser, world):
    """A file is uploaded with the composer and comes back byte for byte."""
    room, _ = world.space("Files", "Alice", "Bob")
    browser.open("alice", room)
    content = bytes(range(256)) * 40
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "größe & data.bin")
        with open(path, "wb") as file:
            file.write(content)
        browser.css("#composer-slot input[type=file]").send_keys(path)
        browser.wait_text(".composer-file", "10 KB")
        browser.send("see attached")
        chip = browser.wait_text(".file-chip", "größe & data.bin")
    assert "10 KB" in chip.text, chip.text
    message = world.rest("Bob").messages(room)[0]
    assert message["text"] == "see attached" and len(message["files"]) == 1, message
    chip.click()
    saved = until("the download", lambda: next(
        (n for n in os.listdir(browser.downloads) if "data" in n and not n.endswith(".crdownload")), None))
    with open(os.path.join(browser.downloads, saved), "rb") as file:
        assert file.read() == content


def files_are_dropped_and_previewed(browser, world):
    """A dropped or pasted picture is attached, and shown as a preview once sent."""
    room, _ = world.space("Drop", "Alice")
    browser.open("alice", room)
    drop = """
      const canvas = Object.assign(document.createElement('canvas'), {width: 40, height: 30});
      canvas.getContext('2d').fillRect(0, 0, 40, 30);
      const done = arguments[0];
      canvas.toBlob((blob) => {
        const data = new DataTransfer();
        data.items.add(new File([blob], 'black.png', {type: 'image/png'}));
        const paste = {bubbles: true, cancelable: true, clipboardData: data};
        document.querySelector('#composer-slot textarea').dispatchEvent(new ClipboardEvent('paste', paste));
        const pasted = document.querySelector('.composer-file')?.textContent;
        document.querySelector('.composer-file button')?.click();
        const left = document.querySelectorAll('.composer-file').length;
        const target = document.getElementById('timeline');
        for (const type of ['dragenter', 'dragover', 'drop'])
          target.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
        done([pasted, left]);
      });"""
    pasted, left = browser.driver.execute_async_script(drop)
    assert "black.png" in (pasted or "") and left == 0, (pasted, left)
    browser.wait_text(".composer-file", "black.png")
    assert not browser.css("#drop-veil").is_displayed()
    browser.composer.send_keys(Keys.ENTER)
    picture = browser.wait_css(".file-preview")
    until("the picture", lambda: browser.run("return arguments[0].naturalWidth", picture) == 40)


def scan_is_awaited(browser, world):
    """A file that is being scanned says so and becomes available by itself."""
    room, _ = world.space("Scan", "Alice")
    browser.open("alice", room)
    try:
        world.faults({"fileScan": {"state": "scanning", "times": 1, "retryAfter": 1}})
        with tempfile.NamedTemporaryFile(suffix=".txt") as file:
            file.write(b"scan me")
            file.flush()
            browser.css("#composer-slot input[type=file]").send_keys(file.name)
            browser.composer.send_keys(Keys.ENTER)
            browser.wait_text(".file-chip", "7 B")
    finally:
        world.no_faults()


def refusal_is_told(browser, world):
    """A refusal is shown in Webex's words, and the text is not lost."""
    room, _ = world.space("Refusal", "Alice")
    browser.open("alice", room)
    try:
        world.faults({"rest": [{"method": "POST", "path": "/v1/messages", "status": 429, "retryAfter": 3, "times": 1}]})
        browser.send("too fast")
        toast = browser.wait_css(".toast")
        assert "429" in toast.text and "3 s" in toast.text, toast.text
        until("the text to return", lambda: browser.composer.get_attribute("value") == "too fast")
    finally:
        world.no_faults()
    browser.composer.send_keys(Keys.ENTER)
    browser.wait_text(".message-body", "too fast")
