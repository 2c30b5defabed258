// What a WebSocket runs on: libcurl's raw connection in the program, a plain socket in tests that
// play the server.

package import CurlHTTP

package protocol ByteStream: Sendable {
  /// The next bytes; nil at the end.
  func read() async throws -> [UInt8]?
  /// Concurrent writes go out whole, in the order of the calls, and cancelling one does not tear it:
  /// half a frame would spoil the connection.
  func write(_ bytes: [UInt8]) async throws
  /// Ends both directions at once; reads and writes under way fail or end.
  func close()
}

extension ByteConnection: ByteStream {}
