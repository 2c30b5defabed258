// Strangers and files that several suites need: a temporary folder, a private CA made by openssl,
// tinyproxy, and servers in Python's standard library.

import Foundation
import Glibc

/// A folder that goes away with the test process.
final class TemporaryFolder: Sendable {
  static let shared = TemporaryFolder()
  let path: String

  private init() {
    path = FileManager.default.temporaryDirectory.path + "/curlhttp-tests-\(getpid())"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: TemporaryFolder.shared.path) }
  }

  func file(_ name: String, bytes: [UInt8]) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// A program of someone else's, ended with the object.
final class Stranger: @unchecked Sendable {  // the process is touched by init and deinit only
  private let process = Process()
  private let output = Pipe()

  init(_ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    // Not SIGTERM: tinyproxy then waits for its next connection before it goes.
    kill(process.processIdentifier, SIGKILL)
  }

  /// Blocks until the program has printed a line.
  func firstLine() -> String {
    var line: [UInt8] = []
    while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Runs to its end.
  static func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(command: arguments[0]) }
  }

  struct Failed: Error { var command: String }
}

/// Two private CAs; the first has signed a certificate for 127.0.0.1.
struct Certificates: Sendable {
  private static let made = Result { try Certificates() }

  static func shared() async throws -> Certificates {
    try await offPool { try made.get() }
  }

  let ca: String
  let otherCA: String
  let chain: String
  let key: String

  private init() throws {
    let folder = TemporaryFolder.shared.path
    func path(_ name: String) -> String { "\(folder)/\(name).pem" }
    (ca, otherCA, chain, key) = (path("ca"), path("other-ca"), path("server"), path("server-key"))
    for (name, file) in [("ca", ca), ("other-ca", otherCA)] {
      try Stranger.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
          + ["-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout", path(name + "-key")]
          + ["-out", file])
    }
    try Stranger.run(
      ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", chain]
        + ["-CA", ca, "-CAkey", path("ca-key"), "-addext", "subjectAltName=IP:127.0.0.1"])
  }
}

/// A TLS server in Python: `mode` "http" answers requests, "echo" sends every byte back, "talk"
/// speaks first and then ends the stream.
struct PythonTLSServer: Sendable {
  let port: Int
  private let stranger: Stranger

  init(_ mode: String) async throws {
    let certificates = try await Certificates.shared()
    (stranger, port) = try await offPool {
      let stranger = try Stranger([
        "python3", "-u", "-c", Self.program, mode, certificates.chain, certificates.key,
      ])
      return (stranger, Int(stranger.firstLine()) ?? 0)
    }
  }

  private static let program = """
    import http.server, socketserver, ssl, sys
    mode, chain, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    class Pages(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            body = ("path " + self.path).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *arguments):
            pass
    class Raw(socketserver.BaseRequestHandler):
        def handle(self):
            if mode == "talk":
                self.request.sendall(b"hello" * 20000)
                self.request.unwrap()
                return
            while True:
                data = self.request.recv(65536)
                if not data:
                    return
                self.request.sendall(data)
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        def get_request(self):
            client, address = super().get_request()
            client.settimeout(20)
            return context.wrap_socket(client, server_side=True), address
        def handle_error(self, request, address):
            pass
    server = Server(("127.0.0.1", 0), Pages if mode == "http" else Raw)
    print(server.server_address[1])
    server.serve_forever()
    """
}

/// A tinyproxy on loopback, with or without a password.
final class TinyProxy: Sendable {
  let port: UInt16
  private let stranger: Stranger
  private let log: String

  init(user: String? = nil, password: String? = nil) async throws {
    let (fd, port) = try TestServer.listen(backlog: 1)
    close(fd)
    self.port = port
    log = "\(TemporaryFolder.shared.path)/tinyproxy-\(port).log"
    var lines = [
      "Port \(port)", "Listen 127.0.0.1", "Timeout 60", "MaxClients 50", "LogFile \"\(log)\"",
      "LogLevel Connect", "Allow 127.0.0.1",
    ]
    if let user, let password { lines.append("BasicAuth \(user) \(password)") }
    let file = try TemporaryFolder.shared.file(
      "tinyproxy-\(port).conf", bytes: Array((lines.joined(separator: "\n") + "\n").utf8))
    stranger = try await offPool { try Stranger(["tinyproxy", "-d", "-c", file]) }
    guard try await eventually(within: 60, { Self.answers(port) }) else { throw NotUp() }
  }

  struct NotUp: Error {}

  var url: String { "http://127.0.0.1:\(port)" }
  var journal: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  private static func answers(_ port: UInt16) -> Bool {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
