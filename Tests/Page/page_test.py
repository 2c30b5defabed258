#!/usr/bin/env python3
"""The simulator's web page in headless Chromium, as a person uses it.

  page_test.py --page http://127.0.0.1:8600            against a running simulator
  page_test.py --page URL --with-assistant             an assistant is connected to it, too
  ASSISTANT_BINARY=.build/debug/webex-assistant page_test.py
                                                       starts `webex-assistant demo` itself

Options: --only WORD (checks whose name or file has it), --screenshots DIR. One line per check; the exit
code is 1 when a check failed. Needs chromium, chromedriver, and selenium.
"""

import argparse
import inspect
import os
import re
import subprocess
import sys
import threading
import time
import traceback

import assistant_checks
import card_checks
import command_checks
import conversation_checks
import declared_checks
import page_checks
import safety_checks
import settings_checks
from browser import Browser
from webex import World

COMMANDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "commands.yaml")
MODULES = (page_checks, conversation_checks, card_checks, safety_checks)


class Demo:
    """`webex-assistant demo` as a child process, until the page's address appears in its output."""

    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary, "demo", "--commands-file", COMMANDS, *os.environ.get("DEMO_ARGUMENTS", "").split()],
            # The checks count messages; the greeting has tests of its own.
            env={**os.environ, "GREETING": "false"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.page, found = [], None, threading.Event()

        def read():
            for line in self.process.stdout:
                self.lines.append(line)
                match = re.search(r"http://(?:127\.0\.0\.1|localhost):\d+", line)
                if match and not self.page:
                    self.page = match[0]
                    found.set()
            found.set()

        threading.Thread(target=read, daemon=True).start()
        found.wait(60)
        if not self.page:
            self.stop()
            sys.exit(f"The demo told no address:\n{''.join(self.lines[-20:])}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def checks(arguments, world):
    """(sentence, function) of every check to run, in the order of the files."""
    modules = MODULES + ((settings_checks, command_checks, assistant_checks) if arguments.with_assistant else ())
    if world.is_fresh:
        modules += (declared_checks,)
    for module in modules:
        for function in list(vars(module).values()):
            if inspect.isfunction(function) and list(inspect.signature(function).parameters) == ["browser", "world"]:
                sentence = function.__doc__.strip().splitlines()[0].rstrip(".")
                name = f"{module.__name__}: {sentence}".lower()
                if not arguments.only or arguments.only.lower() in name:
                    yield sentence, function


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", help="the page's address")
    parser.add_argument("--with-assistant", action="store_true")
    parser.add_argument("--only", help="run the checks whose sentence or file has this word")
    parser.add_argument("--screenshots", metavar="DIR")
    arguments = parser.parse_args()
    demo = None
    if not arguments.page:
        binary = os.environ.get("ASSISTANT_BINARY") or parser.error("--page URL or ASSISTANT_BINARY is needed")
        demo = Demo(binary)
        arguments.page, arguments.with_assistant = demo.page, True
    passed, failed = 0, 0
    browser = None
    try:
        world = World(arguments.page, is_fresh=demo is not None)
        browser = Browser(arguments.page, arguments.screenshots)
        for sentence, function in checks(arguments, world):
            started = time.monotonic()
            try:
                function(browser, world)
                passed += 1
                print(f"pass  {sentence} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception as error:  # a check must not end the others
                failed += 1
                print(f"FAIL  {sentence}: {error}", flush=True)
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
                browser.screenshot("failed-" + re.sub(r"\W+", "-", sentence.lower())[:60])
    finally:
        if browser:
            browser.close()
        if demo:
            demo.stop()
    print(f"Ran {passed + failed} tests")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
