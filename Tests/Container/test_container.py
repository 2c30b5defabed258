"""What can be checked of the container image without a container engine.

The list of packages that the Dockerfile's last stage installs is installed into an empty Debian
(debootstrap, kept in .cache/container), the release build is put there as the Dockerfile does, and
the program must work with nothing else. Needs root.

Usage: test_container.py [-v] BUILD_DIRECTORY
       test_container.py --prepare               (only makes the Debian)
"""

import atexit
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
from harness import ROOT, Person, call, eventually  # noqa: E402

# Everything happens in a mount namespace of its own: however this ends, SIGKILL included, no /proc
# stays mounted below .cache, where an `rm -rf` would walk into it.
if "ASSISTANT_MOUNT_NAMESPACE" not in os.environ:
    os.environ["ASSISTANT_MOUNT_NAMESPACE"] = "private"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                          sys.executable, *sys.argv])

BUILD = pathlib.Path(sys.argv.pop())  # or --prepare
CACHE = ROOT / ".cache" / "container"
SUITE = "bookworm"
USER = "10001:10001"  # the uid of the Dockerfile's user


def runtime_stage() -> str:
    return (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]


def runtime_packages() -> list[str]:
    listing = re.search(r"--no-install-recommends((?:[ \\\n]+[a-z0-9.+-]+)+)", runtime_stage())
    return [word for word in listing.group(1).split() if word != "\\"]


def run(*command: str, **options) -> subprocess.CompletedProcess:
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", **options)
    return result


def must(*command: str, **options):
    result = run(*command, **options)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} → {result.returncode}\n{result.stdout[-3000:]}")


def empty_debian() -> pathlib.Path:
    """A Debian with exactly the runtime packages, made once per list of packages."""
    packages = runtime_packages()
    name = hashlib.sha256(" ".join([SUITE, *packages]).encode()).hexdigest()[:12]
    place = CACHE / name
    if not (place / "complete").exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        must("debootstrap", "--variant=minbase", SUITE, str(place))
        # As in the Dockerfile: no recommended packages, no questions.
        environment = os.environ | {
            "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        must("/usr/sbin/chroot", str(place), "apt-get", "update", env=environment)
        must("/usr/sbin/chroot", str(place), "apt-get", "install", "-y", "--no-install-recommends",
             *packages, env=environment)
        (place / "complete").touch()
    return place


class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.debian = empty_debian()
        app = cls.debian / "app"
        shutil.rmtree(app, ignore_errors=True)
        app.mkdir()
        shutil.copy2(BUILD / "webex-assistant", app)
        must("strip", "--strip-debug", str(app / "webex-assistant"))
        bundle = "webex-assistant_WebexSimulator.resources"
        shutil.copytree(BUILD / bundle, app / bundle)
        shutil.copytree(ROOT / "prompts", app / "prompts")
        # Every container engine mounts it, and Swift reads the program's arguments from it.
        must("/bin/mount", "-t", "proc", "proc", str(cls.debian / "proc"))
        cls.addClassCleanup(must, "/bin/umount", "--lazy", str(cls.debian / "proc"))
        data = cls.debian / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o750)
        os.chown(data, 10001, 10001)

    def chroot(self, *command: str) -> list[str]:
        return ["/usr/sbin/chroot", f"--userspec={USER}", str(self.debian), *command]

    def program(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return run(*self.chroot("/app/webex-assistant", *arguments), timeout=60,
                   env={"PATH": "/usr/bin:/bin", "HOME": "/data"} | environment, cwd="/")

    def test_the_image_s_entry_point_exists(self):
        [entry] = re.findall(r"(?m)^ENTRYPOINT \[(.*)\]", runtime_stage())
        for path in re.findall(r'"(/[^"]+)"', entry):
            self.assertTrue(os.access(self.debian / path.lstrip("/"), os.X_OK), path)

    def test_no_library_is_missing(self):
        result = run(*self.chroot("/usr/bin/ldd", "/app/webex-assistant"))
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertNotIn("not found", result.stdout)
        self.assertIn("libcurl.so.4", result.stdout)
        # Swift itself is inside the program.
        self.assertNotIn("libswift", result.stdout)

    def test_the_certificates_of_the_public_authorities_are_there(self):
        bundle = self.debian / "etc/ssl/certs/ca-certificates.crt"
        self.assertGreater(bundle.stat().st_size, 100_000)

    def test_it_says_its_version_and_its_commands(self):
        version = self.program("--version")
        self.assertEqual(version.returncode, 0, version.stdout)
        self.assertRegex(version.stdout, r"^\d+\.\d+")
        usage = self.program("--help")
        self.assertEqual(usage.returncode, 0, usage.stdout)
        self.assertRegex(usage.stdout, r"(?s)\brun\b.*\bhealth\b|\bhealth\b.*\brun\b")

    def test_a_bad_setting_is_named(self):
        result = self.program(
            "run", WEBEX_API_TOKEN="a-secret-token", ADMIN_ADDRESS="everywhere",
            PROMPTS_DIR="/app/prompts", DATABASE_PATH="/data/assistant.sqlite")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("ADMIN_ADDRESS", result.stdout)
        self.assertNotIn("a-secret-token", result.stdout)

    def test_the_health_check_fails_while_nothing_runs(self):
        # A port that nothing listens on.
        self.assertNotEqual(self.program("health", ADMIN_ADDRESS="127.0.0.1:9").returncode, 0)

    def test_the_page_is_served_and_a_question_is_answered(self):
        with (CACHE / "demo.log").open("w+") as log:
            demo = subprocess.Popen(
                self.chroot("/usr/bin/tini", "-s", "--", "/app/webex-assistant", "demo", "--port", "0"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd="/",
                env={"PATH": "/usr/bin:/bin", "HOME": "/data", "PROMPTS_DIR": "/app/prompts"})
            atexit.register(lambda: demo.poll() is None and demo.kill())
            output = lambda: (CACHE / "demo.log").read_text()
            base = eventually(
                "the page's address",
                lambda: re.search(r"http://127\.0\.0\.1:\d+", output()), 30, output).group(0)

            class Running:
                """What Person needs of a simulator."""

                api = base + "/v1"
                bot = {}

            # The address is told before the bot listens, and Webex keeps nothing for an unknown device.
            eventually("the bot's connection", lambda: any(
                socket["frames"] for socket in call("GET", base + "/sim/record")["sockets"]),
                20, output)
            state = call("GET", base + "/sim/state")
            Running.bot = state["bot"]
            alice = Person(Running, next(
                person for person in state["people"] if person["email"] == "alice@example.com"))
            room = next(room for room in state["rooms"] if room["type"] == "direct"
                        and set(room["members"]) == {alice.id, state["bot"]["id"]})
            question = alice.send(room, "hello from the container")
            eventually("an answer", lambda: alice.replies(room, question), 30, output)
            demo.send_signal(signal.SIGTERM)
            self.assertEqual(demo.wait(30), 0, output())


if __name__ == "__main__":
    if str(BUILD) == "--prepare":
        sys.exit(empty_debian() is None)
    unittest.main(verbosity=2)
