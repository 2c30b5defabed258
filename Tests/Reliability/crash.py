"""The crash suite: the program ends by SIGKILL at a named place, starts again, and nothing may be lost
or doubled. The places are those of Sources/CrashPoints/CrashPoint.swift; each has a row here or a reason.
"""

import json
import re
import sqlite3
import time

from bench import GIVEN_UP, ROOT, Bench, Failure, call
from judge import Allowed
from model import marker, text_of
from relay import Relay
from scenario import Scenario

POINTS = re.findall(
    r"(?:case |, |^\s+case )(\w+)(?: = \"([\w-]+)\")?",
    "\n".join(line for line in (ROOT / "Sources/CrashPoints/CrashPoint.swift").read_text()
              .split("#if DEBUG\n    private")[0].splitlines() if line.strip().startswith("case ")))
POINTS = [raw or name for name, raw in POINTS]

# After these the model has said everything and it is on record: it is not asked a second time.
KEPT = {"answer-kept", "final-editing", "final-edited", "finishing", "finished"}
# Before these it has not been asked.
UNASKED = {"received", "stored", "acked", "claimed", "fetched", "opened", "backfilling"}

# Deleting what is gone is fine; a killed process cannot know that it did it.
GONE = ("DELETE", r"^/v1/messages/", 404)
# The one try whether this Webex lets a card be edited.
CARD_EDIT = ("PUT", r"^/v1/messages/", 400)
# The same for a card that was replaced before the process was killed.
CARD_GONE = ("PUT", r"^/v1/messages/", 404)
ALLOWED = Allowed(rejections=(GONE,))
INTERRUPTED = r"I was interrupted while I ran `/note`"


class Kind:
    """A way to speak to the bot. `act` is what is interrupted; `prepare` came before, undisturbed."""

    allowed = ALLOWED
    #: place → how often it is passed, at least, by this kind.
    places: dict[str, int] = {}

    def settings(self) -> dict:
        return {}

    def prepare(self, bench: Bench) -> bool:
        return False

    def act(self, bench: Bench) -> None:
        raise NotImplementedError

    def limit(self, point: str, hit: int = 1) -> tuple[int, int]:
        return (1, 1) if point in KEPT | UNASKED else (1, 2)

    def check(self, bench: Bench, point: str) -> list[str]:
        return []


INTAKE = {"received": 1, "stored": 1, "acked": 1, "claimed": 1, "fetched": 1, "opened": 1}
ENDING = {"last-token": 1, "answer-kept": 1, "finishing": 1, "finished": 1}


class Question(Kind):
    def __init__(self, kind: str, group: bool, places: dict[str, int]):
        self.kind, self.group, self.places = kind, group, places

    def act(self, bench):
        parent = None
        if self.group:
            root = bench.person("bob").send(bench.group(), "A remark that is not for the bot.")
            parent = root["id"]
        self.question = bench.ask("alice", bench.group() if self.group else None, self.kind, parent)

    def limit(self, point, hit=1):
        # The first two of three messages get their last word while the model still writes.
        if self.kind == "long" and point.startswith("final-") and hit < 3:
            return (1, 2)
        return super().limit(point)


class Edited(Kind):
    """The question is reworded after its answer: answered again, in place."""

    def __init__(self, kind: str, to: str, places: dict[str, int]):
        self.kind, self.to, self.places = kind, to, places

    def prepare(self, bench):
        self.question = bench.ask(kind=self.kind)
        problems = bench.settle()
        if problems:
            raise Failure(f"before the crash: {problems}")
        return True

    def act(self, bench):
        self.question["kind"] = self.to
        bench.reword("alice", self.question)
        bench.expect(self.question, wording=2)

    def limit(self, point, hit=1):
        return (2, 2) if point in KEPT | UNASKED else (2, 3)


