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

/// A program of someone else's, ended with this process: a test may hold only its port. Not Foundation's `Process`, which leaks when
/// it is let go before its program has ended, and starts programs with signals blocked.
final class Stranger: Sendable {
  private let id: pid_t
  private let output: Int32

  private static let running = Locked<[pid_t]>([])

  init(_ arguments: [String]) throws {
    (id, output) = try Self.start(arguments)
    let isFirst = Self.running.withLock { running in
      running.append(id)
      return running.count == 1
    }
    if isFirst {
      // Not SIGTERM: tinyproxy then waits for its next connection before it goes.
      atexit { for id in Stranger.running.current { kill(id, SIGKILL) } }
    }
  }

  /// Blocks until the program has printed a line.
  func firstLine() -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  /// Runs to its end.
  static func run(_ arguments: [String]) throws {
    let (id, output) = try start(arguments)
    defer { close(output) }
    var some = [UInt8](repeating: 0, count: 4_096)
    while read(output, &some, some.count) > 0 {}
    var status: Int32 = 0
    guard waitpid(id, &status, 0) == id, status == 0 else { throw Failed(command: arguments[0]) }
  }

  struct Failed: Error { var command: String }

  // glibc has it since 2.34; Swift's Glibc module does not show it.
  private static let closeFrom = unsafeBitCast(
    dlsym(nil, "posix_spawn_file_actions_addclosefrom_np"),
    to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32).self)

  /// The program, found on the PATH, with nothing of ours but its standard output: a socket that it
  /// inherited would stay open when a test closes it.
  private static func start(_ arguments: [String]) throws -> (pid_t, output: Int32) {
    var pipe: [Int32] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw Failed(command: "pipe") }
    defer { close(pipe[1]) }
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&files, pipe[1], 1)
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0)
    _ = closeFrom(&files, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    // Debian keeps servers where an ordinary user's PATH does not look.
    let path = "PATH=$PATH:/usr/sbin:/sbin exec \"$@\""
    var words = (["sh", "-c", path, "sh"] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var id = pid_t()
    let status = posix_spawn(&id, "/bin/sh", &files, &attributes, &words, environ)
    guard status == 0 else {
      close(pipe[0])
      throw Failed(command: arguments[0])
    }
    return (id, pipe[0])
  }
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
    let port = try freePort()
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
    guard try await eventually(within: 60, { canConnect(to: port) }) else { throw NotUp() }
  }

  struct NotUp: Error {}

  var url: String { "http://127.0.0.1:\(port)" }
  var journal: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}
