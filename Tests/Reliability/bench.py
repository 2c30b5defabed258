"""One scenario's bench: a simulated Webex, a model and the program, each a process or server of its own
on loopback. The program can be killed and started again on the same database.
"""

import ctypes
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
from harness import BINARY, ROOT, Reply, Simulator, call  # noqa: E402

from judge import Allowed, Expected, Seen, judge  # noqa: E402
from model import ASKED, SECRET, Model, file_parts, marker, text_of  # noqa: E402

KEY = "sk-reliability-secret-key"
GIVEN_UP = r"^(Something went wrong on my side\.|I could not finish this: my program ended)"


class Failure(AssertionError):
    """A scenario did not get where it had to."""


class Run:
    """One life of the program."""

    def __init__(self, environment: dict[str, str], directory: str, arguments=("run",)):
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
                 if name in os.environ}
        self.process = subprocess.Popen(
            [BINARY, *arguments], env=clean | environment, cwd=directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # dies with the test
        self.lines: list[str] = []
        self.admin: str | None = None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            text = line.decode(errors="replace").rstrip()
            self.lines.append(text)
            if self.admin is None and (
                    found := re.search(r"health is served.*?(127\.0\.0\.1:\d+)", text)):
                self.admin = found.group(1)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def readiness(self) -> dict:
        """The body of /readyz; empty while nothing answers there."""
        if not self.admin or not self.is_running:
            return {}
        try:
            return call("GET", f"http://{self.admin}/readyz")
        except Reply as reply:
            try:
                return json.loads(reply.args[0].split(": ", 1)[1])
            except (ValueError, IndexError):
                return {"ready": False}
        except (OSError, http.client.HTTPException):
            return {}

    def end(self, number: int = signal.SIGTERM, seconds: float = 40) -> int:
        if self.is_running:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"did not end within {seconds:.0f} s of signal {number}") from None
        finally:
            self.reader.join(5)
            self.process.stdout.close()
        return self.process.returncode

    def kill(self):
        self.end(signal.SIGKILL)

    def until_killed(self, seconds: float, what: str, is_over=lambda: False):
        """Waits for the program to end itself by SIGKILL, as a crash point does; not any longer once
        everything is done and was done for three seconds.
        """
        deadline, over = time.monotonic() + seconds, None
        while self.is_running:
            over = (over or time.monotonic()) if is_over() else None
            if time.monotonic() > deadline or over and time.monotonic() > over + 3:
                raise Failure(f"{what} was never reached")
            time.sleep(0.05)
        code = self.process.returncode
        self.reader.join(5)
        if code != -signal.SIGKILL:
            raise Failure(f"ended with {code} instead of at {what}: {' / '.join(self.lines[-3:])}")


class _People:
    def __init__(self, simulator: Simulator):
        self.api, self.bot = simulator.api.replace("/v1", "//v1"), simulator.bot


