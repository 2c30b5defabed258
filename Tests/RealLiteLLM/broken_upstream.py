"""An OpenAI-compatible upstream that begins to answer and then does not end well.

scripts/litellm --test puts it behind the real LiteLLM, because LiteLLM's own mock models cannot
fail in the middle of a stream. The model's name says how: `error-frame` sends an error event after
a few words, `cut` drops the connection there. Usage: broken_upstream.py PORT
"""

import http.server
import json
import socket
import struct
import sys
import time

WORDS = ["This ", "answer ", "begins ", "well ", "and "]


class Upstream(http.server.BaseHTTPRequestHandler):
    # Chunked, so that a cut can be told from an end; without it LiteLLM invents a finish reason.
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for word in WORDS:
            self.event({
                "id": "chatcmpl-broken", "object": "chat.completion.chunk", "created": 1,
                "model": request["model"],
                "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}}],
            })
        # LiteLLM reads ahead: an end right behind the words would still become an HTTP error.
        time.sleep(1.5)
        if request["model"] == "error-frame":
            self.event({"error": {
                "message": "The server had an error while processing your request",
                "type": "server_error", "param": None, "code": "server_error"}})
            self.wfile.write(b"0\r\n\r\n")
        else:
            # SO_LINGER 0 turns close into a reset: nothing about this end looks like a clean one.
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

    def event(self, payload: dict):
        data = b"data: " + json.dumps(payload).encode() + b"\n\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()
        time.sleep(0.05)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Upstream).serve_forever()
