"""Chaos: random questions, edits, presses, stops and retries of several people while faults come and
go and the program is killed. The same seed makes the same plan; at the end all is healed and judged.
"""

import random
import time

from bench import Bench, Failure, call
from crash import CARD_EDIT, CARD_GONE, GONE, POINTS, _inputs, through_relay
from faults import CUT, EVERY
from judge import Allowed, Expected
from model import text_of
from scenario import Scenario

LENGTH = 12.0
STOPPED = (r"(?s)^(Answer to {0}.*)?_Stopped\b.*_$",)
#: What a person may be told where the model fails or a message cannot be had.
FAILED = (r"^The model (failed|cannot be reached|took too long|is busy|sent an empty)",
          r"^The answer was cut off before it began",
          r"^Webex failed when I asked for your message")
NOT_KILLING = {"backfilling", "migrating", "received"}


class Plan:
    """What happens when, as plain values; made from the seed alone."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.actions: list[tuple[float, str, dict]] = []
        #: Events are forgotten while it is offline: then nobody presses, for presses cannot be listed.
        self.is_forgetful = seed % 3 == 2
        self.has_cuts = seed % 4 == 3
        self.crashes = seed % 2 == 0
        choose = self.random
        places = [("alice", None), ("bob", None), ("alice", "Deploy desk"), ("bob", "Deploy desk"),
                  ("carol", "Deploy desk"), ("bob", "Reading club")]
        kinds = ["short"] * 6 + ["growing"] * 3 + ["long", "file"]
        for _ in range(choose.randint(8, 14)):
            who, room = choose.choice(places)
            self.add("ask", 0, LENGTH, who=who, room=room, kind=choose.choice(kinds),
                     inThread=bool(room) and choose.random() < 0.4)
        for _ in range(choose.randint(0, 3)):
            self.add("reword", 1, LENGTH, which=choose.random())
        if choose.random() < 0.5:
            self.add("stop", 2, LENGTH, who="bob", room=None)
        # Carol asks the same again and again, in a space of her own.
        if choose.random() < 0.6:
            self.add("ask", 0, 3, who="carol", room=None, kind="again", inThread=False)
            for _ in range(choose.randint(1, 2)):
                self.add("retry", 3, LENGTH)
        if not self.is_forgetful and choose.random() < 0.6:
            self.add("card", 0, 5, who="alice", room="Reading club")
            self.add("press", 6, LENGTH)
        for _ in range(choose.randint(2, 5)):
            self._fault(choose)
        for _ in range(choose.randint(1, 3)):
            self.add(choose.choice(["kill", "kill", "restart"]), 1, LENGTH,
                     after=round(choose.uniform(0, 1.5), 2), crash=self._crash(choose))
        self.actions.sort(key=lambda action: action[0])

    def add(self, name: str, first: float, last: float, **values):
        self.actions.append((round(self.random.uniform(first, last), 2), name, values))

    def _crash(self, choose) -> str | None:
        if not self.crashes:
            return None
        points = [point for point in POINTS if point not in NOT_KILLING]
        return f"{choose.choice(points)}:{choose.randint(1, 4)}"

    def _fault(self, choose):
        kind = choose.choice(["rest", "rest", "rest", "mercury", "socket", "wire", "model"])
        values: dict = {"lasts": round(choose.uniform(0.5, 4), 2)}
        if kind == "rest":
            method, path = choose.choice([("POST", "/v1/messages"), ("PUT", "/v1/messages/*"),
                                          ("GET", "/v1/messages/*"), ("DELETE", "/v1/messages/*")])
            rule = {"method": method, "path": path, "times": choose.randint(1, 4)}
            rule |= choose.choice([
                {"status": 429, "retryAfter": choose.randint(1, 3)}, {"status": 503},
                {"status": 502}, {"drop": True}, {"apply": "afterCommit", "drop": True},
                {"apply": "afterCommit", "status": 502}, {"delayMs": 1500}])
            values["rule"] = rule
        elif kind == "mercury":
            values["switch"] = choose.choice([
                {"duplicate": 1}, {"reorder": True}, {"sequenceGap": True}, {"delayMs": 300},
                {"handshake": {"status": 503, "times": 2}}, {"fragments": 3},
                {"redeliverSameEnvelopeId": True}])
        elif kind == "socket":
            values["command"] = choose.choice([
                {"action": "close", "code": 1006}, {"action": "close", "code": 1011},
                {"action": "reset"}, {"action": "shutdown"}])
        elif kind == "wire":
            values["how"] = choose.choice(["reset", "deafen", "silence", "gone"])
        else:
            values["fault"] = choose.choice(
                [{"status": 429, "retryAfter": 1, "times": 2}, {"hang": 3}, {"slow": 2, "times": 3},
                 *([{"cut": 200}, {"errorFrame": 150}] if self.has_cuts else [])])
        self.add(kind, 0.5, LENGTH - 1, **values)


class Play:
    """Performs a plan on a bench."""

    def __init__(self, bench: Bench, plan: Plan):
        self.bench, self.plan = bench, plan
        self.relay = through_relay(bench)
        self.questions: list[dict] = []
        self.heals: list[tuple[float, callable]] = []
        self.rules: list[dict] = []
        self.mercury: dict = {}
        self.kills = 0
        self.model_faults = 0
        self.retries: list[dict] = []
        self.cards: list[tuple[dict, Expected]] = []
        self.stops: list[Expected] = []
        self.armed: str | None = None

    def perform(self):
        bench = self.bench
        bench.start()
        bench.faults(mercury=self.mercury)
        started = time.monotonic()
        for at, name, values in self.plan.actions:
            self._until(started + at)
            getattr(self, f"do_{name}")(**values)
        self._until(started + LENGTH)
        for _, heal in self.heals:
            heal()
        self.relay.heal()
        bench.no_faults()
        bench.model.set_faults()
        if bench.run.is_running and self.armed:
            bench.run.kill()  # what it was to die of never came
            self.kills += 1
        self._revive()
        if not bench.run.is_running:
            bench.start(ready=False)

    def _until(self, moment: float):
        while True:
            now = time.monotonic()
            for heal in [heal for heal in self.heals if heal[0] <= now]:
                self.heals.remove(heal)
                heal[1]()
            self._revive()
            if now >= moment:
                return
            time.sleep(min(0.05, moment - now))

    def _revive(self):
        """A program that reached its crash point is started again; any other end is a mistake."""
        run = self.bench.run
        if run.is_running:
            # Short disconnects are replayed; a start looks for what was forgotten before it.
            if "loseWhileOffline" in self.mercury and run.readiness().get("ready"):
                self._forget(False)
            return
        code = run.process.returncode
        if code == -9 and self.armed:
            self.armed = None
            self.kills += 1
            self.bench.start(ready=False)
        elif code != -9:
            raise Failure(f"ended by itself with {code}: {' / '.join(run.lines[-3:])}")

    def _room(self, who: str, room: str | None) -> dict:
        return self.bench.group(room) if room else self.bench.direct(who)

    # --- people -------------------------------------------------------------------------------

    def do_ask(self, who: str, room: str | None, kind: str, inThread: bool):
        place = self._room(who, room)
        earlier = [question for question in self.questions if question["room"]["id"] == place["id"]]
        parent = earlier[-1]["thread"] if inThread and earlier else None
        question = self.bench.ask(who, place, kind, parent)
        question |= {"who": who, "wording": 1}
        self.questions.append(question)

    def do_reword(self, which: float):
        able = [question for question in self.questions if question["kind"] in ("short", "growing")]
        if able:
            question = able[int(which * len(able))]
            question["wording"] += 1
            self.bench.reword(question["who"], question, question["wording"])

    def do_stop(self, who: str, room: str | None):
        place = self._room(who, room)
        message = self.bench.person(who).send(place, "/stop")
        name = self.bench.name()
        self.stops.append(Expected(
            name, place["id"], message["id"], told=(r"^I am not writing an answer here",),
            calls=(0, 0), must=False, ordered=False))
        for question in self.questions:
            if question["room"]["id"] == place["id"]:
                question["stopped"] = True

    def do_retry(self):
        asked = [question for question in self.questions if question["kind"] == "again"]
        if asked:
            question = asked[-1]
            question["retries"] = question.get("retries", 0) + 1
            self.bench.person("carol").send(question["room"], "/retry", parent=question["thread"])

    def do_card(self, who: str, room: str | None):
        place = self._room(who, room)
        text = f"<@personEmail:{self.bench.simulator.bot['email']}> /chat"
        message = self.bench.person(who).send(place, text)
        card = Expected(self.bench.name(), place["id"], message["id"],
                        card=r"\"settings\": \"save\"", calls=(0, 0))
        self.cards.append(({"who": who}, card))

    def do_press(self):
        for how, card in self.cards:
            for message in self.bench.of_bot(card.thread):
                content = message["versions"][-1].get("card")
                if content and not how.get("pressed"):
                    inputs = {"settings": "save", "temperature": "0.3"}
                    for element in _inputs(content):
                        inputs.setdefault(element["id"], element.get("value", ""))
                    try:
                        self.bench.press(how["who"], message["id"], inputs)
                    except Exception:  # noqa: BLE001 - it has just been taken away
                        continue
                    how["pressed"] = True
                    # With no device at Webex, as after SIGTERM, nobody hears of a press.
                    heard = call("GET", self.bench.simulator.base + "/sim/devices")["devices"]
                    card.card = "Settings saved" if heard else r"Settings saved|\"settings\": \"save\""

    # --- faults -------------------------------------------------------------------------------

    def _later(self, seconds: float, heal):
        self.heals.append((time.monotonic() + seconds, heal))

    def do_rest(self, rule: dict, lasts: float):
        self.rules.append(rule)
        self.bench.faults(rest=self.rules)

        def heal():
            self.rules.remove(rule)
            self.bench.faults(rest=self.rules)

        self._later(lasts, heal)

    def do_mercury(self, switch: dict, lasts: float):
        self.mercury |= switch
        self.bench.faults(mercury=self.mercury)

        def heal():
            for key in switch:
                self.mercury.pop(key, None)
            self.bench.faults(mercury=self.mercury)

        self._later(lasts, heal)

    def do_socket(self, command: dict, lasts: float):
        self.bench.mercury(**command)

    def do_wire(self, how: str, lasts: float):
        if how == "reset":
            return self.relay.reset()
        if how == "gone":
            self.relay.close()
            self.relay.reset()
        else:
            getattr(self.relay, how)()
        self._later(lasts, self.relay.heal)

    def do_model(self, fault: dict, lasts: float):
        self.model_faults += fault.get("times", 1)
        self.bench.model.set_faults(fault)
        self._later(lasts, self.bench.model.set_faults)

    def _forget(self, does: bool):
        """Whether Webex forgets what comes while nobody is connected."""
        if does and self.plan.is_forgetful:
            self.mercury["loseWhileOffline"] = True
        else:
            self.mercury.pop("loseWhileOffline", None)
        self.bench.faults(mercury=self.mercury)

    def do_kill(self, after: float, crash: str | None):
        if self.bench.run.is_running:
            self.bench.run.kill()
            self.kills += 1
        self._forget(True)
        self._start(after, crash)

    def do_restart(self, after: float, crash: str | None):
        if self.bench.run.is_running:
            # Within its drain time; an answer that is cut there goes on after the start.
            code = self.bench.run.end()
            # Before its first line it listens to no signal yet.
            if code not in (0, -9) and not (code == -15 and not self.bench.run.lines):
                raise Failure(f"SIGTERM: status {code}: {self.bench.run.lines[-1:]}")
            self.kills += 1
        self._forget(True)
        self._start(after, crash)

    def _start(self, after: float, crash: str | None):
        time.sleep(after)
        self.armed = crash
        self.bench.start(crash=crash, ready=False)

    # --- what must have come of it --------------------------------------------------------------

    def expect(self):
        bench = self.bench
        last = {question["room"]["id"]: question for question in self.questions}
        for question in self.questions:
            name, kind, wording = question["name"], question["kind"], question["wording"]
            # Only the last question of a space is surely answered anew when it is edited.
            wordings = [wording] if question is last[question["room"]["id"]] else range(1, wording + 1)
            most = 1 + self.kills + self.model_faults * 4 + (wording - 1) * (1 + self.kills)
            most += question.get("retries", 0) * (1 + self.kills)
            told = FAILED if self.model_faults else FAILED[2:]
            told += (CUT.format(name),) if self.plan.has_cuts else ()
            if question.get("stopped"):
                told += tuple(pattern.format(name) for pattern in STOPPED)
            more = {"told": told, "calls": (0 if question.get("stopped") or told else 1, most),
                    "ordered": False}
            if kind == "file":
                bench.expect(question, **more)
            elif kind == "again":
                calls = len([call for call in bench.model.record() if call["id"] == name])
                texts = tuple(text_of(name, kind, 1, call) for call in range(1, calls + 1))
                bench.expect(question, texts=texts, **more)
            else:
                bench.expect(question, texts=tuple(text_of(name, kind, w) for w in wordings), **more)
        names = {question["name"] for question in self.questions}
        bench.expected = [question for question in bench.expected if question.id in names]
        bench.expected += [card for _, card in self.cards] + self.stops


ALLOWED = Allowed(
    rejections=(*EVERY, GONE, CARD_EDIT, CARD_GONE), storm=(500, 10), refused=(120, 10),
    # Beside an answer that was given again elsewhere in its thread.
    extra=(r"^_Answered again, above\._$", r"^There is no question here that I could answer again",
           r"^This card was already used"))


def chaos(seed: int):
    def work(bench: Bench) -> list[str]:
        play = Play(bench, Plan(seed))
        try:
            play.perform()
            bench.eventually("the program to be ready", lambda: bench.is_ready(), 60)
            end = time.monotonic() + 90
            while bench.busy() and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            play.expect()
        problems = bench.settle(ALLOWED, seconds=60)
        play.expect()  # the model may have been asked since
        bench.figures = {"kills": play.kills, "questions": len(play.questions)}
        if problems:
            problems.append("plan: " + "; ".join(
                f"{at:.1f} {name} {_brief(values)}" for at, name, values in play.plan.actions))
        return problems

    return work


def _brief(values: dict) -> str:
    return " ".join(str(value) for value in values.values() if value not in (None, False))


def scenarios(options: dict) -> list[Scenario]:
    count = options.get("seeds") or 30
    first = options.get("seed")
    seeds = [first] if first is not None else range(1, count + 1)
    return [Scenario(f"seed {seed}", "nothing lost, nothing doubled", chaos(seed),
                     alone=f"scripts/reliability chaos --seed {seed}") for seed in seeds]
