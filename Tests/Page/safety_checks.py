"""Checks that nothing that a person or a bot writes becomes code or markup of the page."""

from browser import until

ATTACKS = [
    "<script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    "<svg onload='window.hurt = 1'><script>window.hurt = 1</script></svg>",
    "<a href='javascript:window.hurt=1' onclick='window.hurt=1'>link</a>",
    "<a href=' java&#10;script:window.hurt=1'>link</a>",
    "<a href='data:text/html,<script>1</script>'>link</a>",
    "<iframe srcdoc='<script>parent.hurt = 1</script>'></iframe>",
    "<p style='position:fixed;inset:0' onmouseover='window.hurt=1'>cover</p>",
    "<math><mtext><table><mglyph><style><img src=x onerror='window.hurt=1'></style></mglyph></table></mtext></math>",
    "<form action='https://evil.example'><input name=password><button>go</button></form>",
    "<template><script>window.hurt = 1</script></template><base href='https://evil.example/'>",
    "<spark-mention data-object-type='person' onclick='window.hurt=1'><b>Bob</b></spark-mention>",
    "<pre><code class='language-x\" onmouseover=\"window.hurt=1'>code</code></pre>",
    "<div>" * 500 + "deep" + "</div>" * 500,
]

SANITIZE = """
  const done = arguments[1];
  import('/js/sanitize.js').then(({ messageFragment }) => {
    const host = document.createElement('div');
    host.id = 'attack-host';
    for (const html of arguments[0]) host.append(messageFragment(html, 'me'));
    document.getElementById('timeline').append(host);
    for (const element of host.querySelectorAll('*')) element.dispatchEvent(new Event('mouseover'));
    const names = [...host.querySelectorAll('*')].map((e) => e.localName);
    const attributes = [...host.querySelectorAll('*')].flatMap((e) => [...e.attributes].map((a) => a.name));
    const links = [...host.querySelectorAll('a')].map((a) => a.href);
    const text = host.textContent;
    setTimeout(() => { host.remove(); done([names, attributes, links, text, window.hurt ?? null]); }, 300);
  });"""


def attacks_are_inert(browser, world):
    """Hostile HTML in a message leaves only text and harmless elements."""
    browser.open("alice")
    names, attributes, links, text, hurt = browser.driver.execute_async_script(SANITIZE, ATTACKS)
    assert hurt is None
    harmful = {"script", "img", "iframe", "form", "input", "style", "base", "math", "template", "object", "embed"} & set(names)
    assert not harmful, harmful
    odd = {name for name in attributes if name.startswith("on") or name in ("style", "srcdoc", "action")}
    assert not odd, odd
    assert links == [], links
    assert "link" in text and "deep" in text and "@Bob" in text
    browser.driver.get_log("browser")  # the content policy names what it found in the parsed text


def messages_are_not_markup(browser, world):
    """The same attacks sent through Webex stay inert, in text, Markdown and the space's title."""
    room, title = world.space("<img src=x onerror='window.hurt=1'>", "Alice", "Bob")
    rest = world.rest("Bob")
    for attack in ATTACKS[:-1]:
        rest.post(room, text=attack)
        rest.post(room, markdown=attack + "\n\n[a](javascript:window.hurt=1)")
    rest.post(room, html=ATTACKS[1], text="x")
    last = rest.post(room, text="the last one")
    browser.open("alice", room)
    browser.message(last["id"])
    assert browser.css("#conversation-title h1").text == title
    assert browser.run("return window.hurt ?? null") is None
    assert not browser.all(".message-body img, .message-body script, .message-body iframe, .message-body form")
    bad = browser.run("return [...document.querySelectorAll('.timeline a')].map((a) => a.href).filter((h) => !/^(https?|mailto):/.test(h))")
    assert bad == [], bad


def cards_are_not_markup(browser, world):
    """Hostile cards stay inert: addresses, titles, ids, styles, nesting."""
    deep = {"type": "TextBlock", "text": "deep"}
    for _ in range(60):
        deep = {"type": "Container", "items": [deep]}
    room, _ = world.space("Card attack", "Alice")
    message = world.bot.card(room, {
        "type": "AdaptiveCard", "version": "1.3",
        "body": [
            {"type": "TextBlock", "text": "<img src=x onerror=window.hurt=1> [x](javascript:window.hurt=1)", "wrap": True,
             "color": "default x\" onclick=\"window.hurt=1"},
            {"type": "Image", "url": "javascript:window.hurt=1", "altText": "none"},
            {"type": "Image", "url": "http://outside.example/pixel.png"},
            {"type": "Container", "style": "emphasis\" onclick=\"x", "minHeight": "1px;position:fixed", "backgroundImage": "javascript:1"},
            {"type": "Input.ChoiceSet", "id": "__proto__", "choices": [{"title": "<b>t</b>", "value": "v"}]},
            {"type": "Input.Text", "id": "bad", "regex": "("},
            {"type": "<script>", "text": "x"}, None, 7, "text", deep,
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "javascript:window.hurt=1"},
                    {"type": "Action.Execute", "title": "Run"}],
    })
    browser.open("alice", room)
    card = browser.wait_css(".card", browser.message(message["id"]))
    assert "<img src=x" in card.text
    opened = browser.button("Open", card)
    assert opened.get_attribute("href") is None
    opened.click()
    assert not browser.button("Run", card).is_enabled()
    assert not browser.all("img", card), "no image from an address that is not allowed"
    assert browser.run("return window.hurt ?? null") is None


def console_is_clean(browser, world):
    """No script error and no breach of the content policy in all the checks before."""
    browser.open("alice")
    until("the page", lambda: browser.all(".space"))
    problems = browser.collect_log()
    assert problems == [], problems[:5]
