// A WebSocket server on node:http's `upgrade` event, for WebSocketStrangerTests: another hand, another
// language, the same RFC. Prints its port and serves until its standard input ends.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function frame(opcode, payload, final = true) {
  const length = payload.length;
  let head;
  if (length < 126) head = Buffer.from([0, length]);
  else if (length < 65536) {
    head = Buffer.alloc(4);
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head = Buffer.alloc(10);
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  head[0] = (final ? 0x80 : 0) | opcode;
  return Buffer.concat([head, payload]);
}

/** Calls back for every frame; a client's frame must be masked. */
function reader(onFrame) {
  let buffer = Buffer.alloc(0);
  return (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 2) {
      let length = buffer[1] & 0x7f;
      let offset = 2;
      if (length === 126) {
        if (buffer.length < 4) return;
        length = buffer.readUInt16BE(2);
        offset = 4;
      } else if (length === 127) {
        if (buffer.length < 10) return;
        length = Number(buffer.readBigUInt64BE(2));
        offset = 10;
      }
      if (!(buffer[1] & 0x80)) throw new Error("not masked");
      if (buffer.length < offset + 4 + length) return;
      const mask = buffer.subarray(offset, offset + 4);
      const payload = Buffer.from(buffer.subarray(offset + 4, offset + 4 + length));
      for (let i = 0; i < payload.length; i++) payload[i] ^= mask[i & 3];
      const first = buffer[0];
      buffer = buffer.subarray(offset + 4 + length);
      onFrame(first & 0x0f, payload);
    }
  };
}

const server = createServer((request, response) => response.writeHead(404).end());

server.on("upgrade", (request, socket) => {
  if (request.url === "/refuse") {
    socket.end("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + guid)
    .digest("base64");
  const head =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`;
  socket.on("error", () => {});
  const text = (string) => Buffer.from(string, "utf8");
  if (request.url === "/greeting") {
    // One write: the first message is in the segment of the 101.
    socket.write(Buffer.concat([Buffer.from(head), frame(1, text("hello"))]));
  } else {
    socket.write(head);
  }
  if (request.url === "/fragments") {
    const whole = text("fragmented ä€😀");
    for (let i = 0; i < whole.length; i++) {
      socket.write(frame(i === 0 ? 1 : 0, whole.subarray(i, i + 1), i === whole.length - 1));
      if (i < whole.length - 1) socket.write(frame(9, text(`${i}`)));
    }
  } else if (request.url === "/ping") socket.write(frame(9, text("are you there")));
  else if (request.url === "/big") socket.write(frame(2, Buffer.alloc(5 << 20, "x")));
  else if (request.url.startsWith("/close/")) {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(Number(request.url.split("/")[2]));
    socket.write(frame(8, Buffer.concat([code, text("because ä")])));
  } else if (request.url === "/drop") socket.resetAndDestroy();
  socket.on(
    "data",
    reader((opcode, payload) => {
      if (opcode === 8) socket.end(frame(8, payload));
      else if (opcode === 9) socket.write(frame(10, payload));
      else if (opcode === 10 && request.url === "/ping" && payload.toString() === "are you there")
        socket.write(frame(1, text("ponged")));
      else if (request.url === "/echo" && opcode < 3) socket.write(frame(opcode, payload));
    }),
  );
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
