"""What a scenario is, and how many of them run beside each other. Used by reliability.py."""

import concurrent.futures
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Callable

from bench import ROOT, Bench, Failure

KEPT = pathlib.Path(os.environ.get("RELIABILITY_LOGS") or ROOT / ".cache/reliability")


@dataclass
class Scenario:
    """`work` takes a bench and returns what is wrong."""

    name: str
    promise: str
    work: Callable[[Bench], list[str]]
    settings: dict = field(default_factory=dict)
    #: Why it is not run here; empty: it is.
    skip: str = ""
    #: The command that runs it alone.
    alone: str = ""


@dataclass
class Result:
    suite: str
    name: str
    promise: str
    seconds: float
    problems: list[str]
    skip: str = ""
    alone: str = ""
    figures: dict = field(default_factory=dict)


def perform(suite: str, scenario: Scenario) -> Result:
    started = time.monotonic()
    result = Result(suite, scenario.name, scenario.promise, 0, [], scenario.skip,
                    scenario.alone or f"scripts/reliability {suite} --only '{scenario.name}'")
    if scenario.skip:
        return result
    bench = None
    try:
        bench = Bench(**scenario.settings)
        result.problems = list(scenario.work(bench) or [])
    except Failure as failure:
        result.problems = [str(failure)]
    except Exception:  # noqa: BLE001 - a mistake of the suite is a failure too
        result.problems = [traceback.format_exc(limit=4).strip()]
    finally:
        if bench:
            result.figures = getattr(bench, "figures", {})
            if result.problems:
                bench.keep(KEPT / suite / scenario.name.replace("/", "-").replace(" ", "_"),
                           result.problems)
            bench.close()
    result.seconds = time.monotonic() - started
    return result


def find(suite: str, options: dict) -> list[Scenario]:
    module = __import__(suite)
    return module.scenarios(options)


def perform_named(suite: str, name: str, options: dict) -> Result:
    """In a worker: scenarios hold functions, which do not travel between processes."""
    for scenario in find(suite, options):
        if scenario.name == name:
            return perform(suite, scenario)
    raise KeyError(name)


def _in_a_process(suite: str, scenario: Scenario, options: dict) -> Result:
    limit = 600 + 60 * options.get("minutes", 0) * (suite == "soak")
    command = [sys.executable, str(pathlib.Path(__file__).with_name("reliability.py")),
               "--perform", json.dumps([suite, scenario.name, options])]
    worker = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # dies with the runner
    try:
        output, _ = worker.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        worker.kill()
        output, _ = worker.communicate()
        return Result(suite, scenario.name, scenario.promise, limit,
                      [f"no end after {limit:.0f} s", output[-500:]])
    said, _, last = output.rstrip("\n").rpartition("\n")
    if said:
        print(said, flush=True)
    try:
        return Result(**json.loads(last))
    except (ValueError, TypeError):
        return Result(suite, scenario.name, scenario.promise, 0,
                      [f"the worker ended with {worker.returncode}: {output[-500:]}"])


def run_all(suite: str, scenarios: list[Scenario], options: dict, jobs: int, show) -> list[Result]:
    """Each in a process of its own; `show` is called with each result as it comes."""
    results = {}
    with concurrent.futures.ThreadPoolExecutor(max(1, jobs)) as pool:
        futures = [pool.submit(_in_a_process, suite, scenario, options) for scenario in scenarios]
        for future in concurrent.futures.as_completed(futures):
            result = future.result()
            results[result.name] = result
            show(result)
    return [results[scenario.name] for scenario in scenarios]
