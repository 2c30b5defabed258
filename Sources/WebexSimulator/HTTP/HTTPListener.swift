// Accepts connections on 127.0.0.1 and serves each in its own task. Nothing here can bind to any
// other address: the simulator's tokens are public knowledge.

import FlyingSocks
import Glibc

struct HTTPListener: Sendable {
  let port: UInt16
  private let listening: AsyncSocket
  private let pool: any AsyncSocketPool

  /// Binds to 127.0.0.1. `port` 0 takes any free one.
  static func bind(port: UInt16) async throws -> HTTPListener {
    let pool: some AsyncSocketPool = SocketPool.make(maxEvents: 256)
    try await pool.prepare()
    let socket = try Socket(domain: Int32(AF_INET), type: .stream)
    do {
      try socket.setValue(true, for: .localAddressReuse)
      try socket.bind(to: .inet(ip4: "127.0.0.1", port: port))
      try socket.listen()
      guard case .ip4(_, let bound) = try socket.sockname() else {
        throw SimulatorError(.cannotListen, "the socket has no IPv4 address")
      }
      return HTTPListener(
        port: bound, listening: try AsyncSocket(socket: socket, pool: pool), pool: pool)
    } catch {
      try? socket.close()
      throw error
    }
  }

  /// Serves until the task is cancelled; every connection is closed when it returns.
  func serve(
    bodyLimit: @escaping @Sendable (Request) -> Int,
    respond: @escaping HTTPConnection.Respond
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [pool] in try? await pool.run() }
      group.addTask { await acceptAll(bodyLimit: bodyLimit, respond: respond) }
      await group.next()
      group.cancelAll()
    }
    try? listening.close()
  }

  private func acceptAll(
    bodyLimit: @escaping @Sendable (Request) -> Int,
    respond: @escaping HTTPConnection.Respond
  ) async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        do {
          let socket = try ServerSocket(try await listening.accept(), pool: pool)
          group.addTask {
            let connection = HTTPConnection(socket: socket, bodyLimit: bodyLimit, respond: respond)
            await connection.serve()
            socket.close()
          }
        } catch is CancellationError {
          break
        } catch {
          // Out of descriptors, or a client that left before it was accepted: let others finish.
          try? await Task.sleep(for: .milliseconds(20))
        }
      }
      group.cancelAll()
    }
  }
}