class Bench:
    def __init__(self, **settings: str):
        self.simulator = Simulator()
        self.model = Model()
        self.folder = tempfile.mkdtemp(prefix="reliability-")
        self.database = self.folder + "/assistant.sqlite"
        self.settings = {
            "WEBEX_API_TOKEN": self.simulator.bot_token,
            "WEBEX_API_BASE_URL": self.simulator.api,
            "WEBEX_U2C_URL": self.simulator.u2c,
            "LITELLM_BASE_URL": self.model.url,
            "LITELLM_API_KEY": KEY,
            "LITELLM_MODEL": "known",
            "DATABASE_PATH": self.database,
            "PROMPTS_DIR": str(ROOT / "prompts"),
            "ADMIN_ADDRESS": "127.0.0.1:0",
            "GREETING": "false",
            "LOG_LEVEL": "debug",
        } | settings
        self.runs: list[Run] = []
        self.expected: list[Expected] = []
        self.count = 0
        self.lock = threading.Lock()
        #: Devices that nobody listens on: their events wait for ever.
        self.has_foreign_devices = False

    # --- the program's lives ------------------------------------------------------------------

    @property
    def run(self) -> Run:
        return self.runs[-1]

    def start(self, crash: str | None = None, ready: bool = True, **more: str) -> Run:
        environment = self.settings | more
        if crash:
            environment["WEBEX_ASSISTANT_CRASH_AT"] = crash
        run = Run(environment, self.folder)
        self.runs.append(run)
        if ready:
            self.eventually("the program to be ready", lambda: self.is_ready(run), 60)
        return run

    def is_ready(self, run: Run | None = None) -> bool:
        run = run or self.run
        if not run.is_running:
            raise Failure(f"ended with {run.process.returncode}: {' / '.join(run.lines[-4:])}")
        return run.readiness().get("ready") is True

    def close(self):
        for run in self.runs:
            if run.is_running:
                run.process.kill()
                run.process.wait()
        self.model.stop()
        self.simulator.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def eventually(self, what: str, check, seconds: float = 30, pause: float = 0.05):
        deadline = time.monotonic() + seconds
        while True:
            if value := check():
                return value
            if time.monotonic() > deadline:
                raise Failure(f"not within {seconds:.0f} s: {what}")
            time.sleep(pause)

    # --- people -------------------------------------------------------------------------------

    def person(self, name: str):
        """Somebody whose requests no fault rule takes: their path has one more slash."""
        person = self.simulator.person(name)
        person.simulator = _People(self.simulator)
        return person

    def direct(self, name: str) -> dict:
        return self.simulator.direct_room(self.person(name))

    def group(self, title: str = "Deploy desk") -> dict:
        return self.simulator.room(title)

    def crowd(self, count: int) -> list[str]:
        """So many more people, each with a direct space with the bot."""
        base, names = self.simulator.base, []
        for number in range(1, count + 1):
            name = f"guest{number}"
            call("POST", base + "/sim/people",
                 body={"email": f"{name}@example.com", "displayName": f"Guest {number}"})
            call("POST", base + "/sim/rooms", body={
                "type": "direct",
                "members": [f"{name}@example.com", self.simulator.bot["email"]]})
            names.append(name)
        self.simulator.state = call("GET", base + "/sim/state")
        return names

    def name(self) -> str:
        with self.lock:
            self.count += 1
            return f"q{self.count}"

    def ask(self, who: str = "alice", room: dict | None = None, kind: str = "short",
            parent: str | None = None, expect: bool = True, **more) -> dict:
        """A question; what must come of it is expected. Returns the message, its name as `name`."""
        room = room or self.direct(who)
        name = self.name()
        mention = room["type"] == "group"
        message = self.person(who).send(
            room, marker(name, kind), parent=parent, mention=mention)
        message["name"], message["room"], message["kind"] = name, room, kind
        message["thread"] = parent or message["id"]
        if expect:
            self.expect(message, **more)
        return message

    def expect(self, message: dict, wording: int = 1, **more) -> Expected:
        name, kind = message["name"], message["kind"]
        fields = {"texts": (text_of(name, kind, wording),)}
        if kind == "file":
            fields = {"file": file_parts(name, wording)}
        expected = Expected(name, message["room"]["id"], message["thread"], **(fields | more))
        with self.lock:  # floods ask from several threads
            self.expected = [old for old in self.expected if old.id != name] + [expected]
        return expected

    def reword(self, who: str, message: dict, wording: int = 2, kind: str | None = None) -> None:
        room = message["room"]
        text = marker(message["name"], kind or message["kind"], wording)
        if room["type"] == "group":
            text = f"<@personEmail:{self.simulator.bot['email']}> {text}"
        self.person(who).rest("PUT", f"/messages/{message['id']}",
                              {"roomId": room["id"], "markdown": text})

    def press(self, who: str, card: str, inputs: dict) -> dict:
        return self.person(who).rest(
            "POST", "/attachment/actions",
            {"type": "submit", "messageId": card, "inputs": inputs})

    # --- Webex --------------------------------------------------------------------------------

    def faults(self, **groups):
        call("POST", self.simulator.base + "/sim/faults", body=groups)

    def no_faults(self):
        call("DELETE", self.simulator.base + "/sim/faults")

    def rule(self, **rule):
        self.faults(rest=[rule])

    def mercury(self, action: str, **more):
        call("POST", self.simulator.base + "/sim/mercury", body={"action": action} | more)

    def watched(self) -> list[dict]:
        return call("GET", self.simulator.base + "/sim/messages")["messages"]

    def of_bot(self, thread: str | None = None) -> list[dict]:
        return [message for message in self.watched()
                if message["personEmail"] == self.simulator.bot["email"]
                and not message.get("deleted")
                and (thread is None or message.get("parentId") == thread)]

    def card(self, thread: str, words: str, seconds: float = 30) -> dict:
        """The newest card in a thread that has these words, with its content."""
        def look():
            for message in reversed(self.of_bot(thread)):
                card = message["versions"][-1].get("card")
                if card and words in json.dumps(card, ensure_ascii=False):
                    return {"id": message["id"], "content": card}
            return None

        return self.eventually(f"a card with {words!r}", look, seconds)

    # --- the end ------------------------------------------------------------------------------

    def in_store(self) -> dict[str, int]:
        """What the database says is not done yet."""
        questions = {
            "events": "SELECT count(*) FROM event WHERE finishedAt IS NULL",
            "sends": "SELECT count(*) FROM send WHERE givenUpAt IS NULL",
            "notices": "SELECT count(*) FROM notice",
            "gap": "SELECT count(*) FROM meta WHERE key = 'gapSince'",
        }
        found = {}
        try:
            connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=2)
        except sqlite3.Error:
            return found
        try:
            for name, sql in questions.items():
                try:
                    found[name] = connection.execute(sql).fetchone()[0]
                except sqlite3.OperationalError:
                    pass  # a table of a later schema
        finally:
            connection.close()
        return found

    def busy(self) -> str:
        """What is still going on, in words; empty when nothing is."""
        if not self.run.is_running:
            raise Failure(f"ended by itself with {self.run.process.poll()}:"
                          f" {' / '.join(self.run.lines[-4:])}")
        health = self.run.readiness()
        if not health.get("ready"):
            return f"not ready ({health.get('mercury')}, database {health.get('database')})"
        for name in ("runningAnswers", "waitingMessages"):
            if health.get(name):
                return f"{health[name]} {name}"
        if not self.has_foreign_devices and (pending := call("GET", self.simulator.base + "/sim/mercury")["pending"]):
            return f"{pending} events without an ack"
        for name, count in self.in_store().items():
            if count:
                return f"{count} {name} open in the database"
        return ""

    def seen(self, files: bool = True) -> Seen:
        messages = self.watched()
        bot = self.simulator.bot["email"]
        cards, contents = {}, {}
        for message in messages:
            if message["personEmail"] != bot or message.get("deleted"):
                continue
            if card := message["versions"][-1].get("card"):
                cards[message["id"]] = json.dumps(card, ensure_ascii=False)
            if files and message.get("files"):
                contents[message["id"]] = self._content(message)
        return Seen(
            bot=bot, messages=messages, requests=self.simulator.record()["requests"],
            calls=self.model.record(), files=contents, cards=cards,
            logs=[line for run in self.runs for line in run.lines],
            secrets=(self.settings["WEBEX_API_TOKEN"], KEY, ASKED, SECRET))

    def _content(self, message: dict) -> str:
        from harness import LOOPBACK
        import urllib.request

        for person in self.simulator.state["people"]:
            try:
                read = call("GET", f"{self.simulator.api}/messages/{message['id']}",
                            person["token"])
                request = urllib.request.Request(
                    read["files"][0], headers={"authorization": f"Bearer {person['token']}"})
                with LOOPBACK.open(request, timeout=10) as response:
                    return response.read().decode()
            except (Reply, urllib.error.HTTPError, KeyError):
                continue
        return ""

    def activity(self) -> tuple:
        """Changes whenever anything happens at Webex or at the model."""
        messages = self.watched()
        requests = [request for request in self.simulator.record()["requests"]
                    if request.get("tokenOwner") == self.simulator.bot["email"]]
        return (len(messages), sum(len(message["versions"]) for message in messages),
                sum(1 for message in messages if message.get("deleted")), len(requests),
                len(self.model.calls))

    def settle(self, allowed: Allowed | None = None, seconds: float = 90, calm: float = 1.5,
               ready: bool = True) -> list[str]:
        """Waits until everything is done and nothing has moved for `calm` seconds; then judges."""
        deadline = time.monotonic() + seconds
        last, since, why = None, time.monotonic(), "nothing was looked at"
        while True:
            now = self.activity()
            if now != last:
                last, since = now, time.monotonic()
            why = self.busy() if ready else ""
            if not why and time.monotonic() - since >= calm:
                return judge(self.seen(), self.expected, allowed)
            if time.monotonic() > deadline:
                problems = judge(self.seen(), self.expected, allowed)
                return [f"not quiet after {seconds:.0f} s: {why or 'something goes on and on'}",
                        *problems]
            time.sleep(0.1 if not why else 0.2)

    def keep(self, folder: pathlib.Path, problems: list[str]):
        """What one needs to understand a failure."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "problems.txt").write_text("\n".join(problems) + "\n")
        for number, run in enumerate(self.runs, 1):
            (folder / f"run-{number}.log").write_text("\n".join(run.lines) + "\n")
        try:
            (folder / "record.json").write_text(json.dumps(
                {"messages": self.watched(), "calls": self.model.record(),
                 "expected": [question.__dict__ for question in self.expected],
                 "record": self.simulator.record()}, indent=1, ensure_ascii=False))
            shutil.copy(self.database, folder / "assistant.sqlite")
            for end in ("-wal", "-shm"):
                if os.path.exists(self.database + end):
                    shutil.copy(self.database + end, folder / f"assistant.sqlite{end}")
        except (OSError, Reply, urllib.error.URLError):
            pass
