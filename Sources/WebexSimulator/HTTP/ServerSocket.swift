// One accepted TCP connection on loopback: reads into a buffer, writes whole byte arrays, and can
// end with a FIN or with a RST. The HTTP and WebSocket layers above never see the descriptor.

import FlyingSocks
import FoundationEssentials
import Glibc
import Synchronization

final class ServerSocket: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var start = 0
    var sawEnd = false
    var resetOnClose = false
  }

  private let socket: AsyncSocket
  private let pool: any AsyncSocketPool
  private let state = Synchronization.Mutex(State())

  init(_ socket: AsyncSocket, pool: any AsyncSocketPool) throws {
    self.socket = socket
    self.pool = pool
    // Head and body are separate writes: without this, Nagle and delayed ack add 40 ms to a reply.
    try socket.socket.setValue(
      true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
  }

  /// Bytes that were read and not yet taken.
  var bufferedCount: Int { state.withLock { $0.buffer.count - $0.start } }

  /// Reads once into the buffer. False at the end of the stream.
  func fill(atMost limit: Int = 65_536) async throws -> Bool {
    while true {
      try Task.checkCancellation()
      if state.withLock({ $0.sawEnd }) { return false }
      do {
        let bytes = try socket.socket.read(atMost: limit)
        state.withLock { $0.buffer += bytes }
        return true
      } catch SocketError.blocked {
        do {
          try await pool.suspendSocket(socket.socket, untilReadyFor: .read)
        } catch SocketError.disconnected {
          // EPOLLHUP may come with unread bytes: the next read tells which.
        }
      } catch SocketError.disconnected {
        state.withLock { $0.sawEnd = true }
        return false
      }
    }
  }

  /// Takes up to `count` buffered bytes.
  func take(_ count: Int) -> [UInt8] {
    state.withLock { state in
      let end = min(state.start + count, state.buffer.count)
      let taken = Array(state.buffer[state.start..<end])
      state.start = end
      if state.start == state.buffer.count {
        state.buffer = []
        state.start = 0
      } else if state.start > 1 << 20 {
        state.buffer.removeFirst(state.start)
        state.start = 0
      }
      return taken
    }
  }

  /// Takes exactly `count` bytes, or nil if the stream ends before.
  func read(exactly count: Int) async throws -> [UInt8]? {
    while bufferedCount < count {
      guard try await fill() else { return nil }
    }
    return take(count)
  }

  /// Takes everything up to and including `delimiter`. Nil at the end of the stream; throws
  /// `HTTPParseError.headTooLarge` if `limit` bytes hold no delimiter.
  func read(through delimiter: [UInt8], limit: Int) async throws -> [UInt8]? {
    var searched = 0
    while true {
      let found = state.withLock { state -> Int? in
        let from = state.start + max(0, searched - delimiter.count)
        guard let range = state.buffer[from...].firstRange(of: delimiter) else { return nil }
        return range.upperBound - state.start
      }
      if let found {
        if found > limit { throw HTTPParseError.headTooLarge }
        return take(found)
      }
      searched = bufferedCount
      if searched > limit { throw HTTPParseError.headTooLarge }
      guard try await fill() else { return nil }
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    try await socket.write(Data(bytes))
  }

  /// From now on `close` sends a RST and drops what is unsent.
  func resetOnClose() {
    state.withLock { $0.resetOnClose = true }
  }

  /// Only the task that owns the connection may call this, after every reader and writer is gone:
  /// the descriptor's number is reused at once.
  func close() {
    if state.withLock({ $0.resetOnClose }) {
      try? socket.socket.setValue(true, for: ZeroLinger())
    }
    try? socket.close()
  }
}

/// SO_LINGER with a timeout of zero: `close` becomes a RST.
private struct ZeroLinger: SocketOption {
  let level = SOL_SOCKET
  let name = SO_LINGER
  func makeValue(from socketValue: linger) -> Bool { socketValue.l_onoff != 0 }
  func makeSocketValue(from value: Bool) -> linger { linger(l_onoff: value ? 1 : 0, l_linger: 0) }
}
