"""The reliability suites: the program is killed, cut off and flooded, and the simulator's record must
show every question answered exactly once. Started by scripts/reliability.

  crash    killed by SIGKILL at every named place of the code, and from outside
  faults   every fault of Webex, the network, the model and the disk as a scenario
  chaos    random traffic, faults and kills from a seed
  soak     mixed traffic with faults for minutes; memory, descriptors and files stay flat
"""

import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

SUITES = ("crash", "faults", "chaos", "soak")


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/reliability", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="?", default="all", choices=(*SUITES, "all"))
    parser.add_argument("--seeds", type=int, default=30, help="chaos: how many seeds (30)")
    parser.add_argument("--seed", type=int, help="chaos: only this one")
    parser.add_argument("--minutes", type=float, default=30, help="soak: how long (30)")
    parser.add_argument("--repeat", type=int, default=1, help="runs in a row; ends at a failure")
    parser.add_argument("--jobs", type=int, default=4, help="scenarios at a time (4)")
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("--docs", action="store_true",
                        help="write the results into docs/reliability.md")
    parser.add_argument("--perform", help=argparse.SUPPRESS)
    parser.add_argument("--json", help="write the results to this file")
    return parser.parse_args()


def show(result):
    verdict = "skipped" if result.skip else "FAILED" if result.problems else "ok"
    print(f"{verdict:8}{result.seconds:7.1f} s  {result.suite}: {result.name}", flush=True)
    for problem in result.problems[:6]:
        print("            " + problem.replace("\n", "\n            "), flush=True)
    if len(result.problems) > 6:
        print(f"            … and {len(result.problems) - 6} more", flush=True)
    if result.problems:
        print(f"            alone: {result.alone}", flush=True)


def judge_is_sound() -> bool:
    """A judge that finds nothing would let everything pass."""
    import unittest

    import test_judge

    result = unittest.TextTestRunner(verbosity=0).run(
        unittest.defaultTestLoader.loadTestsFromModule(test_judge))
    return result.wasSuccessful()


def main() -> int:
    from scenario import KEPT, find, perform_named, run_all

    chosen = arguments()
    if chosen.perform:
        print("\n" + json.dumps(perform_named(*json.loads(chosen.perform)).__dict__))
        return 0
    if not chosen.list and not judge_is_sound():
        return 1
    options = {"seeds": chosen.seeds, "seed": chosen.seed, "minutes": chosen.minutes}
    suites = SUITES if chosen.suite == "all" else (chosen.suite,)
    rows, results, started = [], [], time.monotonic()
    failed = 0
    for repetition in range(1, chosen.repeat + 1):
        if chosen.repeat > 1:
            print(f"--- run {repetition} of {chosen.repeat}", flush=True)
        for suite in suites:
            scenarios = [scenario for scenario in find(suite, options)
                         if chosen.only in scenario.name]
            if chosen.list:
                print("\n".join(f"{suite}: {scenario.name}" for scenario in scenarios))
                continue
            if chosen.only and not scenarios:
                continue
            begun = time.monotonic()
            found = run_all(suite, scenarios, options, chosen.jobs, show)
            results += found
            bad = sum(1 for result in found if result.problems)
            skipped = sum(1 for result in found if result.skip)
            rows.append((repetition, suite, len(found) - bad - skipped, bad, skipped,
                         time.monotonic() - begun))
            failed += bad
        if failed:
            break
    if chosen.list:
        return 0
    print(f"\n{'run':>4} {'suite':8}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for repetition, suite, good, bad, skipped, seconds in rows:
        print(f"{repetition:4} {suite:8}{good:8}{bad:8}{skipped:9}{seconds:9.0f}")
    for result in results:
        if result.problems:
            print(f"failed: {result.suite}: {result.name}\n    {result.alone}")
        if result.skip:
            print(f"skipped: {result.suite}: {result.name}: {result.skip}")
    if failed:
        print(f"logs, records and databases of what failed: {KEPT}")
    ran = sum(row[2] + row[3] for row in rows)
    print(f"\n{ran - failed} passed, {failed} failed in {time.monotonic() - started:.0f} s")
    if chosen.docs:
        import report

        report.write(results, {row[1]: row[5] for row in rows})
    if chosen.json:
        with open(chosen.json, "w") as file:
            json.dump([result.__dict__ for result in results], file, indent=1, ensure_ascii=False)
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
