"""What a scenario is, and how many of them run beside each other. Used by reliability.py."""

import concurrent.futures
import multiprocessing
import os
import pathlib
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


def _perform_named(suite: str, name: str, options: dict) -> Result:
    """In a worker: scenarios hold functions, which do not travel between processes."""
    for scenario in find(suite, options):
        if scenario.name == name:
            return perform(suite, scenario)
    raise KeyError(name)


def run_all(suite: str, scenarios: list[Scenario], options: dict, jobs: int, show) -> list[Result]:
    """Each in a process of its own; `show` is called with each result as it comes."""
    results = {}
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
            max_workers=max(1, jobs), mp_context=context, max_tasks_per_child=25) as pool:
        futures = {pool.submit(_perform_named, suite, scenario.name, options): scenario
                   for scenario in scenarios}
        for future in concurrent.futures.as_completed(futures):
            scenario = futures[future]
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001 - a worker that died
                result = Result(suite, scenario.name, scenario.promise, 0, [repr(error)])
            results[scenario.name] = result
            show(result)
    return [results[scenario.name] for scenario in scenarios]
