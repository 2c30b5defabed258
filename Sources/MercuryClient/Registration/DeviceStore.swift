// Where the device registration outlives the process, so that a restart (even after kill -9) takes
// its old registration again instead of leaving another one behind: Webex caps them.

import Synchronization

/// A WDM registration: the address of the device and of its socket.
public struct DeviceRecord: Sendable, Equatable, Codable {
  public var url: String
  public var webSocketURL: String
  public var name: String

  public init(url: String, webSocketURL: String, name: String) {
    self.url = url
    self.webSocketURL = webSocketURL
    self.name = name
  }
}

/// Keeps at most one record. A store that throws is logged and otherwise ignored.
public protocol DeviceStore: Sendable {
  func loadDevice() async throws -> DeviceRecord?
  func saveDevice(_ device: DeviceRecord) async throws
  func clearDevice() async throws
}

/// Forgets at the end of the process.
public final class MemoryDeviceStore: DeviceStore {
  private let record: Mutex<DeviceRecord?>

  public init(_ device: DeviceRecord? = nil) { record = Mutex(device) }

  public func loadDevice() async throws -> DeviceRecord? { record.withLock { $0 } }
  public func saveDevice(_ device: DeviceRecord) async throws { record.withLock { $0 = device } }
  public func clearDevice() async throws { record.withLock { $0 = nil } }
}
