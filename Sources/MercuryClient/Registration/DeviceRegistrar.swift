// WDM: the device whose socket carries our events. Takes an old one again wherever that works, since
// Webex caps the registrations of a user (100 by its FAQ); only ever removes those of our own name.

import FoundationEssentials
import HTTPTypes
import Logging

struct DeviceRegistrar: Sendable {
  static let deviceType = "DESKTOP"

  let call: ServiceCall
  let deviceName: String
  let store: any DeviceStore
  let logger: Logger

  /// The stored device, else a listed one of our name, else a new one.
  ///
  /// - Parameter fresh: gives the old device up first: its socket address has proved dead.
  /// - Throws: `MercuryError` or `CancellationError`.
  func register(wdmURL: String, fresh: Bool) async throws -> DeviceRecord {
    let stored = await load()
    if fresh {
      if let stored { try await discard(stored.url) }
      await clear()
    } else if let found = try await reuse(stored, wdmURL: wdmURL) {
      await save(found)
      return found
    }
    let created = try await create(wdmURL: wdmURL)
    await save(created)
    return created
  }

  /// Removes the stored device; one that is gone already is fine.
  func removeStored() async throws {
    guard let stored = await load() else { return }
    try await discard(stored.url)
    await clear()
  }

  // MARK: Reuse

  private func reuse(_ stored: DeviceRecord?, wdmURL: String) async throws -> DeviceRecord? {
    var tried: Set<String> = []
    if let stored, stored.name == deviceName, belongs(stored.url, to: wdmURL) {
      if let device = try await refresh(stored) { return device }
      tried.insert(stored.url)
      await clear()
    }
    for device in try await ownDevices(wdmURL: wdmURL) where !tried.contains(device.url) {
      if let device = try await refresh(device) { return device }
    }
    return nil
  }

  /// A device of another region's WDM must not be taken again: it would never get an event.
  private func belongs(_ url: String, to wdmURL: String) -> Bool { url.hasPrefix(wdmURL + "/") }

  /// The refresh repeats the device type, without which WDM takes the device for an iPhone. nil when
  /// WDM does not know the device (404) or does not want it (another 4xx), or when its address is
  /// one that must not see the token.
  private func refresh(_ device: DeviceRecord) async throws -> DeviceRecord? {
    let what = "refreshing the device"
    guard let answer = try await send(.put, device.url, json: try requestBody(), what) else {
      return nil
    }
    if answer.isSuccess {
      guard let wire = answer.decode(Wire.self), let refreshed = wire.record(named: deviceName)
      else { return device }
      return refreshed
    }
    switch answer.status {
    case 401, 429, 500...: throw answer.error(.registration, what)
    default:
      logger.info("device not reusable", metadata: ["status": "\(answer.status)"])
      return nil
    }
  }

  /// Newest first. WDM answers 404 when there is no device at all.
  private func ownDevices(wdmURL: String) async throws -> [DeviceRecord] {
    struct List: Decodable { var devices: Lossy<Wire>? }
    let what = "listing the devices"
    let answer = try await call.send(.get, wdmURL + "/devices", what)
    if answer.status == 404 { return [] }
    guard answer.isSuccess else { throw answer.error(.registration, what) }
    return (answer.decode(List.self)?.devices?.elements ?? [])
      .filter { $0.name == deviceName && ($0.deviceType ?? Self.deviceType) == Self.deviceType }
      .sorted { ($0.modificationTime ?? "") > ($1.modificationTime ?? "") }
      .compactMap { $0.record(named: deviceName) }
  }

  // MARK: Create and remove

  private func create(wdmURL: String) async throws -> DeviceRecord {
    let answer = try await post(wdmURL: wdmURL)
    if let device = try created(answer) { return device }
    let own = try await ownDevices(wdmURL: wdmURL)
    logger.warning(
      "too many device registrations; removing our own old ones",
      metadata: ["own": "\(own.count)"])
    for device in own { try await discard(device.url) }
    let again = own.isEmpty ? answer : try await post(wdmURL: wdmURL)
    if let device = try created(again) { return device }
    throw MercuryError(
      .tooManyDevices,
      "the bot has too many device registrations and none named \(deviceName.prefix(60)) is left "
        + "to remove; Webex drops idle ones after some days",
      status: again.status, retryAfter: again.retryAfter)
  }

  private func post(wdmURL: String) async throws -> ServiceCall.Answer {
    try await call.send(
      .post, wdmURL + "/devices", json: try requestBody(), "registering the device")
  }

  /// nil when over the cap.
  private func created(_ answer: ServiceCall.Answer) throws -> DeviceRecord? {
    if answer.isSuccess {
      guard let device = answer.decode(Wire.self)?.record(named: deviceName) else {
        throw MercuryError(.registration, "the new device has no socket address")
      }
      return device
    }
    if (400..<500).contains(answer.status), answer.message.lowercased().contains("excessive") {
      return nil
    }
    throw answer.error(.registration, "registering the device")
  }

  private func discard(_ url: String) async throws {
    let what = "removing the device"
    guard let answer = try await send(.delete, url, what) else { return }
    guard answer.isSuccess || answer.status == 404 else {
      if answer.status == 401 { throw answer.error(.registration, what) }
      logger.info("device not removed", metadata: ["status": "\(answer.status)"])
      return
    }
  }

  /// To an address that was stored or listed. nil when the token may not go there: the address is of
  /// another time or setting, so we do without that device.
  private func send(
    _ method: HTTPRequest.Method, _ url: String, json: [UInt8]? = nil, _ what: String
  ) async throws -> ServiceCall.Answer? {
    do {
      return try await call.send(method, url, json: json, what)
    } catch let error as MercuryError where error.code == .hostNotAllowed {
      logger.warning("device left alone", metadata: ["error": "\(error)"])
      return nil
    }
  }

  private func requestBody() throws -> [UInt8] {
    struct Request: Encodable {
      var deviceName: String
      var deviceType = DeviceRegistrar.deviceType
      var localizedModel = "swift"
      var model = "swift"
      var name: String
      var systemName: String
      var systemVersion = "1.0"
    }
    let request = Request(deviceName: deviceName, name: deviceName, systemName: deviceName)
    return Array(try JSONEncoder().encode(request))
  }

  /// The fields of a device that we read, of some seventy.
  private struct Wire: Codable {
    var url: String?
    var webSocketUrl: String?
    var name: String?
    var deviceType: String?
    var modificationTime: String?

    func record(named name: String) -> DeviceRecord? {
      guard let url, let webSocketUrl, !url.isEmpty, !webSocketUrl.isEmpty else { return nil }
      return DeviceRecord(url: url, webSocketURL: webSocketUrl, name: name)
    }
  }

  // MARK: Store

  private func load() async -> DeviceRecord? {
    do {
      return try await store.loadDevice()
    } catch {
      logger.warning("device store: load failed", metadata: ["error": "\(type(of: error))"])
      return nil
    }
  }

  private func save(_ device: DeviceRecord) async {
    do {
      try await store.saveDevice(device)
    } catch {
      logger.warning("device store: save failed", metadata: ["error": "\(type(of: error))"])
    }
  }

  private func clear() async {
    do {
      try await store.clearDevice()
    } catch {
      logger.warning("device store: clear failed", metadata: ["error": "\(type(of: error))"])
    }
  }
}
