"""The soak: mixed traffic with faults for many minutes. Memory, descriptors, threads and files are
sampled every ten seconds and must stay flat; every stretch of a minute is judged like any scenario.
"""

import glob
import os
import random
import re
import statistics
import time

from bench import Bench, Failure
from chaos import ALLOWED
from crash import through_relay
from scenario import Scenario

EVERY = 10.0
#: What the median of the last third may be above that of the first, after the warm-up.
BOUNDS = {
    "RSS MB": lambda first: max(15, first * 0.15),
    "descriptors": lambda first: 8,
    "threads": lambda first: 4,
    "WAL KB": lambda first: 4500,
}
# Conversations are kept, so the database grows with the questions: answers here have 3 KB on average.
DATABASE_PER_QUESTION = 24
WARM_UP = 0.15


def sample(bench: Bench, questions: int) -> dict[str, float]:
    pid = bench.run.process.pid
    with open(f"/proc/{pid}/status") as file:
        status = file.read()

    def number(name: str) -> int:
        return int(re.search(rf"{name}:\s+(\d+)", status).group(1))

    def size(path: str) -> float:
        return os.path.getsize(path) / 1024 if os.path.exists(path) else 0

    database = size(bench.database)
    return {
        "RSS MB": number("VmRSS") / 1024, "descriptors": len(glob.glob(f"/proc/{pid}/fd/*")),
        "threads": number("Threads"), "database KB": database,
        "WAL KB": size(bench.database + "-wal"),
        "database KB per question": database / max(1, questions), "questions": questions,
    }


def disturb(bench: Bench, relay, choose: random.Random):
    """One fault; what it needs to end is returned."""
    kind = choose.choice(["none", "none", "rest", "socket", "wire", "mercury", "model"])
    if kind == "rest":
        method, path = choose.choice([("POST", "/v1/messages"), ("PUT", "/v1/messages/*"),
                                      ("GET", "/v1/messages/*")])
        bench.faults(rest=[{"method": method, "path": path, "times": choose.randint(1, 3)}
                           | choose.choice([{"status": 429, "retryAfter": 1}, {"status": 503},
                                            {"apply": "afterCommit", "drop": True}])])
    elif kind == "socket":
        bench.mercury(**choose.choice([{"action": "close", "code": 1006}, {"action": "reset"},
                                       {"action": "shutdown"}]))
    elif kind == "wire":
        choose.choice([relay.reset, relay.deafen])()
    elif kind == "mercury":
        bench.faults(mercury=choose.choice([{"duplicate": 1}, {"reorder": True},
                                            {"sequenceGap": True}]))
    elif kind == "model":
        bench.model.set_faults(choose.choice([{"status": 429, "retryAfter": 1, "times": 2},
                                              {"hang": 3}]))


def heal(bench: Bench, relay):
    relay.heal()
    bench.no_faults()
    bench.model.set_faults()


def soak(minutes: float):
    def work(bench: Bench) -> list[str]:
        choose = random.Random(1)
        relay = through_relay(bench)
        names = bench.crowd(12) + ["alice", "bob", "carol"]
        bench.start(LOG_LEVEL="info")
        samples, problems, asked = [], [], 0
        end = time.monotonic() + minutes * 60
        next_sample = time.monotonic()
        while time.monotonic() < end and not problems:
            # A stretch of about a minute: traffic and faults, then calm, then the judge.
            stretch = time.monotonic() + min(50, minutes * 20)
            while time.monotonic() < stretch:
                who = choose.choice(names)
                room = choose.choice([None, None, None, bench.group()])
                if who not in ("alice", "bob", "carol"):
                    room = None
                bench.ask(who, room, choose.choice(["short"] * 5 + ["growing", "long", "file"]),
                          ordered=False, calls=(1, 6))
                asked += 1
                if choose.random() < 0.15:
                    heal(bench, relay)
                    disturb(bench, relay, choose)
                pause = time.monotonic() + choose.uniform(0.2, 1.4)
                while time.monotonic() < pause:
                    if not bench.run.is_running:
                        raise Failure(f"ended with {bench.run.process.returncode}")
                    if time.monotonic() >= next_sample:
                        samples.append(sample(bench, asked))
                        next_sample += EVERY
                    time.sleep(0.05)
            heal(bench, relay)
            problems = bench.settle(ALLOWED, seconds=120)
            if not problems:
                forget(bench)
        bench.figures = table(samples)
        return problems + growth(samples)

    return work


def forget(bench: Bench):
    """The record and the log of what was judged, which would grow instead of the program."""
    bench.simulator.clear_record()
    with bench.model.lock:
        bench.model.calls.clear()
    bench.expected.clear()
    del bench.run.lines[:-50]


def growth(samples: list[dict]) -> list[str]:
    """Compares the medians of the first and the last third after the warm-up."""
    steady = samples[int(len(samples) * WARM_UP):]
    third = len(steady) // 3
    if third < 2:
        return []
    problems = []
    for name, bound in BOUNDS.items():
        first = statistics.median(row[name] for row in steady[:third])
        last = statistics.median(row[name] for row in steady[-third:])
        if last - first > bound(first):
            problems.append(f"{name} grew from {first:.1f} to {last:.1f},"
                            f" more than {bound(first):.1f}")
    last = samples[-1]
    if last["questions"] > 50 and last["database KB per question"] > DATABASE_PER_QUESTION:
        problems.append(f"{last['database KB per question']:.0f} KB of database for each question")
    return problems


def table(samples: list[dict]) -> dict:
    """Printed, and what of it goes into the report."""
    if not samples:
        return {}
    names = list(samples[0])
    print("  ".join(f"{name:>12}" for name in ["seconds", *names]))
    for number, row in enumerate(samples):
        print("  ".join([f"{number * EVERY:12.0f}"] + [f"{row[name]:12.1f}" for name in names]))
    return {name: [round(samples[0][name], 1), round(max(row[name] for row in samples), 1),
                   round(samples[-1][name], 1)] for name in names}


def scenarios(options: dict) -> list[Scenario]:
    minutes = options.get("minutes") or 30
    return [Scenario(f"{minutes:g} minutes of mixed traffic", "nothing grows, nothing is lost",
                     soak(minutes), alone=f"scripts/reliability soak --minutes {minutes:g}")]
