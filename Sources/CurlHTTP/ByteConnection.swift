// A raw byte stream over libcurl's DNS, proxy and TLS.

public final class ByteConnection: Sendable {
  init() {}

  public func read() async throws -> [UInt8]? { nil }
  public func write(_ bytes: [UInt8]) async throws {}
  public func close() {}
}
