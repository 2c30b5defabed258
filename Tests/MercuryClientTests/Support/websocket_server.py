"""A WebSocket server on the `websockets` package, for WebSocketStrangerTests.

Prints its port and serves until its standard input ends. Arguments: [certificate key] for TLS.
The path says what to do: see `serve`.
"""

import asyncio
import http
import ssl
import sys

import websockets
from websockets.asyncio.server import serve as listen


async def serve(connection):
    path = connection.request.path
    if path == "/echo":
        async for message in connection:
            await connection.send(message)
    elif path == "/greeting":
        # At once, so that it can arrive together with the 101.
        await connection.send("hello")
        await connection.wait_closed()
    elif path == "/fragments":
        async def parts():
            for part in ["frag", "men", "ted ", "\u00e4\u20ac\U0001f600"]:
                yield part
                await (await connection.ping())
        await connection.send(parts())
        await connection.wait_closed()
    elif path == "/ping":
        await (await connection.ping(b"are you there"))
        await connection.send("ponged")
        await connection.wait_closed()
    elif path == "/big":
        await connection.send(b"x" * (5 << 20))
        await connection.wait_closed()
    elif path.startswith("/close/"):
        await connection.close(int(path.rsplit("/", 1)[1]), "because \u00e4")
    elif path == "/drop":
        connection.transport.abort()


def refuse(connection, request):
    if request.path == "/refuse":
        response = connection.respond(http.HTTPStatus.TOO_MANY_REQUESTS, "no\n")
        response.headers["Retry-After"] = "7"
        return response
    if request.path == "/authorized" and request.headers.get("Authorization") != "Bearer x":
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, "no\n")
    return None


async def main():
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[1], sys.argv[2])
    async with listen(
        serve, "127.0.0.1", 0, ssl=tls, process_request=refuse, max_size=16 << 20
    ) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()


asyncio.run(main())
