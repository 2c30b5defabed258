"""Headless Chromium for the page's tests: finding, waiting, typing. Used by page_test.py."""

import os
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException, MoveTargetOutOfBoundsException, StaleElementReferenceException)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

WAIT = 15  # seconds that anything local may take on a busy machine


def until(what, condition, timeout=WAIT):
    """The first true value of `condition`, asked again until `timeout` seconds have passed."""
    end = time.monotonic() + timeout
    while True:
        try:
            value = condition()
        except (StaleElementReferenceException, ElementClickInterceptedException, MoveTargetOutOfBoundsException):
            value = None  # redrawn or moved meanwhile
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s for: {what}")
        time.sleep(0.05)


class Browser:
    def __init__(self, page, screenshots=None):
        self.page, self.screenshots = page.rstrip("/"), screenshots
        self.downloads = tempfile.mkdtemp(prefix="page-downloads-")
        options = webdriver.ChromeOptions()
        for flag in ("--no-sandbox", "--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--window-size=1280,860", "--lang=en-GB"):
            options.add_argument(flag)
        options.binary_location = next(
            path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path)
        options.add_experimental_option("prefs", {"download.default_directory": self.downloads})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": self.downloads})
        self.problems = []

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.downloads, ignore_errors=True)

    def open(self, person="alice", room=None, page=None):
        self.collect_log()
        self.driver.get(f"{page or self.page}/?as={person}")
        until("the live events", lambda: self.all(".connection-live"))
        if room:
            self.enter(room)

    def enter(self, room):
        self.wait_css(f'[data-room-id="{room}"]').click()
        until("the space to be open", lambda: self.all(f'[data-room-id="{room}"][aria-selected="true"]'))
        until("its messages to be loaded", lambda: not self.all(".timeline-note"))

    def emulate(self, scheme):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    # Finding

    def all(self, css, within=None):
        return (within or self.driver).find_elements(By.CSS_SELECTOR, css)

    def css(self, css, within=None):
        return (within or self.driver).find_element(By.CSS_SELECTOR, css)

    def wait_css(self, css, within=None, timeout=WAIT):
        return until(css, lambda: next((e for e in self.all(css, within) if e.is_displayed()), None), timeout)

    def message(self, message_id):
        return self.wait_css(f'[data-message-id="{message_id}"]')

    def button(self, title, within):
        xpath = f'.//*[self::button or self::a][normalize-space()="{title}"]'
        return until(f"button {title}", lambda: next(iter(within.find_elements(By.XPATH, xpath)), None))

    def wait_text(self, css, text, timeout=WAIT):
        """The first element of `css` that shows `text`."""
        return until(f"{text!r} in {css}", lambda: next((e for e in self.all(css) if text in e.text), None), timeout)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # Writing

    @property
    def composer(self):
        return self.css("#composer-slot textarea")

    def write(self, text, area=None):
        (area or self.composer).send_keys(text)

    def send(self, text, area=None):
        self.write(text, area)
        (area or self.composer).send_keys(Keys.ENTER)

    def message_action(self, message, name):
        """Presses Reply, Edit or Delete, which show while the pointer is on the message."""
        button = self.css(f'[data-action="{name}"]', message)

        def pressed():
            # Again and again: an answer that comes meanwhile moves the message away from the pointer.
            webdriver.ActionChains(self.driver).move_to_element(self.css(".message-head", message)).perform()
            if self.run("return getComputedStyle(arguments[0].parentNode).opacity", button) == "1":
                button.click()
                return True
        until(f"{name} to be pressed", pressed)

    # Looking

    def hover_nothing(self):
        webdriver.ActionChains(self.driver).move_to_element(self.css("#connection")).perform()

    def screenshot(self, name):
        if self.screenshots:
            os.makedirs(self.screenshots, exist_ok=True)
            self.driver.save_screenshot(os.path.join(self.screenshots, f"{name}.png"))

    def collect_log(self):
        """Keeps the console's errors; a refused request (an HTTP status) is a test's own doing."""
        for entry in self.driver.get_log("browser"):
            text = entry["message"]
            refused = "Failed to load resource" in text or "ERR_INTERNET_DISCONNECTED" in text
            if entry["level"] == "SEVERE" and not refused:
                self.problems.append(text)
        return self.problems
