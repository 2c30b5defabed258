"""Runs tinyproxy on a free port of 127.0.0.1, with CONNECT allowed to the given ports, for
WebSocketStrangerTests. Prints its port and serves until its standard input ends.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]

with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "tinyproxy.conf")
    with open(path, "w") as configuration:
        configuration.write(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\n")
        for allowed in sys.argv[1:]:
            configuration.write(f"ConnectPort {allowed}\n")
    proxy = subprocess.Popen(["tinyproxy", "-d", "-c", path], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        print(port, flush=True)
        sys.stdin.read()
    finally:
        # Not SIGTERM: a test runner may have started us with that signal blocked.
        proxy.kill()
        proxy.wait()
