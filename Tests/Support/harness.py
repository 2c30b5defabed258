"""What the Python test suites share: the program as a process, people on the simulator, waiting.

Every suite is a unittest module that runs by itself (`python Tests/Strangers/test_strangers.py`)
or by scripts/test. ASSISTANT_BINARY names the program; the debug build is the default.
"""

import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ASSISTANT_BINARY") or str(ROOT / ".build/debug/webex-assistant")
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


def eventually(what: str, check, seconds: float = 20, detail=None):
    """The first true value of check(); fails the test with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            more = f"\n{detail()}" if detail else ""
            raise AssertionError(f"not within {seconds:.0f} s: {what}{more}")
        time.sleep(0.05)


class Reply(Exception):
    """An HTTP status that is not a success."""

    def __init__(self, status: int, body: str):
        super().__init__(f"HTTP {status}: {body[:500]}")
        self.status = status
        self.body = body


def call(method: str, url: str, token: str | None = None, body=None):
    """One JSON request; the decoded answer, or None for an empty one."""
    headers = {"content-type": "application/json"} if body is not None else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with LOOPBACK.open(request, timeout=30) as response:
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        raise Reply(error.code, error.read().decode(errors="replace")) from None
    return json.loads(text) if text else None


class Program:
    """webex-assistant as a process; its output is kept for waiting and for failure messages."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None,
                 directory: str | None = None):
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
                 if name in os.environ}
        self.process = subprocess.Popen(
            [BINARY, *arguments], env=clean | (environment or {}), cwd=directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # dies with the test
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())

    def output(self) -> str:
        return "\n".join(self.lines[-60:])

    def wait_for(self, pattern: str, seconds: float = 30) -> re.Match:
        def look():
            for line in list(self.lines):
                if match := re.search(pattern, line):
                    return match
            if self.process.poll() is not None:
                raise AssertionError(
                    f"ended with {self.process.returncode} before {pattern!r}:\n{self.output()}")
            return None

        return eventually(f"a line with {pattern!r}", look, seconds, self.output)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end in {seconds} s:\n{self.output()}") from None
        finally:
            self.reader.join(5)
            self.process.stdout.close()
        return self.process.returncode


class Simulator:
    """The loopback Webex as a process of its own."""

    def __init__(self):
        self.program = Program("simulator", "--port", "0", "--json")
        addresses = json.loads(self.program.wait_for(r"^\{.*baseURL.*\}$").group(0))
        self.base = addresses["baseURL"]
        self.api = addresses["apiBaseURL"]
        self.u2c = addresses["u2cURL"]
        self.llm = addresses["llmBaseURL"]
        self.bot_token = addresses["botToken"]
        self.state = call("GET", self.base + "/sim/state")
        self.bot = self.state["bot"]

    def stop(self):
        self.program.stop()

    def person(self, name: str) -> "Person":
        for person in self.state["people"]:
            if person["email"].startswith(name.lower() + "@"):
                return Person(self, person)
        raise KeyError(name)

    def record(self) -> dict:
        return call("GET", self.base + "/sim/record")

    def clear_record(self):
        call("DELETE", self.base + "/sim/record")

    def room(self, title: str) -> dict:
        return next(room for room in self.state["rooms"] if room["title"] == title)

    def direct_room(self, person: "Person") -> dict:
        wanted = {person.id, self.bot["id"]}
        return next(room for room in self.state["rooms"]
                    if room["type"] == "direct" and set(room["members"]) == wanted)


class Person:
    """Someone on the simulator who uses REST as a Webex client does."""

    def __init__(self, simulator: Simulator, record: dict):
        self.simulator = simulator
        self.id, self.email, self.token = record["id"], record["email"], record["token"]

    def rest(self, method: str, path: str, body=None):
        return call(method, self.simulator.api + path, self.token, body)

    def send(self, room: dict, text: str, parent: str | None = None, mention: bool = False) -> dict:
        if mention:
            text = f"<@personEmail:{self.simulator.bot['email']}> {text}"
        body = {"roomId": room["id"], "markdown": text}
        if parent:
            body["parentId"] = parent
        return self.rest("POST", "/messages", body)

    def messages(self, room: dict) -> list[dict]:
        """Everything in the space, oldest first."""
        query = urllib.parse.urlencode({"roomId": room["id"], "max": 200})
        return list(reversed(self.rest("GET", f"/messages?{query}")["items"]))

    def replies(self, room: dict, question: dict) -> list[dict]:
        """What the bot wrote in the thread of `question`, oldest first."""
        return [message for message in self.messages(room)
                if message.get("parentId") == question["id"]
                and message["personEmail"] == self.simulator.bot["email"]]


class Assistant:
    """`webex-assistant run` against a simulator, with a database of its own."""

    def __init__(self, simulator: Simulator, litellm_url: str, litellm_key: str | None = None,
                 model: str | None = None, **more: str):
        self.folder = tempfile.TemporaryDirectory(prefix="webex-assistant-test-")
        environment = {
            "WEBEX_API_TOKEN": simulator.bot_token,
            "WEBEX_API_BASE_URL": simulator.api,
            "WEBEX_U2C_URL": simulator.u2c,
            "LITELLM_BASE_URL": litellm_url,
            "DATABASE_PATH": self.folder.name + "/assistant.sqlite",
            "PROMPTS_DIR": str(ROOT / "prompts"),
            "ADMIN_ADDRESS": "127.0.0.1:0",
        } | more
        if litellm_key:
            environment["LITELLM_API_KEY"] = litellm_key
        if model:
            environment["LITELLM_MODEL"] = model
        self.program = Program("run", environment=environment, directory=self.folder.name)
        served = self.program.wait_for(r"health is served.*?(127\.0\.0\.1:\d+)").group(1)
        eventually("ready to hear events", lambda: self._is_ready(served),
                   detail=self.program.output)

    @staticmethod
    def _is_ready(address: str) -> bool:
        try:
            return call("GET", f"http://{address}/readyz")["ready"]
        except (Reply, urllib.error.URLError):
            return False

    def stop(self) -> int:
        status = self.program.stop()
        self.folder.cleanup()
        return status
