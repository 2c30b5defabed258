"""A model whose every answer is known beforehand: a function of the marker in the question.

`marker("q7", "long")` goes into a question; `text_of("q7", "long")` is what must stand at the end. A
server of its own instead of the simulator's, because it counts the calls of each question and can be
made to fail between any two characters.
"""

import http.server
import json
import re
import socket
import threading
import time

MARKER = re.compile(r"\[ask (\w+) (\w+) w(\d+)\]")

# How long an answer of a kind takes from its first to its last token, in seconds.
LENGTH = {"short": 0.0, "growing": 4.5, "long": 5.0, "file": 1.5, "again": 0.3}
SECRET = "zanswerz"  # in every answer; must never be in a log
ASKED = "zquestionz"  # in every question; likewise


def marker(identity: str, kind: str = "short", wording: int = 1) -> str:
    return f"[ask {identity} {kind} w{wording}] {ASKED}"


def text_of(identity: str, kind: str = "short", wording: int = 1, call: int = 1) -> str:
    """The answer to a question. Only a question that is asked again differs from call to call."""
    head = f"Answer to {identity} in wording {wording}"
    if kind == "again":
        return f"{head}, try {call}. {SECRET} " + _words(identity, 20)
    if kind == "growing":
        return f"{head}. {SECRET}\n\n" + _words(identity, 90) + f"\n\nEnd of {identity}."
    if kind == "long":
        return f"{head}. {SECRET}\n\n" + _sections(identity, 17_000) + f"End of {identity}."
    if kind == "file":
        before, code, after = file_parts(identity, wording)
        return f"{before}```python\n{code}\n```{after}"
    return f"{head}. {SECRET}\n\n- one **bold** point\n- `code` of {identity}\n\nEnd of {identity}."


def file_parts(identity: str, wording: int = 1) -> tuple[str, str, str]:
    """What stands before the code, the code that becomes a file, and what stands after it."""
    code = "\n".join(f'print("{identity} line {number} of a long script")' for number in range(700))
    return (f"Answer to {identity} in wording {wording}. {SECRET}\n\n", code,
            f"\n\nEnd of {identity}.")


def _words(identity: str, count: int) -> str:
    return " ".join(f"{identity}-{number}" for number in range(1, count + 1))


def _sections(identity: str, size: int) -> str:
    text, section = "", 1
    while len(text) < size:
        lines = "\n".join(f"let {identity}_{section}_{line} = {line} // 漢字" for line in range(25))
        text += (f"## Section {section} of {identity}\n\nSome words, with äöü and 👩‍💻.\n\n"
                 f"- a point\n- another\n\n```swift\n{lines}\n```\n\n")
        section += 1
    return text


