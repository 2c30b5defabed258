"""The fault suite: each fault of the event connection, of REST, of the model and of the disk as a
scenario. Each name is a row of docs/reliability.md.
"""

import glob
import os
import re
import signal
import sqlite3
import subprocess
import time

from bench import KEY, Bench, Failure, Run, call
from crash import (
    ALLOWED, CARD_EDIT, GONE, _expected, confirm, declare, note, notes, through_relay, wait_for_calm)
from judge import Allowed, _time, judge
from model import marker, text_of
from relay import Relay
from scenario import Scenario

MESSAGES = r"^/v1/messages"
TOLD_LATER = r"Please (try `/retry`|ask again|send it again)|`/retry`"
#: Refusals that the scenario injects, whatever the path.
EVERY = tuple((method, "^/v1/", status) for method in ("GET", "POST", "PUT", "DELETE")
              for status in (401, 403, 404, 429, 500, 502, 503, 504))
INJECTED = Allowed(rejections=(*EVERY, GONE))


def sockets(bench: Bench) -> list[dict]:
    return bench.simulator.record()["sockets"]


def answered(bench: Bench, *kinds: str, allowed: Allowed = ALLOWED, **more) -> list[str]:
    for kind in kinds:
        bench.ask(kind=kind)
    return bench.settle(allowed, **more)


# --- the event connection -------------------------------------------------------------------------


def breaks(*commands: dict, handshake: dict | None = None):
    """The socket breaks while an answer is being written, and more is asked meanwhile."""
    def work(bench: Bench) -> list[str]:
        bench.start()
        bench.ask(kind="growing")
        bench.eventually("the answer to begin", lambda: bench.of_bot())
        if handshake:
            bench.faults(mercury={"handshake": handshake})
        for command in commands:
            bench.mercury(**command)
        bench.ask("bob")
        bench.ask("alice", bench.group())
        return bench.settle(ALLOWED)

    return work


def silent_socket(fault: dict):
    def work(bench: Bench) -> list[str]:
        bench.start()
        first = len(sockets(bench))
        begun = time.monotonic()
        bench.faults(mercury=fault)
        bench.eventually("a new connection", lambda: len(sockets(bench)) > first, 45)
        bench.figures = {"seconds": round(time.monotonic() - begun, 1)}
        bench.no_faults()
        problems = answered(bench, "short")
        # Its ping may just have been answered: 15 s until the next, 14 s for that one's answer.
        if bench.figures["seconds"] > 32:
            problems.append(f"noticed after {bench.figures['seconds']} s only")
        return problems

    return work


def half_open(bench: Bench) -> list[str]:
    """The wire takes bytes and delivers none, in the middle of an answer."""
    relay = through_relay(bench)
    run = bench.start()
    bench.ask(kind="growing")
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    relay.silence()
    bench.ask("bob")
    begun = time.monotonic()
    bench.eventually("the program to notice", lambda: run.readiness().get("ready") is False, 45)
    bench.figures = {"seconds": round(time.monotonic() - begun, 1)}
    relay.heal()
    problems = bench.settle(Allowed(rejections=(GONE,)), seconds=150)
    if bench.figures["seconds"] > 32:
        problems.append(f"noticed after {bench.figures['seconds']} s only")
    return problems


def wire(action, seconds: float, kind: str = "growing"):
    """What the wire does in the middle of an answer, and for how long."""
    def work(bench: Bench) -> list[str]:
        relay = through_relay(bench)
        bench.start()
        bench.ask(kind=kind)
        bench.eventually("the answer to begin", lambda: bench.of_bot())
        action(relay)
        bench.ask("bob")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not bench.run.is_running:
                return [f"ended with {bench.run.process.returncode}"]
            time.sleep(0.1)
        relay.heal()
        bench.ask("carol")
        return bench.settle(Allowed(rejections=(GONE,)), seconds=150)

    return work


def gone(relay: Relay):
    """As a proxy or a network that dies: everything is reset, nothing is taken."""
    relay.close()
    relay.reset()