class Retry(Kind):
    def __init__(self, places: dict[str, int]):
        self.places = places

    def prepare(self, bench):
        self.question = bench.ask(kind="again")
        problems = bench.settle()
        if problems:
            raise Failure(f"before the crash: {problems}")
        return True

    def act(self, bench):
        name = self.question["name"]
        bench.person("alice").send(bench.direct("alice"), "/retry", parent=self.question["id"])
        bench.expect(self.question, texts=(text_of(name, "again", 1, 2),))

    def limit(self, point, hit=1):
        return (2, 2) if point in KEPT | UNASKED else (2, 3)

    def check(self, bench, point):
        # What stands is the last thing that the model said.
        calls = [call for call in bench.model.record() if call["id"] == self.question["name"]]
        bench.expect(self.question, calls=self.limit(point),
                     texts=(text_of(self.question["name"], "again", 1, len(calls)),))
        return []


class Card(Kind):
    allowed = Allowed(rejections=(GONE, CARD_EDIT, CARD_GONE))
    places = {"received": 1, "stored": 1, "acked": 1, "claimed": 1, "fetched": 1, "opened": 1,
              "posting": 1, "posted": 1, "card-posted": 1, "finishing": 1, "finished": 1}

    def act(self, bench):
        root = bench.person("alice").send(bench.direct("alice"), "/chat")
        root |= {"name": "chat", "room": bench.direct("alice"), "kind": "short",
                 "thread": root["id"]}
        bench.expect(root, texts=(), card=r"\"settings\": \"save\"", calls=(0, 0))

    def limit(self, point, hit=1):
        return (0, 0)


class Press(Card):
    places = {"received": 1, "stored": 1, "acked": 1, "claimed": 1, "fetched": 1, "opened": 1,
              "press-claimed": 1, "posting": 1, "posted": 1, "card-posted": 1, "finishing": 1,
              "finished": 1}

    def prepare(self, bench):
        Card.act(self, bench)
        self.root = bench.expected[-1].thread
        self.card = bench.card(self.root, "save")
        return True

    def act(self, bench):
        inputs = {"settings": "save", "temperature": "0.3"}
        for element in _inputs(self.card["content"]):
            inputs.setdefault(element["id"], element.get("value", ""))
        bench.press("alice", self.card["id"], inputs)
        bench.expected[-1].card = "Settings saved"


class Effect(Kind):
    """A declared command that changes something outside, after its confirmation."""

    allowed = Allowed(rejections=(GONE, CARD_EDIT, CARD_GONE))
    places = {"received": 1, "acked": 1, "claimed": 1, "fetched": 1, "opened": 1,
              "press-claimed": 1, "card-posted": 1, "effect-begun": 1, "effect-done": 1,
              "posting": 2, "posted": 2, "post-recorded": 2, "finishing": 1, "finished": 1}

    def prepare(self, bench):
        self.root = note(bench, "milk")
        self.card = bench.card(self.root["id"], "confirm")
        return True

    def act(self, bench):
        confirm(bench, self.card)

    def check(self, bench, point):
        lines = notes(bench)
        problems = [] if len(lines) <= 1 else [f"the command ran {len(lines)} times"]
        place = bench.direct("alice")["id"], self.root["id"]
        bench.expected = [
            _expected("card", *place, card="Confirmed by Alice"),
            _expected("said", *place, texts=("noted ",) if lines else (), told=(INTERRUPTED,)),
        ]
        return problems

    def limit(self, point, hit=1):
        return (0, 0)


def _expected(name, room, thread, **more):
    from judge import Expected
    return Expected(name, room, thread, calls=(0, 0), **more)


def _inputs(json_value) -> list[dict]:
    found = []
    if isinstance(json_value, dict):
        if str(json_value.get("type", "")).startswith("Input."):
            found.append(json_value)
        for value in json_value.values():
            found += _inputs(value)
    elif isinstance(json_value, list):
        for value in json_value:
            found += _inputs(value)
    return found


def declare(bench: Bench):
    """`/note WORDS` writes a line into a file, once it was confirmed."""
    with open(bench.folder + "/commands.yaml", "w") as file:
        file.write(f"""commands:
  - keyword: /note
    help: Writes something down
    confirm: true
    arguments:
      - name: words
        type: text
    run:
      program: /bin/sh
      arguments: ["-c", "echo \\"$0\\" >> {bench.folder}/notes; echo noted", "{{{{arguments.words}}}}"]
    reply: "{{{{output}}}}"
""")


def note(bench: Bench, words: str) -> dict:
    declare(bench)
    return bench.person("alice").send(bench.direct("alice"), f"/note {words}")