class Model:
    """An endpoint in LiteLLM's dialect.

    `faults` is a list of dictionaries, the first of which takes the next call and is used up after
    its `times`: `status` (with `retryAfter`), `cut` (characters before the connection breaks),
    `errorFrame` (characters before an error frame), `hang` (seconds of silence before the first
    token), `stall` (seconds of silence in the middle), `slow` (a factor on the answer's length).
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.calls: list[dict] = []
        self.faults: list[dict] = []
        self.port = 0
        self.server = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        model = self

        class Handler(_Handler):
            owner = model

        self.server = _Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        self.is_down = False
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()

    def stop(self):
        """Down: connections are refused, running answers break off."""
        self.is_down = True
        self.server.shutdown()
        self.server.server_close()
        self.server.close_clients()

    def restart(self):
        self.stop()
        self.start()

    def set_faults(self, *faults: dict):
        with self.lock:
            self.faults = [dict(fault) for fault in faults]

    def take_fault(self) -> dict:
        with self.lock:
            for fault in self.faults:
                if fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
            return {}

    def begin(self, body: dict) -> dict:
        asked = [message.get("content") or "" for message in body.get("messages", [])
                 if message.get("role") == "user"]
        found = MARKER.search(asked[-1]) if asked else None
        identity, kind, wording = found.groups() if found else ("?", "short", "1")
        with self.lock:
            same = [call for call in self.calls
                    if call["id"] == identity and call["wording"] == int(wording)]
            call = {"id": identity, "kind": kind, "wording": int(wording), "number": len(same) + 1,
                    "time": time.time(), "outcome": None,
                    "history": len(body.get("messages", []))}
            self.calls.append(call)
            return call

    def record(self) -> list[dict]:
        with self.lock:
            return [dict(call) for call in self.calls]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, *arguments):
        self.clients: set[socket.socket] = set()
        super().__init__(*arguments)

    def get_request(self):
        client, address = super().get_request()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients.add(client)
        return client, address

    def shutdown_request(self, request):
        self.clients.discard(request)
        super().shutdown_request(request)

    def close_clients(self):
        for client in list(self.clients):
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is part of the tests


class _Cut(Exception):
    pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Model

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path.endswith("/models"):
            self._json({"object": "list", "data": [
                {"id": "known", "object": "model", "created": 1, "owned_by": "tests"}]})
        elif self.path.endswith("/model_group/info"):
            self._json({"data": [{
                "model_group": "known", "providers": ["tests"], "mode": "chat",
                "max_input_tokens": 200000.0, "max_output_tokens": 50000.0,
                "supported_openai_params": ["temperature", "stream", "stream_options"]}]})
        else:
            self._json({"detail": "Not Found"}, 404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        fault = self.owner.take_fault()
        call = self.owner.begin(body)
        try:
            self._answer(body, call, fault)
            call["outcome"] = call["outcome"] or "complete"
        except _Cut:
            call["outcome"] = "cut"
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            call["outcome"] = "cancelled"
            self.close_connection = True
        finally:
            call["ended"] = time.time()

    def _answer(self, body: dict, call: dict, fault: dict):
        self._wait(fault.get("hang", 0))
        if "status" in fault:
            call["outcome"] = f"status {fault['status']}"
            headers = {"retry-after": str(fault["retryAfter"])} if "retryAfter" in fault else {}
            return self._json({"error": {"message": "simulated", "type": None, "param": None,
                                         "code": str(fault["status"])}}, fault["status"], headers)
        text = text_of(call["id"], call["kind"], call["wording"], call["number"])
        if not body.get("stream"):
            return self._json({"id": "chatcmpl-1", "object": "chat.completion", "model": "known",
                               "choices": [{"index": 0, "finish_reason": "stop", "message": {
                                   "role": "assistant", "content": text}}]})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        seconds = LENGTH.get(call["kind"], 0) * fault.get("slow", 1)
        # Ten pieces a second, or tokens of some size at once.
        count = max(1, round(seconds * 10)) if seconds else 4
        size = max(1, -(-len(text) // count))
        for start in range(0, len(text), size):
            if start >= fault.get("cut", len(text) + 1):
                raise _Cut
            if start >= fault.get("errorFrame", len(text) + 1):
                call["outcome"] = "error frame"
                self._event({"error": {"message": "simulated", "type": None, "code": "500"}})
                return self._chunk(b"")
            if fault.get("stall") and start <= len(text) // 2 < start + size:
                self._wait(fault["stall"])
            self._event(self._delta({"content": text[start:start + size]}))
            if start + size < len(text):
                self._wait(seconds / count)
        self._event(self._delta({}, "stop"))
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "known",
                         "choices": [], "usage": {"prompt_tokens": 10, "total_tokens": 20,
                                                  "completion_tokens": 10}})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _wait(self, seconds: float):
        """Sleeps, but notices when the client has gone or the server is taken down."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            if self.owner.is_down:
                raise _Cut
            time.sleep(min(rest, 0.1))
            if rest > 0.3:
                self.connection.setblocking(False)
                try:
                    if self.connection.recv(1, socket.MSG_PEEK) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                finally:
                    self.connection.setblocking(True)

    @staticmethod
    def _delta(delta: dict, finish: str | None = None) -> dict:
        return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "known",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    def _event(self, body: dict):
        self._chunk(b"data: " + json.dumps(body).encode() + b"\n\n")

    def _chunk(self, data: bytes):
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, body: dict, status: int = 200, headers: dict | None = None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