def webex_hangs(bench: Bench) -> list[str]:
    """All of Webex stands still for forty seconds, as far as the program can see."""
    run = bench.start()
    bench.ask(kind="growing")
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    simulator = bench.simulator.program.process
    simulator.send_signal(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        bench.eventually("the program to notice",
                         lambda: run.readiness().get("ready") is False, 50)
        bench.figures = {"seconds": round(time.monotonic() - begun, 1)}
    finally:
        simulator.send_signal(signal.SIGCONT)
    bench.ask("bob")
    return bench.settle(ALLOWED, seconds=150)


def device_deleted(bench: Bench) -> list[str]:
    bench.start()
    call("DELETE", bench.simulator.base + "/sim/devices")
    bench.ask()
    return bench.settle(ALLOWED)


def device_cap(bench: Bench) -> list[str]:
    """The cap is reached with old devices of our own name and one of somebody else's."""
    wdm = bench.simulator.base + "/wdm/api/v1/devices"
    names = ["mine", "mine", "somebody else's"]
    for name in names:
        call("POST", wdm, bench.simulator.bot_token, {
            "deviceName": name, "deviceType": "WEB" if name == "mine" else "DESKTOP",
            "localizedModel": "test", "model": "test", "name": name, "systemName": "test",
            "systemVersion": "1"})
    bench.faults(wdm={"post403Times": 1})
    bench.has_foreign_devices = True
    bench.start(DEVICE_NAME="mine")
    problems = answered(bench, "short", allowed=Allowed(rejections=(GONE,)))
    left = call("GET", bench.simulator.base + "/sim/devices")["devices"]
    if not any(device["name"] == "somebody else's" for device in left):
        problems.append("a device of another name was removed")
    return problems


def replaced(bench: Bench) -> list[str]:
    run = bench.start()
    bench.mercury("close", code=4000, reason="replaced")
    code = run.process.wait(30)
    run.reader.join(5)
    problems = [] if code != 0 else ["it ended with status 0"]
    if "took over" not in "\n".join(run.lines):
        problems.append("it does not say why")
    bench.start()
    return problems + answered(bench, "short")


def two_processes(bench: Bench) -> list[str]:
    return _two(bench)


def two_of_one_name(bench: Bench) -> list[str]:
    bench.settings["DEVICE_NAME"] = "the one name"
    return _two(bench)


def _two(bench: Bench) -> list[str]:
    """With the same database the second refuses; with another one the older is replaced."""
    problems = []
    older = bench.start()
    second = Run(bench.settings, bench.folder)
    if second.process.wait(30) == 0 or "another process uses this database" not in _said(second):
        problems.append("the second on the same database did not refuse")
    if not older.is_running:
        problems.append("the first on the same database ended")
    newer = Run(bench.settings | {"DATABASE_PATH": bench.folder + "/other.sqlite"}, bench.folder)
    bench.runs.append(newer)
    bench.database = bench.folder + "/other.sqlite"
    try:
        if older.process.wait(20) == 0 or "took over" not in _said(older):
            problems.append("the older one did not end with a clear message")
    except subprocess.TimeoutExpired:
        problems.append("both run, and both answer")
        older.kill()
    bench.eventually("the newer one to be ready", lambda: bench.is_ready(newer), 30)
    return problems + answered(bench, "short")


def _said(run: Run) -> str:
    run.reader.join(5)
    return "\n".join(run.lines)


def delivered(**fault):
    """Mischief with deliveries while people ask."""
    def work(bench: Bench) -> list[str]:
        bench.start()
        bench.faults(mercury=fault)
        bench.ask(kind="growing")
        for _ in range(3):
            bench.ask("bob")
            bench.ask("alice", bench.group())
        bench.mercury("close", code=1006)
        bench.ask("bob")
        return bench.settle(ALLOWED)

    return work


def lost_events(bench: Bench) -> list[str]:
    """Webex loses events, and the numbers of the next ones show it: they are looked for."""
    bench.start()
    bench.ask()
    wait_for_calm(bench)
    bench.faults(mercury={"wrongRegion": True})  # an event that never comes
    bench.ask("bob")
    bench.faults(mercury={"sequenceGap": True})
    bench.ask("carol")
    return bench.settle(ALLOWED)


def forgotten_offline(bench: Bench) -> list[str]:
    """Disconnected for more than a minute, and Webex does not replay what came meanwhile."""
    bench.start()
    bench.ask()
    wait_for_calm(bench)
    bench.faults(mercury={"loseWhileOffline": True, "handshake": {"status": 503}})
    bench.mercury("close", code=1006)
    bench.ask("bob")
    bench.ask("alice", bench.group())
    bench.ask("alice", bench.group("Reading club"), kind="growing")
    bench.person("bob").send(bench.group(), "Not for the bot.")
    time.sleep(62)  # a shorter one is Mercury's to replay
    bench.faults(mercury={"loseWhileOffline": True})
    return bench.settle(ALLOWED, seconds=150)


def forgotten_while_down(bench: Bench) -> list[str]:
    bench.start()
    bench.ask()
    wait_for_calm(bench)
    bench.run.end()
    bench.faults(mercury={"loseWhileOffline": True})
    for _ in range(3):
        bench.ask("bob")
    bench.ask("alice", bench.group())
    bench.start()
    return bench.settle(ALLOWED)


def many_missed(bench: Bench) -> list[str]:
    """Thirty people ask while it is down and Webex forgets it: listed page by page, oldest first."""
    names = bench.crowd(30)
    bench.start()
    bench.ask()
    wait_for_calm(bench)
    bench.run.end()
    bench.faults(mercury={"loseWhileOffline": True})
    for _ in range(2):
        for name in names:
            bench.ask(name)
    for _ in range(12):
        bench.ask("alice", bench.group())
    bench.start()
    return bench.settle(Allowed(rejections=(GONE,), storm=(1500, 10)), seconds=150)


def edited_while_down(bench: Bench) -> list[str]:
    bench.start()
    question = bench.ask("bob", kind="growing")
    wait_for_calm(bench)
    bench.run.end()
    bench.faults(mercury={"loseWhileOffline": True})
    bench.reword("bob", question)
    bench.expect(question, wording=2, calls=(2, 2))
    bench.start()
    return bench.settle(ALLOWED)


def stopped_in_an_answer(bench: Bench) -> list[str]:
    """SIGTERM: the running answer ends first; what is asked meanwhile is answered after the start."""
    run = bench.start()
    bench.ask(kind="growing")
    bench.ask()
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    code = run.end()
    bench.ask("bob")
    bench.start()
    problems = bench.settle(ALLOWED)
    return problems + ([f"status {code}"] if code else [])


def late_echo(group: bool):
    """The answer to the POST is lost and its echo comes only after it was sent again: one goes."""
    def work(bench: Bench) -> list[str]:
        bench.start()
        bench.model.set_faults({"hang": 1.5})
        bench.ask("alice", bench.group() if group else None, "short")
        bench.eventually("the model to be asked", lambda: bench.model.calls)
        bench.faults(mercury={"delayMs": 16_000}, rest=[post(apply="afterCommit", drop=True)])
        bench.eventually("the message to be there", lambda: bench.of_bot())
        # The delay holds for what comes after it as well: only this one echo is late.
        bench.faults(mercury={})
        time.sleep(17)
        return bench.settle(ALLOWED)

    return work


def dead_letter(bench: Bench) -> list[str]:
    """What was given up is listed with its reason, and answered when the operator says so."""
    bench.start()
    bench.faults(mercury={"delayMs": 400})
    bad = bench.ask(calls=(0, 1))
    bench.faults(rest=[{"method": "GET", "path": f"/v1/messages/{bad['id']}", "status": 403}])
    wait_for_calm(bench)
    bench.no_faults()
    code, said = program(bench, "dead-letters")
    problems = [] if code == 0 and "alice@example.com" in said else [
        f"dead-letters: status {code}: {said[-300:]}"]
    if marker("x")[:4] in said:
        problems.append("dead-letters shows what was said")
    code, said = program(bench, "dead-letters", "--retry", "all")
    if code:
        problems.append(f"dead-letters --retry: status {code}: {said[-300:]}")
    bench.expected.append(_expected("told", bench.direct("alice")["id"], bad["id"],
                                    told=(r"^Webex does not let me read your message",)))
    bench.expected.reverse()  # the sentence stands first
    bench.eventually("the answer", lambda: len(bench.of_bot(bad["id"])) > 1, 60)
    return problems + bench.settle(INJECTED)


def nothing_before_the_install(bench: Bench) -> list[str]:
    """What was said before the program was there is nobody's question."""
    bench.ask(expect=False)
    bench.ask("alice", bench.group(), expect=False)
    bench.start()
    bench.ask("bob")
    return bench.settle(ALLOWED)


def too_old(bench: Bench) -> list[str]:
    """What is older than the setting is not answered, and its person is told once."""
    bench.start()
    bench.ask()
    wait_for_calm(bench)
    bench.run.end()
    bench.faults(mercury={"loseWhileOffline": True})
    for _ in range(2):
        first = bench.ask("bob", texts=(), told=(r"^I was out of reach for a while",),
                          calls=(0, 0), must=False)
    time.sleep(16)
    bench.ask("carol")
    bench.start(BACKFILL_MAX_AGE="15")
    problems = bench.settle(ALLOWED)
    told = [message for message in bench.of_bot() if message["roomId"] == first["room"]["id"]]
    if len(told) != 1:
        problems.append(f"told {len(told)} times")
    return problems


def clock(bench: Bench, seconds: int):
    """Webex's time, so far from the machine's."""
    call("POST", bench.simulator.base + "/sim/clock", body={"offsetMs": seconds * 1000})


def wrong_clock(hours: int):
    """The machine's clock is wrong by hours: what was missed is found by Webex's times alone."""
    def work(bench: Bench) -> list[str]:
        clock(bench, hours * 3600)
        bench.ask("carol", expect=False)  # before the installation
        bench.start()
        bench.ask()
        wait_for_calm(bench)
        bench.run.end()
        bench.faults(mercury={"loseWhileOffline": True})
        bench.ask("bob")
        bench.ask("alice", bench.group())
        bench.start()
        return bench.settle(ALLOWED)

    return work


def token(bench: Bench, **values):
    call("POST", bench.simulator.base + "/sim/tokens", body=values)


def token_revoked(bench: Bench) -> list[str]:
    """The token is refused for some time: no storm, not ready, and it recovers by itself."""
    run = bench.start()
    bench.ask(kind="growing")
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    token(bench, token=bench.simulator.bot_token, revoked=True, closeSockets=True)
    begun = time.monotonic()
    bench.eventually("it is not ready", lambda: run.readiness().get("ready") is False, 20)
    while time.monotonic() - begun < 12:
        if not run.is_running:
            return [f"ended with {run.process.returncode}: {run.lines[-1]}"]
        time.sleep(0.2)
    tries = [request for request in bench.simulator.record()["requests"]
             if request["status"] == 401]
    bench.figures = {"refused in 12 s": len(tries)}
    token(bench, token=bench.simulator.bot_token, revoked=False)
    bench.ask("bob")
    problems = bench.settle(Allowed(rejections=EVERY, refused=(25, 10)), seconds=120)
    if len(tries) > 15:
        problems.append(f"{len(tries)} refused requests in 12 s")
    return problems


def token_exchanged(bench: Bench) -> list[str]:
    """The token of WEBEX_API_TOKEN_FILE is exchanged: read again, without a restart."""
    path = bench.folder + "/token"
    old, new = bench.simulator.bot_token, "sim-another-bot-token"
    with open(path, "w") as file:
        file.write(old + "\n")
    del bench.settings["WEBEX_API_TOKEN"]
    bench.settings["WEBEX_API_TOKEN_FILE"] = path
    run = bench.start()
    bench.ask()
    wait_for_calm(bench)
    token(bench, token=new, email=bench.simulator.bot["email"])
    token(bench, token=old, revoked=True, closeSockets=True)
    bench.ask("bob")
    bench.eventually("it is not ready", lambda: run.readiness().get("ready") is False, 30)
    with open(path, "w") as file:
        file.write(new + "\n")
    bench.settings["WEBEX_API_TOKEN"] = new  # never in a log
    return bench.settle(Allowed(rejections=EVERY, refused=(25, 10)), seconds=120)


# --- REST -----------------------------------------------------------------------------------------


def refused(kind: str, *rules: dict, group: bool = False, seconds: float = 90,
            allowed: Allowed = INJECTED, calls: tuple[int, int] = (1, 1)):
    """Requests of the bot fail as the rules say."""
    def work(bench: Bench) -> list[str]:
        bench.start()
        bench.faults(rest=list(rules))
        bench.ask("alice", bench.group() if group else None, kind, calls=calls)
        return bench.settle(allowed, seconds=seconds)

    return work


def post(**more) -> dict:
    return {"method": "POST", "path": "/v1/messages", "times": 1} | more


def put(**more) -> dict:
    return {"method": "PUT", "path": "/v1/messages/*", "times": 1} | more


def lost_card(bench: Bench) -> list[str]:
    bench.start()
    bench.faults(rest=[post(apply="afterCommit", drop=True)])
    root = bench.person("alice").send(bench.direct("alice"), "/chat")
    bench.expected = [_expected("chat", bench.direct("alice")["id"], root["id"],
                                card=r"\"settings\": \"save\"")]
    return bench.settle(Allowed(rejections=(GONE, CARD_EDIT)))


def lost_command(bench: Bench) -> list[str]:
    """The answer of a command that had an effect: the effect happens once."""
    declare(bench)
    bench.start()
    root = note(bench, "milk")
    card = bench.card(root["id"], "Confirm")
    wait_for_calm(bench)
    bench.faults(rest=[{"method": "POST", "path": "/v1/messages", "apply": "afterCommit",
                        "drop": True, "times": 2}])
    confirm(bench, card)
    place = bench.direct("alice")["id"], root["id"]
    bench.expected = [_expected("card", *place, card="Confirmed by Alice"),
                      _expected("said", *place, texts=("noted ",))]
    bench.eventually("the effect", lambda: notes(bench), 30)
    problems = bench.settle(Allowed(rejections=(GONE, CARD_EDIT)))
    if notes(bench) != ["milk"]:
        problems.append(f"the effect happened {len(notes(bench))} times")
    return problems


def lost_sign(bench: Bench) -> list[str]:
    """The waiting notice, whose POST is lost, is gone at the end."""
    bench.start()
    bench.model.set_faults({"slow": 2})
    bench.ask(kind="growing")
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    bench.faults(rest=[post(apply="afterCommit", drop=True)])
    bench.ask()
    return bench.settle(ALLOWED)


def one_message_fails(status: int):
    """Webex fails for one message and serves all others: the others are answered meanwhile."""
    def work(bench: Bench) -> list[str]:
        bench.start()
        bench.faults(mercury={"delayMs": 400})
        bad = bench.ask("alice", bench.group(), ordered=False)
        bench.faults(rest=[{"method": "GET", "path": f"/v1/messages/{bad['id']}",
                            "status": status}])
        good = bench.ask("bob", bench.group())
        bench.faults(mercury={})
        bench.eventually("the other question to be answered",
                         lambda: bench.of_bot(good["id"]), 60)
        problems = []
        if bench.of_bot(bad["id"]):
            problems.append("the bad one is answered although Webex never gave it")
        bench.no_faults()
        return problems + bench.settle(INJECTED, seconds=150)

    return work


def one_of_a_space_fails(bench: Bench) -> list[str]:
    """The same within one space: the failing one is put aside after a while, the next is answered."""
    bench.start()
    bench.faults(mercury={"delayMs": 400})
    bad = bench.ask(ordered=False)
    bench.faults(rest=[{"method": "GET", "path": f"/v1/messages/{bad['id']}", "status": 502}])
    good = bench.ask(ordered=False)
    bench.faults(mercury={})
    bench.eventually("the next question to be answered", lambda: bench.of_bot(good["id"]), 60)
    bench.no_faults()
    return bench.settle(INJECTED, seconds=150)


def forbidden_message(bench: Bench) -> list[str]:
    """What cannot pass is not tried again: the person is told, and the operator can list it."""
    bench.start()
    bench.faults(mercury={"delayMs": 400})
    bad = bench.ask(texts=(), told=(r"^Webex does not let me read your message",), calls=(0, 0))
    bench.faults(rest=[{"method": "GET", "path": f"/v1/messages/{bad['id']}", "status": 403}])
    problems = bench.settle(INJECTED)
    tries = [request for request in bench.simulator.record()["requests"]
             if request["status"] == 403]
    if len(tries) > 2:
        problems.append(f"asked {len(tries)} times for what is forbidden")
    return problems


def deleted_before_read(bench: Bench) -> list[str]:
    bench.start()
    bench.faults(mercury={"delayMs": 500})
    question = bench.ask(expect=False)
    bench.person("alice").rest("DELETE", f"/messages/{question['id']}")
    bench.faults(mercury={})
    bench.ask("bob")
    return bench.settle(Allowed(rejections=(GONE, ("GET", r"^/v1/messages/", 404))))


def rate_limited_everywhere(bench: Bench) -> list[str]:
    """429 on every third request of three answers at a time; no final edit is lost."""
    bench.start()
    bench.faults(rest=[
        {"method": "PUT", "path": "/v1/messages/*", "status": 429, "retryAfter": 2, "times": 3},
        post(status=429, retryAfter=1, after=2, times=2)])
    for who in ("alice", "bob", "carol"):
        bench.ask(who, kind="growing")
    return bench.settle(Allowed(rejections=EVERY, refused=(12, 10)), seconds=120)


def priorities(bench: Bench) -> list[str]:
    """With the gate shut for five seconds, finals go out before progress, which is dropped."""
    bench.start()
    for who in ("alice", "bob", "carol"):
        bench.ask(who, kind="growing")
    bench.eventually("the answers to begin", lambda: len(bench.of_bot()) >= 3)
    bench.faults(rest=[put(status=429, retryAfter=5)])
    problems = bench.settle(Allowed(rejections=EVERY))
    for message in bench.of_bot():
        if len(message["versions"]) < 2:
            problems.append("an answer was never edited")
    return problems


# --- the model ------------------------------------------------------------------------------------

CUT = r"(?s)^Answer to {}.*so the answer is cut off here\..*\(reference \w+\)"


def model(kind: str, *faults: dict, told: tuple[str, ...] = (), calls=(1, 1), exact: bool = True,
          seconds: float = 90):
    def work(bench: Bench) -> list[str]:
        bench.start()
        bench.model.set_faults(*faults)
        question = bench.ask(kind=kind)
        more = {} if exact else {"texts": ()}
        bench.expect(question, calls=calls,
                     told=tuple(sentence.format(question["name"]) for sentence in told), **more)
        wait_for_calm(bench, seconds)
        bench.model.set_faults()
        bench.ask("bob")
        return bench.settle(ALLOWED, seconds=seconds)

    return work


def model_down(bench: Bench) -> list[str]:
    """The proxy is down: a sentence, no exit, and the next question is answered once it is back."""
    bench.start()
    bench.model.stop()
    bench.ask(texts=(), told=(r"The model cannot be reached",), calls=(0, 0))
    wait_for_calm(bench)
    bench.model.start()
    bench.ask("bob")
    return bench.settle(ALLOWED)


def model_restarts(bench: Bench) -> list[str]:
    bench.start()
    question = bench.ask(kind="growing")
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    bench.model.restart()
    bench.expect(question, texts=(), told=(CUT.format(question["name"]),))
    bench.ask("bob")
    return bench.settle(ALLOWED)


# --- the disk -------------------------------------------------------------------------------------


def locked(bench: Bench) -> list[str]:
    """Another process holds the database for some seconds: not acked, not ready, then as if nothing
    had been.
    """
    run = bench.start()
    connection = sqlite3.connect(bench.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        bench.ask()
        bench.eventually("it is not ready", lambda: run.readiness().get("ready") is False, 30)
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    bench.ask("bob")
    return bench.settle(ALLOWED)


class Small:
    """A file system of a few megabytes under the database."""

    def __init__(self, bench: Bench, size: str = "6m"):
        self.path = bench.folder + "/small"
        os.mkdir(self.path)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"no tmpfs: {done.stderr.strip()}")
        bench.database = bench.settings["DATABASE_PATH"] = self.path + "/assistant.sqlite"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=False)

    def fill(self):
        with open(self.path + "/filler", "ab", buffering=0) as file:
            for size in (1 << 16, 4096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    pass

    def empty(self):
        os.remove(self.path + "/filler")


def disk_full(bench: Bench) -> list[str]:
    with Small(bench) as disk:
        run = bench.start()
        bench.ask()
        wait_for_calm(bench)
        disk.fill()
        bench.ask("bob", kind="growing")
        for _ in range(3):
            bench.ask("alice")
        bench.eventually("it is not ready", lambda: run.readiness().get("ready") is False, 40)
        pending = call("GET", bench.simulator.base + "/sim/mercury")["pending"]
        disk.empty()
        problems = bench.settle(ALLOWED, seconds=120)
        if not pending:
            problems.append("events were acked although they could not be stored")
        return problems


def disk_full_in_an_answer(bench: Bench) -> list[str]:
    with Small(bench) as disk:
        bench.start()
        bench.ask(kind="growing")
        bench.eventually("the answer to begin", lambda: bench.of_bot())
        disk.fill()
        time.sleep(6)  # the answer ends meanwhile
        disk.empty()
        bench.ask("bob")
        return bench.settle(ALLOWED, seconds=120)


def read_only(bench: Bench) -> list[str]:
    """At start: one clear line instead of a program that answers and forgets."""
    with Small(bench) as disk:
        bench.start().end()
        subprocess.run(["mount", "-o", "remount,ro", disk.path], check=True)
        run = bench.start(ready=False)
        end = time.monotonic() + 30
        while run.is_running and time.monotonic() < end and not run.readiness():
            time.sleep(0.1)
        problems = []
        if run.is_running and run.readiness().get("ready"):
            problems.append("it is ready although it cannot write")
        elif not run.is_running and (run.process.returncode == 0 or not re.search(
                r"(?i)read.?only|cannot be (written|opened)|database", _said(run))):
            problems.append(f"it does not say why: {run.lines[-1:]}")
        if run.is_running:
            run.kill()
        subprocess.run(["mount", "-o", "remount,rw", disk.path], check=True)
        bench.start()
        return problems + answered(bench, "short")


def corrupt_at_start(bench: Bench) -> list[str]:
    bench.start()
    bench.ask()
    wait_for_calm(bench)
    bench.run.end()
    _damage(bench.database)
    run = bench.start(ready=False)
    try:
        code = run.process.wait(30)
    except subprocess.TimeoutExpired:
        return ["it started on a damaged database"]
    said = _said(run)
    problems = judge(bench.seen(), bench.expected, ALLOWED)
    if code == 0 or "restore" not in said:
        problems.append(f"no line that names restore (status {code}): {said[-300:]}")
    return problems


def _damage(path: str):
    """All pages but the first, whose header says that it is a database."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    for more in glob.glob(path + "-*"):
        if not more.endswith(".lock"):
            os.remove(more)


def corrupt_while_running(bench: Bench) -> list[str]:
    """The file is damaged under the running program: it says so and ends, or cannot read at all."""
    run = bench.start()
    bench.ask()
    wait_for_calm(bench)
    _damage_in_place(bench.database)
    bench.ask("bob", expect=False)
    end = time.monotonic() + 40
    while run.is_running and time.monotonic() < end:
        if run.readiness().get("ready") is False:
            break
        time.sleep(0.1)
    if run.is_running and run.readiness().get("ready"):
        return ["it is ready on a damaged database"]
    if not run.is_running and "restore" not in _said(run):
        return [f"no line that names restore: {run.lines[-1:]}"]
    return []


def _damage_in_place(path: str):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.write(os.urandom(size))


def program(bench: Bench, *arguments: str) -> tuple[int, str]:
    run = Run(bench.settings, bench.folder, arguments)
    try:
        code = run.process.wait(30)
    except subprocess.TimeoutExpired:
        run.process.kill()
        raise Failure(f"{arguments[0]} did not end") from None
    return code, _said(run)


def backup_and_restore(bench: Bench) -> list[str]:
    """Saved while it runs; more is answered; then it is restored: nothing is answered again."""
    run = bench.start()
    bench.ask(kind="growing")
    bench.eventually("the answer to begin", lambda: bench.of_bot())
    file = bench.folder + "/saved.sqlite"
    code, said = program(bench, "backup", file)
    problems = [] if code == 0 and os.path.exists(file) else [f"backup: status {code}: {said}"]
    if not problems and os.stat(file).st_mode & 0o077:
        problems.append("the backup can be read by others")
    if program(bench, "backup", file)[0] == 0:
        problems.append("a second backup overwrote the first without --force")
    bench.ask("bob")
    problems += bench.settle(ALLOWED)
    if program(bench, "restore", file)[0] == 0:
        problems.append("restored under the running program")
    run.end()
    code, said = program(bench, "restore", file)
    if code != 0:
        problems.append(f"restore: status {code}: {said}")
    bench.start()
    bench.ask("carol")
    problems += bench.settle(ALLOWED)
    code, said = program(bench, "dead-letters")
    if code != 0 or not re.search("(?i)backup", said):
        problems.append(f"what was open in the backup is no dead letter: {said[-200:]}")
    return problems


# --- load -----------------------------------------------------------------------------------------


def rss(run: Run) -> int:
    """Megabytes."""
    with open(f"/proc/{run.process.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) // 1024


def flood_of_many(bench: Bench) -> list[str]:
    """Two hundred people ask five questions each at once: all are answered, in bounded memory."""
    names = bench.crowd(200)
    run = bench.start(LOG_LEVEL="info")
    before = rss(run)
    import concurrent.futures
    highest = before
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            list(pool.map(bench.ask, names))
            highest = max(highest, rss(run))
    while bench.busy():
        highest = max(highest, rss(run))
        time.sleep(0.2)
    bench.figures = {"RSS before": before, "highest RSS": highest}
    problems = bench.settle(Allowed(storm=(100_000, 10)), seconds=240)
    if highest > before + 150:
        problems.append(f"memory grew from {before} to {highest} MB")
    return problems


def flood_of_one(bench: Bench) -> list[str]:
    """One person asks sixty questions at once: twenty wait, the rest is refused in a sentence."""
    bench.start()
    bench.model.set_faults({"hang": 2, "times": 1})
    for _ in range(60):
        bench.ask(must=False, ordered=False, calls=(0, 1), told=(r"^Too many messages of yours wait",))
    problems = bench.settle(Allowed(storm=(400, 10)), seconds=150)
    texts = [message["versions"][-1]["text"] for message in bench.of_bot()]
    whole = sum(1 for text in texts if text.startswith("Answer to"))
    told = sum(1 for text in texts if text.startswith("Too many"))
    bench.figures = {"answered": whole, "told": told}
    if whole < 20 or whole < 60 and not told:
        problems.append(f"{whole} answers and {told} sentences for 60 questions")
    return problems


ONCE = "answered once, with the exact text"

ROWS: list[tuple] = [
    # The event connection (5).
    ("socket: closed without a frame (1006)", ONCE, breaks({"action": "close", "code": 1006})),
    ("socket: RST", ONCE, breaks({"action": "reset"})),
    ("socket: going away (1001)", ONCE, breaks({"action": "close", "code": 1001})),
    ("socket: authentication refused (4401)", ONCE, breaks({"action": "close", "code": 4401})),
    ("socket: unknown registration (4404)", ONCE, breaks({"action": "close", "code": 4404})),
    ("socket: `shutdown`", ONCE + ", without a gap", breaks({"action": "shutdown"})),
    ("socket: nonsense frames", ONCE, breaks({"action": "send", "frame": "{nonsense"},
                                             {"action": "sendBinary", "frame": "\u0000\u0001"})),
    ("handshake: 429 with Retry-After", ONCE,
     breaks({"action": "close", "code": 1006},
            handshake={"status": 429, "retryAfter": 2, "times": 2})),
    ("handshake: 404", ONCE, breaks({"action": "close", "code": 1006},
                                    handshake={"status": 404, "times": 2})),
    ("handshake: 503", ONCE, breaks({"action": "close", "code": 1006},
                                    handshake={"status": 503, "times": 3})),
    ("socket: no pong", "noticed within 30 s",
     silent_socket({"dropPongs": True, "noWebSocketPings": True})),
    ("socket: pongs of another id", "noticed within 30 s",
     silent_socket({"wrongPongId": True, "noWebSocketPings": True})),
    ("network: half open", "noticed within 30 s; " + ONCE, half_open),
    ("network: reset", ONCE, wire(Relay.reset, 1)),
    ("network: gone for 10 s (as a dead proxy)", ONCE, wire(gone, 10)),
    ("network: answers lost for 8 s", ONCE, wire(Relay.deafen, 8)),
    ("Webex hangs as a whole", ONCE, webex_hangs),
    ("device deleted on the server", ONCE, device_deleted),
    ("device cap reached", "own old devices are removed, others never", device_cap),
    ("`replaced`", "ends with a clear message", replaced),
    ("two processes with the same DEVICE_NAME", "the second refuses, or the older ends",
     two_of_one_name),
    ("two processes", "the second refuses, or the older ends", two_processes),
    ("events twice", ONCE, delivered(duplicate=2)),
    ("events again under a new envelope", ONCE, delivered(acceptActivityIdAcks=False)),
    ("events again under the same envelope", ONCE, delivered(redeliverSameEnvelopeId=True)),
    ("events in another order", ONCE, delivered(reorder=True)),
    ("events late and in fragments", ONCE, delivered(delayMs=300, fragments=3)),
    ("sequence jumps without a loss", ONCE, delivered(sequenceGap=True)),
    ("events lost, seen by the sequence", ONCE, lost_events),
    ("disconnected longer than the replay", ONCE, forgotten_offline),
    ("down longer than the replay", ONCE, forgotten_while_down),
    ("60 questions of 30 people while down", ONCE, many_missed),
    ("edited while down", "answered anew, in place", edited_while_down),
    ("SIGTERM in the middle of an answer", ONCE, stopped_in_an_answer),
    ("asked before the installation", "not answered", nothing_before_the_install),
    ("older than BACKFILL_MAX_AGE", "not answered, told once", too_old),
    ("the machine's clock six hours behind", ONCE, wrong_clock(6)),
    ("token exchanged in its file", "read again without a restart", token_exchanged),
    ("token revoked for a while", "no storm, not ready, recovers by itself", token_revoked),
    # Webex's limits (6).
    ("429 on a POST", ONCE, refused("growing", post(status=429, retryAfter=2, times=2))),
    ("429 on edits", ONCE, refused("growing", put(status=429, retryAfter=1, times=3))),
    ("429 with an unreadable Retry-After", ONCE,
     refused("short", post(status=429, retryAfter="soon", times=2))),
    ("429 on reading the question", ONCE, refused("short", {
        "method": "GET", "path": "/v1/messages/*", "status": 429, "retryAfter": 1, "times": 3})),
    ("429 with three answers at once", ONCE, rate_limited_everywhere),
    ("gate shut while three answers end", "finals before progress", priorities),
    ("a slow 200 on a POST", "not sent twice", refused("growing", post(delayMs=9000,
                                                                     apply="afterCommit"))),
    ("a slow 200 on an edit", "not sent twice", refused("growing", put(delayMs=6000,
                                                                     apply="afterCommit"))),
    ("POST done, answer lost", ONCE, refused("growing", post(apply="afterCommit", drop=True))),
    ("POST done, answer lost, in a group", ONCE,
     refused("growing", post(apply="afterCommit", drop=True), group=True)),
    ("POST done, answer lost, echo late", ONCE, late_echo(False)),
    ("POST done, answer lost, echo late, in a group", ONCE, late_echo(True)),
    ("POST done, answer reset", ONCE, refused("short", post(apply="afterCommit", reset=True))),
    ("POST done, answer 502", ONCE, refused("short", post(apply="afterCommit", status=502))),
    ("POST done, answer 504, in a group", ONCE,
     refused("short", post(apply="afterCommit", status=504), group=True)),
    ("POST not done, 503", ONCE, refused("growing", post(status=503, times=2))),
    ("POST not done, connection dropped", ONCE, refused("short", post(drop=True, times=2))),
    ("second of three messages: answer lost", ONCE,
     refused("long", post(apply="afterCommit", drop=True, after=1))),
    ("file: answer lost", ONCE, refused("file", post(apply="afterCommit", drop=True, after=1))),
    ("file: 503", ONCE, refused("file", post(status=503, after=1))),
    ("card: answer lost", ONCE, lost_card),
    ("command with an effect: answer lost", "the effect happens once", lost_command),
    ("waiting notice: answer lost", "nothing is left over", lost_sign),
    ("edit done, answer lost", ONCE, refused("growing", put(apply="afterCommit", drop=True))),
    ("edits refused with 503", ONCE, refused("growing", put(status=503, times=3))),
    ("last edit: answer lost", ONCE,
     refused("growing", put(apply="afterCommit", drop=True, after=2))),
    ("404 right after the event", ONCE, None),
    ("502 for one message", "the others go on meanwhile; " + ONCE, one_message_fails(502)),
    ("500 for one message", "the others go on meanwhile; " + ONCE, one_message_fails(500)),
    ("502 for one message of a space", "put aside, the next one is answered; " + ONCE,
     one_of_a_space_fails),
    ("403 for one message", "not tried again, told", forbidden_message),
    ("deleted before it was read", "nothing is left over", deleted_before_read),
    ("REST out for 8 s (503)", ONCE, None),
    # The model.
    ("model: 429 storm", ONCE, model("growing", {"status": 429, "retryAfter": 1, "times": 4},
                                     calls=(5, 6), seconds=120)),
    ("model: 503", ONCE + ", or told", model("short", {"status": 503, "times": 1}, calls=(1, 4),
                                            told=(r"^The model failed",))),
    ("model: 500 for ever", "told", model("short", {"status": 500, "times": 50}, exact=False,
                                          calls=(1, 6), told=(r"^The model failed",))),
    ("model: cut in the middle", "what there is, and told",
     model("growing", {"cut": 300}, told=(CUT,), exact=False)),
    ("model: error frame in the middle", "what there is, and told",
     model("growing", {"errorFrame": 300}, told=(CUT,), exact=False)),
    ("model: silent for 12 s", ONCE, model("growing", {"hang": 12})),
    ("model: silent for 12 s in the middle", ONCE, model("growing", {"stall": 12})),
    ("model: down", "told, no exit", model_down),
    ("model: restarted in the middle", "what there is, and told", model_restarts),
    # The disk (7).
    ("database locked", "not ready, not acked; " + ONCE, locked),
    ("disk full", "not ready, not acked; " + ONCE, disk_full),
    ("disk full in the middle of an answer", ONCE, disk_full_in_an_answer),
    ("read-only file system at the start", "a clear line", read_only),
    ("damaged database at the start", "a line that names restore", corrupt_at_start),
    ("database damaged while running", "a line that names restore", corrupt_while_running),
    ("dead letters", "listed, and answered when told to", dead_letter),
    ("backup and restore", "nothing is answered again", backup_and_restore),
    # Load (8).
    ("1,000 questions of 200 people at once", ONCE + ", in bounded memory", flood_of_many),
    ("60 questions of one person at once", "answered or told", flood_of_one),
]

NEEDS_ROOT = {"disk full", "disk full in the middle of an answer",
              "read-only file system at the start"}


def lookup_404(bench: Bench) -> list[str]:
    bench.start()
    bench.faults(messageLookup404Times=2)
    for who in ("alice", "bob"):
        bench.ask(who)
    return bench.settle(Allowed(rejections=(*EVERY, GONE)))


def rest_out(bench: Bench) -> list[str]:
    """All of REST fails for a while in the middle of an answer."""
    bench.start()
    bench.ask(kind="growing")
    bench.ask("bob", bench.group(), kind="growing")
    bench.eventually("the answers to begin", lambda: len(bench.of_bot()) >= 2)
    bench.faults(rest=[{"path": "/v1/messages*", "status": 503}])
    time.sleep(8)
    bench.no_faults()
    bench.ask("carol")
    return bench.settle(Allowed(rejections=EVERY, refused=(60, 10)), seconds=120)


def scenarios(options: dict) -> list[Scenario]:
    late = {"404 right after the event": lookup_404, "REST out for 8 s (503)": rest_out}
    found = []
    for name, promise, work in ROWS:
        skip = ""
        if name in NEEDS_ROOT and os.geteuid() != 0:
            skip = "a file system of its own needs root"
        found.append(Scenario(name, promise, work or late[name], skip=skip))
    return found