def confirm(bench: Bench, card: dict):
    def button(json_value):
        if isinstance(json_value, dict):
            if json_value.get("type") == "Action.Submit" and json_value.get("title") == "Confirm":
                return json_value["data"]
            json_value = list(json_value.values())
        for value in json_value if isinstance(json_value, list) else []:
            if (data := button(value)) is not None:
                return data
        return None

    bench.press("alice", card["id"], button(card["content"]))


def notes(bench: Bench) -> list[str]:
    try:
        with open(bench.folder + "/notes") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


KINDS: dict[str, callable] = {
    "direct question": lambda: Question("growing", False, INTAKE | ENDING | {
        "asked": 1, "posting": 1, "posted": 1, "post-recorded": 1, "editing": 2, "edited": 2,
        "final-editing": 1, "final-edited": 1}),
    "short question": lambda: Question("short", False, {
        "asked": 1, "last-token": 1, "answer-kept": 1, "posting": 1, "posted": 1,
        "post-recorded": 1, "finishing": 1, "finished": 1}),
    "mention in a thread": lambda: Question("growing", True, {
        "stored": 1, "acked": 1, "opened": 1, "posting": 1, "posted": 1, "post-recorded": 1,
        "editing": 1, "edited": 1, "answer-kept": 1, "final-editing": 1, "final-edited": 1,
        "finished": 1}),
    "answer of three messages": lambda: Question("long", False, {
        "posting": 3, "posted": 3, "post-recorded": 3, "answer-kept": 1, "last-token": 1,
        "final-editing": 2, "final-edited": 2, "finishing": 1}),
    "code as a file": lambda: Question("file", False, {
        "posting": 2, "posted": 2, "post-recorded": 2, "last-token": 1, "answer-kept": 1,
        "finishing": 1}),
    "/chat card": Card,
    "press on it": Press,
    "command with confirmation": Effect,
    "edited question": lambda: Edited("growing", "growing", {
        "received": 1, "stored": 1, "acked": 1, "claimed": 1, "opened": 1, "asked": 1,
        "editing": 2, "edited": 2, "last-token": 1, "answer-kept": 1, "final-editing": 1,
        "final-edited": 1, "finishing": 1, "finished": 1}),
    "long answer edited into a short one": lambda: Edited("long", "short", {
        "final-editing": 1, "final-edited": 1, "deleting": 2, "deleted": 2, "finishing": 1}),
    "retry": lambda: Retry({
        "received": 1, "stored": 1, "claimed": 1, "opened": 1, "asked": 1, "last-token": 1,
        "answer-kept": 1, "final-editing": 1, "final-edited": 1, "finishing": 1, "finished": 1}),
}


def at_point(kind_name: str, point: str, hit: int):
    def work(bench: Bench) -> list[str]:
        kind = KINDS[kind_name]()
        declare(bench)
        run = bench.start()
        if kind.prepare(bench):
            wait_for_calm(bench)
            run.end()
            run = None
        if run:
            run.end()
        run = bench.start(crash=f"{point}:{hit}")
        kind.act(bench)
        if bench.expected:
            bench.expected[-1].calls = kind.limit(point, hit)
        run.until_killed(45, f"{point}:{hit}", lambda: is_over(bench))
        bench.start()
        wait_for_calm(bench)
        problems = kind.check(bench, point)
        return problems + bench.settle(kind.allowed)

    return work


def is_over(bench: Bench) -> bool:
    try:
        return not bench.busy()
    except Failure:
        return False  # it has just ended


def wait_for_calm(bench: Bench, seconds: float = 90):
    bench.eventually("everything to be done", lambda: not bench.busy(), seconds, 0.1)


def through_relay(bench: Bench) -> Relay:
    """From here on the program reaches the simulator over a wire that can be cut."""
    relay = Relay(int(bench.simulator.base.rsplit(":", 1)[1]))
    old, new = (name.decode() for name in relay.names)
    for key in ("WEBEX_API_BASE_URL", "WEBEX_U2C_URL"):
        bench.settings[key] = bench.settings[key].replace(old, new)
    bench.relay = relay
    return relay


