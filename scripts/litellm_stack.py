"""Runs the small model's server and the LiteLLM proxy together, and stops both together.

scripts/litellm installs what this needs and then runs it. With `-- COMMAND …` the command runs
beside them, and the proxy outlives it: a program that finishes its last answers after Ctrl-C
still has a model to finish them with.
"""

import argparse
import ctypes
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / ".cache" / "logs"
PR_SET_PDEATHSIG = 1
STARTUP_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent() -> None:
    """In the child: a SIGKILL of this script must not leave servers behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def answers(url: str) -> bool:
    # No proxy from the environment may stand between this script and loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Child:
    """A server in its own session: Ctrl-C in the terminal reaches only this script."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]):
        self.name = name
        self.log = LOGS / f"{name}-{os.getpid()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent,
            )

    def log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def stop(self) -> None:
        """Ends the whole session of the child; SIGKILL for what is left after 10 s."""
        for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(patience)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.log.unlink(missing_ok=True)


class Stopped(Exception):
    """A signal asked us to end."""


def on_signal(number, _frame):
    raise Stopped(signal.Signals(number).name)


def wait_until_ready(children: dict[str, tuple[Child, str]]) -> None:
    started = time.monotonic()
    waiting = dict(children)
    shown = started
    while waiting:
        for name, (child, url) in list(waiting.items()):
            if child.process.poll() is not None:
                raise SystemExit(
                    f"{name} ended with status {child.process.returncode}:\n{child.log_tail()}")
            if answers(url):
                del waiting[name]
        now = time.monotonic()
        if now - started > STARTUP_SECONDS:
            name, (child, _) = next(iter(waiting.items()))
            raise SystemExit(f"{name} was not ready in {STARTUP_SECONDS} s:\n{child.log_tail()}")
        if waiting and now - shown >= 5:
            shown = now
            print(f"starting {' and '.join(waiting)} … {now - started:.0f} s", file=sys.stderr)
        time.sleep(0.2)


def run_command(command: list[str], environment: dict[str, str], servers: list[Child]) -> int:
    """The command in its own session, each of our signals handed on; returns its exit status."""
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, preexec_fn=die_with_parent)

    def hand_on(number, _frame):
        if process.poll() is None:
            process.send_signal(number)

    signal.signal(signal.SIGINT, hand_on)
    signal.signal(signal.SIGTERM, hand_on)
    signal.signal(signal.SIGHUP, lambda *_: hand_on(signal.SIGTERM, None))
    warned = False
    while True:
        try:
            status = process.wait(1)
            return 128 - status if status < 0 else status
        except subprocess.TimeoutExpired:
            for server in servers:
                if server.process.poll() is not None and not warned:
                    warned = True
                    print(f"{server.name} ended by itself:\n{server.log_tail()}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/litellm")
    parser.add_argument("--model", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--env-file", type=pathlib.Path)
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()

    LOGS.mkdir(parents=True, exist_ok=True)
    model_port, broken_port, proxy_port = free_port(), free_port(), options.port or free_port()
    key = "sk-test-master" if options.test else "sk-" + secrets.token_hex(16)
    config = ROOT / "deploy" / ("litellm.test.yaml" if options.test else "litellm.demo.yaml")
    base_url = f"http://127.0.0.1:{proxy_port}"

    environment = os.environ | {
        "SMOLLM_API_BASE": f"http://127.0.0.1:{model_port}/v1",
        "BROKEN_API_BASE": f"http://127.0.0.1:{broken_port}/v1",
        "LITELLM_MASTER_KEY": key,
        # The price list inside the package; otherwise the start waits for three failed downloads.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)

    servers: list[Child] = []
    started = time.monotonic()
    try:
        server = pathlib.Path(__file__).with_name("smollm_server.py")
        servers.append(Child(
            "smollm", [sys.executable, str(server), options.model, str(model_port)], environment))
        servers.append(Child(
            "litellm",
            [str(pathlib.Path(sys.executable).with_name("litellm")), "--config", str(config),
             "--host", "127.0.0.1", "--port", str(proxy_port)], environment))
        if options.test:
            broken = ROOT / "Tests" / "RealLiteLLM" / "broken_upstream.py"
            servers.append(Child(
                "broken-upstream", [sys.executable, str(broken), str(broken_port)], environment))
        wait_until_ready({
            "the small model": (servers[0], f"http://127.0.0.1:{model_port}/health"),
            "LiteLLM": (servers[1], f"{base_url}/health/readiness"),
        })
        print(f"LiteLLM is ready on {base_url} ({time.monotonic() - started:.0f} s)",
              file=sys.stderr)
        access = {"LITELLM_BASE_URL": base_url, "LITELLM_API_KEY": key}
        if options.env_file:
            # Renamed into place, so that a reader who polls for it never sees half of it.
            draft = options.env_file.with_suffix(".draft")
            draft.write_text("".join(f"{name}={value}\n" for name, value in access.items()))
            draft.chmod(0o600)
            draft.rename(options.env_file)
        if options.command:
            return run_command(options.command, os.environ | access, servers)
        print("".join(f"{name}={value}\n" for name, value in access.items()), end="", flush=True)
        while True:
            time.sleep(0.5)
            for child in servers:
                if child.process.poll() is not None:
                    print(f"{child.name} ended by itself:\n{child.log_tail()}", file=sys.stderr)
                    return 1
    except Stopped as reason:
        print(f"stopping ({reason})", file=sys.stderr)
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if options.env_file:
            options.env_file.unlink(missing_ok=True)
        for child in reversed(servers):
            child.stop()


if __name__ == "__main__":
    sys.exit(main())
