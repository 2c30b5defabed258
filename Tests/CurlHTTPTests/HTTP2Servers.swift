// Other people's HTTP/2 servers for HTTP2Tests: nghttpx in front of a TestServer, Node where single
// streams must die on command, and a relay that cuts the wire between client and server.

import Foundation
import Glibc

/// What must be installed. A missing program skips with a line, and fails where CI=true.
enum Program {
  static let nghttpx = require("nghttpx")
  static let node = require("node")

  private static func require(_ name: String) -> Bool {
    let isThere = (try? Stranger.run([name, "--version"])) != nil
    let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    if !isThere, !isCI { print("SKIPPED: \(name) is not installed") }
    return isThere || isCI
  }
}

/// nghttpx on loopback: TLS and HTTP/2 (or 1.1) in front, a plain HTTP/1.1 backend behind.
final class NGHTTPX: Sendable {
  let port: UInt16
  private let stranger: Stranger
  private let journal: String

  init(backend: UInt16, _ options: [String] = []) async throws {
    let certificates = try await Certificates.shared()
    let port = try freePort()
    let journal = "\(TemporaryFolder.shared.path)/nghttpx-\(port).log"
    // One process: ended with SIGKILL, a parent would leave its worker behind.
    let arguments =
      [
        "nghttpx", "--conf=/dev/null", "--single-process", "--frontend=127.0.0.1,\(port)",
        "--backend=127.0.0.1,\(backend)", "--accesslog-file=\(journal)",
        "--accesslog-format=$alpn $remote_port",
      ] + options + [certificates.key, certificates.chain]
    (self.port, self.journal) = (port, journal)
    stranger = try await offPool { try Stranger(arguments) }
    guard try await eventually(within: 60, { canConnect(to: port) }) else { throw NotUp() }
  }

  struct NotUp: Error {}

  var url: String { "https://127.0.0.1:\(port)" }

  /// The protocol and the client's port of each finished request.
  var finished: [(alpn: String, connection: String)] {
    let text = (try? String(contentsOfFile: journal, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      return words.count == 2 ? (words[0], words[1]) : nil
    }
  }
}

/// An HTTP/2 server in Node whose paths say how a request dies on its first attempt. The body of an
/// answer is the number of the attempt; `/count?<path>` tells how many attempts a path has seen.
struct NodeHTTP2: Sendable {
  let port: Int
  private let stranger: Stranger

  init() async throws {
    let certificates = try await Certificates.shared()
    (stranger, port) = try await offPool {
      let stranger = try Stranger([
        "node", "-e", Self.program, "--", certificates.chain, certificates.key,
      ])
      return (stranger, Int(stranger.firstLine()) ?? 0)
    }
  }

  var url: String { "https://127.0.0.1:\(port)" }

  private static let program = """
    const http2 = require('http2'), fs = require('fs')
    const [chain, key] = process.argv.slice(-2).map(file => fs.readFileSync(file))
    const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants
    const attempts = {}
    const server = http2.createSecureServer({ cert: chain, key })
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      const path = headers[':path']
      if (path.startsWith('/count?')) return stream.end(String(attempts[path.slice(7)] || 0))
      const attempt = attempts[path] = (attempts[path] || 0) + 1
      const kind = path.split('/')[1]
      if (kind === 'reset' || (kind === 'reset-once' && attempt === 1))
        return stream.close(NGHTTP2_INTERNAL_ERROR)
      if (kind === 'refuse' && attempt === 1) return stream.close(NGHTTP2_REFUSED_STREAM)
      // The last stream id is the one before this: this one, it promises, nobody has looked at.
      if (kind === 'goaway' && attempt === 1) return stream.session.goaway(0, stream.id - 2)
      stream.respond({ ':status': 200 })
      if (kind === 'cut') {
        stream.write('some')
        return setTimeout(() => stream.destroy(new Error()), 50)
      }
      if (kind === 'farewell') {
        stream.write('first,')
        stream.session.goaway(0, stream.id)
        return setTimeout(() => stream.end('second'), 50)
      }
      stream.end(String(attempt))
    })
    server.on('sessionError', () => {})
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))
    """
}

/// Passes bytes between its clients and another port, until the test cuts the wire.
final class Relay: Sendable {
  private let server: TestServer
  private let dead = Locked(0)

  init(to port: UInt16) throws {
    let dead = self.dead
    server = try TestServer { connection in
      guard let upstream = connectToLoopback(port) else { return }
      defer { close(upstream) }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while connection.index >= dead.current {
        let ends = [(connection.fd, upstream), (upstream, connection.fd)]
        var polls = ends.map { pollfd(fd: $0.0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polls, 2, 5) >= 0 else { return }
        for (end, polled) in zip(ends, polls) where polled.revents != 0 {
          let count = recv(end.0, &buffer, buffer.count, 0)
          guard count > 0, send(end.1, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
        }
      }
      connection.reset()
    }
  }

  var url: String { "https://127.0.0.1:\(server.port)" }
  var accepted: Int { server.accepted }

  /// Resets every connection there is; later ones live.
  func cut() {
    dead.withLock { $0 = server.accepted }
  }
}
