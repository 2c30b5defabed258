"""A wire that can be cut: everything between the program and the simulator goes through it. It can fall
silent (half open), reset, refuse, or lose what the server says. Used by the fault and chaos suites.
"""

import select
import socket
import struct
import threading


class Relay:
    """Listens on a port of its own and speaks for the simulator: in what the server says, the
    simulator's address becomes the relay's (both have the same length), so that the catalogue sends
    the program back here.
    """

    def __init__(self, port: int):
        self.target = port
        self.lock = threading.Lock()
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.is_silent = False
        self.is_deaf = False
        self.awaited: tuple[bytes, int] | None = None
        self.listener = None
        self.port = 0
        for _ in range(50):
            self.open()
            if len(str(self.port)) == len(str(port)):
                return
            self.close()
            self.port = 0
        raise RuntimeError("no port with as many digits")

    @property
    def names(self) -> tuple[bytes, bytes]:
        return f"127.0.0.1:{self.target}".encode(), f"127.0.0.1:{self.port}".encode()

    def open(self):
        """Connections are taken (again)."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(128)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """New connections are refused; those that are open stay."""
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
            self.listener = None

    def reset(self):
        """Every connection ends with RST."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for side in pair:
                try:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    side.close()
                except OSError:
                    pass

    def silence(self, is_silent: bool = True):
        """Bytes are taken and go nowhere, in both directions: half open."""
        self.is_silent = is_silent

    def deafen(self, is_deaf: bool = True):
        """What the server says is lost; what the program says arrives."""
        self.is_deaf = is_deaf

    def deafen_at(self, request: bytes, number: int = 1):
        """Deaf from the so manieth request on that begins like this: it arrives, its answer is lost."""
        self.awaited = (request, number)

    def heal(self):
        """Silent connections are beyond repair: bytes are missing from them."""
        broken = self.is_silent or self.is_deaf
        self.is_silent = self.is_deaf = False
        self.awaited = None
        if broken:
            self.reset()
        if not self.listener:
            self.open()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            for side in (client, server):
                side.settimeout(None)
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs.append((client, server))
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client, server):
        try:
            while True:
                for side in select.select([client, server], [], [], 30)[0]:
                    data = side.recv(1 << 16)
                    if not data:
                        return
                    if self.is_silent or self.is_deaf and side is server:
                        continue
                    if side is server:
                        data = self._renamed(data, server)
                        client.sendall(data)
                    else:
                        self._notice(data)
                        server.sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                if (client, server) in self.pairs:
                    self.pairs.remove((client, server))
            for side in (client, server):
                try:
                    side.close()
                except OSError:
                    pass

    def _notice(self, data: bytes):
        if self.awaited and data.startswith(self.awaited[0]):
            request, number = self.awaited
            self.awaited = (request, number - 1) if number > 1 else None
            self.is_deaf = number == 1

    def _renamed(self, data: bytes, server) -> bytes:
        old, new = self.names
        # An address may be cut where the read ended.
        while any(data.endswith(old[:size]) for size in range(4, len(old))):
            if not select.select([server], [], [], 0.05)[0]:
                break
            more = server.recv(1 << 16)
            if not more:
                break
            data += more
        return data.replace(old, new)
