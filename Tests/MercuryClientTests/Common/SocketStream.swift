// A plain TCP connection for tests that play the server, and the listener that accepts them. Knows
// nothing of libcurl, so that client and server do not share a mistake.

import Dispatch
import Foundation
import Glibc
import MercuryClient
import Synchronization

final class SocketStream: ByteStream {
  private let descriptor: Int32
  private let writes = DispatchQueue(label: "writes")
  private let isClosed = Mutex(false)

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit {
    close()
    Glibc.close(descriptor)
  }

  func read() async throws -> [UInt8]? {
    await withCheckedContinuation { continuation in
      // Not on a queue: some hundred tests wait here at once, and dispatch has 255 threads.
      Thread.detachNewThread { [self] in
        let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
          repeat {
            count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
          } while count < 0 && errno == EINTR
          count = max(0, count)
        }
        continuation.resume(returning: bytes.isEmpty ? nil : bytes)
      }
    }
  }

  struct Broken: Error {}

  func write(_ bytes: [UInt8]) async throws {
    let isWritten = await withCheckedContinuation { continuation in
      writes.async { [self] in
        var offset = 0
        while offset < bytes.count {
          let count = bytes.withUnsafeBytes {
            send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
          }
          guard count > 0 else { return continuation.resume(returning: false) }
          offset += count
        }
        continuation.resume(returning: true)
      }
    }
    guard isWritten else { throw Broken() }
  }

  /// The descriptor itself is closed when nobody can be reading from it any more.
  func close() {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    if isFirst { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
  }

  /// A reset instead of an orderly end.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    close()
  }
}

/// Accepts on a free port of 127.0.0.1.
final class Listener: Sendable {
  let port: Int
  private let descriptor: Int32
  private let isOpen: IsOpen

  init(_ accepted: @escaping @Sendable (SocketStream) -> Void) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    precondition(descriptor >= 0, "socket")
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    port = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        precondition(bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0, "listen")
        getsockname(descriptor, $0, &size)
      }
      return Int(UInt16(bigEndian: pointer.pointee.sin_port))
    }
    isOpen = IsOpen()
    Thread.detachNewThread { [descriptor, isOpen] in
      while true {
        let connection = accept(descriptor, nil, nil)
        if connection < 0, errno == EINTR { continue }
        guard connection >= 0 else { break }
        accepted(SocketStream(connection))
      }
      // Here and nowhere else: a number that was closed under this loop would soon be that of
      // another listener, whose connections it would take away.
      isOpen.value.withLock {
        close(descriptor)
        $0 = false
      }
    }
  }

  func stop() {
    isOpen.value.withLock { if $0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }

  deinit { stop() }

  private final class IsOpen: Sendable {
    let value = Mutex(true)
  }
}
