"""Writes what the suites found into docs/reliability.md. `scripts/reliability … --docs` calls it; figures
of suites that did not run stay as they are.
"""

import datetime
import json
import pathlib
import re
import statistics

from bench import ROOT

PAGE = ROOT / "docs/reliability.md"
FILES = {suite: f"[`{suite}.py`](../Tests/Reliability/{suite}.py)"
         for suite in ("crash", "faults", "chaos", "soak")}


def write(results: list, seconds: dict[str, float]) -> None:
    """- results: of `scenario.Result`, several of one name where a suite was repeated."""
    text = PAGE.read_text()
    suites: dict[str, list] = {}
    for result in results:
        suites.setdefault(result.suite, []).append(result)
    for suite, found in suites.items():
        body = {"crash": crash, "faults": rows, "chaos": chaos, "soak": soak}[suite](found)
        date = datetime.date.today().isoformat()
        good = sum(1 for result in found if not result.problems and not result.skip)
        head = (f"{date}: {good} of {len(found)} passed in {seconds.get(suite, 0):.0f} s."
                f" Tested by {FILES[suite]}.")
        text = re.sub(rf"(<!-- {suite} -->\n).*?(<!-- /{suite} -->)",
                      lambda match: f"{match[1]}{head}\n\n{body}\n{match[2]}", text, flags=re.S)
    PAGE.write_text(text)


def mark(results: list) -> str:
    if all(result.skip for result in results):
        return f"– ({results[0].skip})"
    bad = sum(1 for result in results if result.problems)
    if len(results) == 1:
        return "✗" if bad else "✓"
    return f"{len(results) - bad} of {len(results)}" + ("" if bad else " ✓")


def grouped(results: list) -> dict[str, list]:
    groups: dict[str, list] = {}
    for result in results:
        groups.setdefault(result.name, []).append(result)
    return groups


def crash(results: list) -> str:
    """The places of one way to speak to the bot are one row."""
    places: dict[str, list] = {}
    others = []
    for result in results:
        kind, _, place = result.name.partition(": ")
        if place:
            places.setdefault(kind, []).append((place, result))
        else:
            others.append(result)
    lines = ["| Killed while the bot works on | at these places | Passed |", "|---|---|---|"]
    for kind, found in places.items():
        names: dict[str, int] = {}
        for place, _ in found:
            name, hit = place.rsplit(":", 1)
            names[name] = max(names.get(name, 0), int(hit))
        shown = ", ".join(f"`{name}`" + (f" (1 to {hit})" if hit > 1 else "")
                          for name, hit in names.items())
        lines.append(f"| {kind} | {shown} | {mark([result for _, result in found])} |")
    return "\n".join(lines) + "\n\n" + (rows(others) if others else "")


def rows(results: list) -> str:
    lines = ["| Scenario | Promise | Figures | Result |", "|---|---|---|---|"]
    for name, found in grouped(results).items():
        figures = "; ".join(f"{key}: {value}" for key, value in found[-1].figures.items())
        lines.append(f"| {name} | {found[0].promise} | {figures} | {mark(found)} |")
    return "\n".join(lines)


def chaos(results: list) -> str:
    kills = sum(result.figures.get("kills", 0) for result in results)
    questions = sum(result.figures.get("questions", 0) for result in results)
    bad = sorted({result.name for result in results if result.problems})
    times = [result.seconds for result in results]
    return "\n".join([
        "| Seeds | Passed | Questions | Kills and restarts | Median time of a seed | Failed |",
        "|---|---|---|---|---|---|",
        f"| {len(results)} | {len(results) - len([r for r in results if r.problems])} | {questions} |"
        f" {kills} | {statistics.median(times):.0f} s | {', '.join(bad) or 'none'} |"])


def soak(results: list) -> str:
    result = results[-1]
    lines = [f"{result.name}: {mark(results)}", "", "| | At first | Highest | At the end |",
             "|---|---|---|---|"]
    lines += [f"| {name} | {values[0]} | {values[1]} | {values[2]} |"
              for name, values in result.figures.items()]
    return "\n".join(lines)


def read(path: str) -> list:
    """Results as `--json` wrote them."""
    from scenario import Result

    return [Result(**item) for item in json.loads(pathlib.Path(path).read_text())]