# --- killed otherwise -----------------------------------------------------------------------------


def while_post_hangs(kind: str, group: bool = False, which: int = 1):
    """Webex has the message and its answer never comes; the process is killed in between."""
    def work(bench: Bench) -> list[str]:
        relay = through_relay(bench)
        run = bench.start()
        # From there on what the program sends arrives, and what comes back is lost.
        relay.deafen_at(b"POST /v1/messages", which)
        bench.ask("alice", bench.group() if group else None, kind)
        bench.eventually("the message to be there", lambda: len(bench.of_bot()) >= which)
        run.kill()
        relay.heal()
        bench.start()
        bench.expected[-1].calls = (1, 2)
        return bench.settle(ALLOWED)

    return work


def while_edit_hangs(bench: Bench) -> list[str]:
    relay = through_relay(bench)
    run = bench.start()
    relay.deafen_at(b"PUT /v1/messages/")
    bench.ask(kind="growing")
    bench.eventually("an edit to be there", lambda: any(
        len(message["versions"]) > 1 for message in bench.of_bot()))
    run.kill()
    relay.heal()
    bench.start()
    bench.expected[-1].calls = (1, 2)
    return bench.settle(ALLOWED)


def in_a_row(points: list[str], kind: str, calls: tuple[int, int]):
    """Killed at one place after the other of the same turn."""
    def work(bench: Bench) -> list[str]:
        for number, point in enumerate(points):
            run = bench.start(crash=point, ready=number == 0)
            if number == 0:
                bench.ask(kind=kind)
            run.until_killed(60, point)
        bench.start()
        bench.expected[-1].calls = calls
        return bench.settle(ALLOWED)

    return work


def until_given_up(point: str):
    """The same turn ends the process each time: it is given up with a sentence, not for ever tried."""
    def work(bench: Bench) -> list[str]:
        bench.start().end()
        kills = 0
        asked = None
        while kills < 12:
            run = bench.start(crash=point, ready=False)
            if asked is None:
                bench.eventually("ready", lambda: bench.is_ready(run), 60)
                asked = bench.ask(kind="short", expect=False)
            deadline = time.monotonic() + 25
            while run.is_running and time.monotonic() < deadline:
                if is_over(bench) and bench.of_bot():
                    break
                time.sleep(0.1)
            if run.is_running:
                break
            kills += 1
        if kills < 2 or kills >= 12:
            return [f"killed {kills} times"]
        bench.expect(asked, texts=(), told=(GIVEN_UP,), calls=(0, kills))
        bench.figures = {"kills": kills}
        bench.run.end()
        bench.start()
        bench.ask()
        return bench.settle(ALLOWED)

    return work


def during_flood(bench: Bench) -> list[str]:
    """Forty people ask five questions each; the process is killed three times meanwhile."""
    names = bench.crowd(40)
    bench.start()
    for _ in range(5):
        for name in names:
            bench.ask(name)
        if len(bench.runs) < 4:
            bench.run.kill()
            bench.start(ready=False)
    for question in bench.expected:
        question.calls = (1, 4)
    return bench.settle(Allowed(rejections=(GONE,), storm=(3000, 10)), seconds=150)


def while_mercury_is_down(bench: Bench) -> list[str]:
    run = bench.start()
    bench.faults(mercury={"handshake": {"status": 503, "times": 6}})
    bench.mercury("close", code=1006)
    bench.ask(kind="growing")
    # It may have come just before, and be asked again.
    bench.expected[-1].calls = (1, 2)
    time.sleep(0.5)
    run.kill()
    bench.start(ready=False)
    bench.ask("bob")
    return bench.settle(ALLOWED, seconds=150)


def in_migration(bench: Bench) -> list[str]:
    """A database of the release before, with a question that waits; killed while it is changed."""
    bench.start().end()
    run = bench.start(crash="stored")
    bench.ask()
    run.until_killed(30, "stored")
    older(bench.database)
    run = bench.start(crash="migrating", ready=False)
    run.until_killed(30, "migrating")
    bench.start()
    return bench.settle(ALLOWED)


def older(path: str):
    """Takes the fourth migration back, as if the release before had written the file."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA foreign_keys = OFF")
        names = [row[0] for row in connection.execute(
            "SELECT identifier FROM grdb_migrations ORDER BY rowid")]
        newer = [name for name in names if not name.startswith(("1 ", "2 ", "3 "))]
        if not newer:
            raise Failure("this build has no migration beyond the third")
        for kind in ("trigger", "index", "table"):
            for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = ? AND name IN "
                    "('answer', 'send', 'echo', 'meta', 'event_failed', 'send_place')",
                    (kind,)).fetchall():
                connection.execute(f"DROP {kind} {name}")
        old = {
            "event": {"sequence", "activityID", "spaceID", "json", "state", "attempts",
                      "receivedAt", "finishedAt", "outcome"},
            "space": {"id", "roomID", "isDirect", "firstSeenAt", "historySince", "greetedAt"},
            "reply": {"messageID", "turnID", "position", "edits", "threadID"},
        }
        for table, columns in old.items():
            indices = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?",
                (table,)).fetchall()
            for column in [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]:
                if column in columns:
                    continue
                for name, sql in indices:
                    if sql and re.search(rf"\b{column}\b", sql):
                        connection.execute(f'DROP INDEX IF EXISTS "{name}"')
                connection.execute(f'ALTER TABLE {table} DROP COLUMN "{column}"')
        connection.execute("UPDATE event SET state = 'waiting' WHERE finishedAt IS NULL")
        for name in newer:
            connection.execute("DELETE FROM grdb_migrations WHERE identifier = ?", (name,))
        connection.commit()
    finally:
        connection.close()


def in_backfill(bench: Bench) -> list[str]:
    """Asked while it was down and Webex forgot the events; killed while it looks for them."""
    bench.start()
    bench.ask()
    problems = bench.settle()
    bench.run.end()
    bench.faults(mercury={"loseWhileOffline": True})
    bench.ask()
    bench.ask("bob", bench.group())
    run = bench.start(crash="backfilling", ready=False)
    run.until_killed(60, "backfilling")
    bench.start()
    return problems + bench.settle(ALLOWED)


def scenarios(options: dict) -> list[Scenario]:
    found = []
    for kind, make in KINDS.items():
        for point, hits in make().places.items():
            for hit in range(1, hits + 1):
                found.append(Scenario(
                    f"{kind}: {point}:{hit}",
                    "answered exactly once, with the exact text, whenever the process is killed",
                    at_point(kind, point, hit), settings=make().settings()))
    others = [
        ("killed while a POST hangs", "looked for before it is sent again",
         while_post_hangs("growing")),
        ("killed while a POST hangs, in a group", "looked for before it is sent again",
         while_post_hangs("growing", True)),
        ("killed while the second POST hangs", "looked for before it is sent again",
         while_post_hangs("long", False, 2)),
        ("killed while the POST of a file hangs", "looked for before it is sent again",
         while_post_hangs("file", False, 2)),
        ("killed while an edit hangs", "edited on in the same message", while_edit_hangs),
        ("killed twice", "a second death changes nothing",
         in_a_row(["posted:1", "editing:1"], "growing", (1, 3))),
        ("killed four times", "nor do the third and the fourth",
         in_a_row(["fetched", "posting:1", "edited:1", "finishing"], "growing", (1, 4))),
        ("killed again and again before the answer", "given up with a sentence",
         until_given_up("asked")),
        ("killed again and again before it is read", "given up with a sentence",
         until_given_up("fetched")),
        ("killed three times in a flood", "nothing lost, nothing doubled", during_flood),
        ("killed while Mercury is down", "answered once it is back", while_mercury_is_down),
        ("killed in a migration", "the old database opens at the next start", in_migration),
        ("killed in the backfill", "what was missed is answered once", in_backfill),
    ]
    found += [Scenario(name, promise, work) for name, promise, work in others]
    covered = {scenario.name.split(": ")[1].split(":")[0] for scenario in found
               if ": " in scenario.name} | {"migrating", "backfilling"}
    for point in POINTS:
        if point not in covered:
            found.append(Scenario(f"no row: {point}", "each place has a row", _missing(point)))
    return found


def _missing(point: str):
    return lambda bench: [f"the place {point} has no row in crash.py"]
