import Foundation
import Synchronization
import Testing

@testable import MercuryClient

private let devices = "/wdm/api/v1/devices"
private let excessive = #"{"message":"User has excessive device registrations"}"#

/// A registrar of the name `test`, and the cloud's devices that it finds.
private struct Desk {
  let caller: CloudCaller
  let store: MemoryDeviceStore
  let registrar: DeviceRegistrar

  init(
    _ caller: CloudCaller, stored: DeviceRecord? = nil, listed: [FakeCloud.Device] = []
  ) {
    self.caller = caller
    store = MemoryDeviceStore(stored)
    registrar = DeviceRegistrar(
      call: caller.call, deviceName: "test", store: store, logger: caller.logger)
    caller.cloud.switches.withLock { $0.devices = listed }
  }

  var cloud: FakeCloud { caller.cloud }
  var left: [String] { cloud.switches.withLock { $0.devices.map(\.id) } }

  func register(fresh: Bool = false) async throws -> DeviceRecord {
    try await registrar.register(wdmURL: cloud.url + "/wdm/api/v1", fresh: fresh)
  }

  func record(_ id: String, _ registration: String) -> DeviceRecord {
    DeviceRecord(
      url: cloud.deviceURL(id), webSocketURL: cloud.webSocketURL(registration), name: "test")
  }

  func answer(_ line: String, _ answers: [FakeCloud.Answer]) {
    cloud.switches.withLock { $0.answers[line] = answers }
  }

  func body(_ index: Int) throws -> [String: String] {
    try JSONDecoder().decode(
      [String: String].self, from: Data(cloud.requests.values[index].body))
  }
}

private func stored(_ caller: CloudCaller, name: String = "test") -> DeviceRecord {
  DeviceRecord(url: caller.cloud.deviceURL("old"), webSocketURL: "wss://stale", name: name)
}

@Suite("Device registrar", .timeLimit(.minutes(3)))
struct DeviceRegistrarTests {
  /// One for each case, and alive as long as it.
  private let caller: CloudCaller

  init() throws { caller = try CloudCaller() }

  // MARK: Taking a device again

  @Test("refreshes the stored device, repeating what it is, and takes its new socket address")
  func storedDevice() async throws {
    let desk = Desk(
      caller, stored: stored(caller),
      listed: [.init(id: "old", registration: "now", name: "test")])
    #expect(try await desk.register() == desk.record("old", "now"))
    #expect(desk.cloud.lines == ["PUT \(devices)/old"])
    let body = try desk.body(0)
    #expect(body["deviceType"] == "DESKTOP")
    #expect(body["name"] == "test")
    #expect(
      desk.cloud.requests.values[0].fields["content-type"]?.hasPrefix("application/json") == true)
    #expect(try await desk.store.loadDevice() == desk.record("old", "now"))
  }

  @Test("a refresh that is answered without a device leaves the stored one as it is")
  func refreshWithoutBody() async throws {
    let desk = Desk(caller, stored: stored(caller))
    desk.answer("PUT \(devices)/old", [.init(status: 200, body: "")])
    #expect(try await desk.register() == stored(caller))
  }

  @Test(
    "forgets a stored device that is gone or unwanted, and creates one",
    arguments: [404, 400, 405, 410])
  func goneDevice(_ status: Int) async throws {
    let desk = Desk(caller, stored: stored(caller))
    desk.answer("PUT \(devices)/old", [.init(status: status)])
    #expect(try await desk.register() == desk.record("new1", "reg1"))
    #expect(
      desk.cloud.lines == ["PUT \(devices)/old", "GET \(devices)", "POST \(devices)"])
    #expect(try await desk.store.loadDevice() == desk.record("new1", "reg1"))
  }

  @Test("does not ask a second time for a device that it has just found unusable")
  func goneAndListed() async throws {
    let desk = Desk(
      caller, stored: stored(caller),
      listed: [.init(id: "old", registration: "r", name: "test")])
    desk.answer("PUT \(devices)/old", [.init(status: 400)])
    #expect(try await desk.register() == desk.record("new1", "reg1"))
    #expect(
      desk.cloud.lines == ["PUT \(devices)/old", "GET \(devices)", "POST \(devices)"])
  }

  @Test(
    "a refusal that says nothing about the device ends the attempt and keeps the device",
    arguments: [(401, MercuryError.Code.unauthorized), (429, .registration), (503, .registration)])
  func refreshFails(_ status: Int, _ code: MercuryError.Code) async throws {
    let desk = Desk(caller, stored: stored(caller))
    desk.answer("PUT \(devices)/old", [.init(status: status, fields: ["Retry-After: 3"])])
    let error = await #expect(throws: MercuryError.self) { try await desk.register() }
    #expect(error?.code == code)
    #expect(error?.status == status)
    #expect(error?.retryAfter == .seconds(3))
    #expect(desk.cloud.lines.count == 1)
    #expect(try await desk.store.loadDevice() == stored(caller))
  }

  @Test("without a store takes the newest listed device of its name, and touches no other")
  func listedDevice() async throws {
    let desk = Desk(
      caller,
      listed: [
        .init(id: "a", registration: "ra", name: "test", modified: "2026-11-01T00:00:00.000Z"),
        .init(id: "phone", registration: "rp", name: "test", modified: "2026-11-09", type: "IOS"),
        .init(id: "b", registration: "rb", name: "test", modified: "2026-11-03T00:00:00.000Z"),
        .init(id: "c", registration: "rc", name: "other", modified: "2026-11-08"),
      ])
    #expect(try await desk.register() == desk.record("b", "rb"))
    #expect(desk.cloud.lines == ["GET \(devices)", "PUT \(devices)/b"])
    #expect(try await desk.store.loadDevice() == desk.record("b", "rb"))
  }

  @Test("tries the next listed device when one is gone")
  func nextListed() async throws {
    let desk = Desk(
      caller,
      listed: [
        .init(id: "a", registration: "ra", name: "test", modified: "2026-11-01"),
        .init(id: "b", registration: "rb", name: "test", modified: "2026-11-03"),
      ])
    desk.answer("PUT \(devices)/b", [.init(status: 404)])
    #expect(try await desk.register() == desk.record("a", "ra"))
  }

  @Test("a device of another name is neither refreshed nor removed")
  func foreignName() async throws {
    let desk = Desk(
      caller, stored: stored(caller, name: "other"),
      listed: [.init(id: "old", registration: "r", name: "other")])
    #expect(try await desk.register() == desk.record("new1", "reg1"))
    #expect(desk.cloud.lines == ["GET \(devices)", "POST \(devices)"])
    #expect(desk.left == ["old", "new1"])
  }

  @Test(
    "a stored device of another region or host is not taken again",
    arguments: [
      "https://wdm-r.wbx2.com/wdm/api/v1/devices/x", "http://foreign.example/wdm/api/v1/devices/x",
      "{cloud}/wdm/api/v10/devices/x", "",
    ])
  func otherRegion(_ url: String) async throws {
    let url = url.replacingOccurrences(of: "{cloud}", with: caller.cloud.url)
    let desk = Desk(
      caller, stored: DeviceRecord(url: url, webSocketURL: "wss://stale", name: "test"))
    #expect(try await desk.register() == desk.record("new1", "reg1"))
    #expect(desk.cloud.lines == ["GET \(devices)", "POST \(devices)"])
    #expect(caller.elsewhere.lines.isEmpty)
    #expect(try await desk.store.loadDevice() == desk.record("new1", "reg1"))
  }

  @Test("a listed device at an address that must not see the token is left alone")
  func listedElsewhere() async throws {
    let url = "http://foreign.example\(devices)/x"
    let desk = Desk(
      caller, listed: [.init(id: "x", registration: "r", name: "test", url: url)])
    #expect(try await desk.register() == desk.record("new1", "reg1"))
    #expect(caller.elsewhere.lines.isEmpty)
  }

  @Test(
    "no device at all: WDM says 404, an empty list, or something odd",
    arguments: [
      FakeCloud.Answer(status: 404), .init(status: 200, body: #"{"devices":[]}"#),
      .init(status: 200, body: "{}"),
      .init(status: 200, body: #"{"devices":[7,{},{"name":"test"}]}"#),
      .init(status: 200, body: "no"),
    ])
  func noDevices(_ answer: FakeCloud.Answer) async throws {
    let desk = Desk(caller)
    desk.answer("GET \(devices)", [answer])
    #expect(try await desk.register() == desk.record("new1", "reg1"))
  }

  @Test("a list that fails is no empty list", arguments: [401, 500])
  func listFails(_ status: Int) async throws {
    let desk = Desk(caller)
    desk.answer("GET \(devices)", [.init(status: status)])
    let error = await #expect(throws: MercuryError.self) { try await desk.register() }
    #expect(error?.status == status)
    #expect(desk.cloud.lines == ["GET \(devices)"])
  }

  // MARK: Creating and removing

  @Test("a new device is described as the recorded request describes one")
  func creation() async throws {
    let desk = Desk(caller)
    _ = try await desk.register()
    let recorded = try JSONDecoder().decode(
      [String: String].self, from: Data(try Fixture.bytes("wdm-device-request.json")))
    let name = try #require(recorded["name"])
    let expected = recorded.mapValues { $0 == name ? "test" : $0 }
    #expect(try desk.body(1) == expected)
  }

  @Test(
    "a fresh registration gives the stored device up first, whatever becomes of it",
    arguments: [nil, 404, 500, 403] as [Int?])
  func fresh(_ refusal: Int?) async throws {
    let desk = Desk(
      caller, stored: stored(caller),
      listed: [.init(id: "old", registration: "stale", name: "test")])
    if let refusal { desk.answer("DELETE \(devices)/old", [.init(status: refusal)]) }
    #expect(try await desk.register(fresh: true) == desk.record("new1", "reg1"))
    #expect(desk.cloud.lines == ["DELETE \(devices)/old", "POST \(devices)"])
    #expect(try await desk.store.loadDevice() == desk.record("new1", "reg1"))
  }

  @Test("a fresh registration leaves a stored address alone that must not see the token")
  func freshElsewhere() async throws {
    let url = "http://foreign.example\(devices)/x"
    let desk = Desk(caller, stored: DeviceRecord(url: url, webSocketURL: "wss://x", name: "test"))
    #expect(try await desk.register(fresh: true) == desk.record("new1", "reg1"))
    #expect(caller.elsewhere.lines.isEmpty)
  }

  @Test("a token that is refused while removing ends it")
  func freshUnauthorized() async throws {
    let desk = Desk(caller, stored: stored(caller))
    desk.answer("DELETE \(devices)/old", [.init(status: 401)])
    let error = await #expect(throws: MercuryError.self) { try await desk.register(fresh: true) }
    #expect(error?.code == .unauthorized)
    #expect(desk.cloud.lines.count == 1)
  }

  @Test(
    "over the cap removes its own devices only, and tries once more", arguments: [403, 400, 409])
  func overCap(_ status: Int) async throws {
    let desk = Desk(
      caller,
      listed: [
        .init(id: "a", registration: "ra", name: "test", modified: "1"),
        .init(id: "phone", registration: "rp", name: "test", type: "IOS"),
        .init(id: "b", registration: "rb", name: "test", modified: "2"),
        .init(id: "c", registration: "rc", name: "other"),
      ])
    desk.answer("POST \(devices)", [.init(status: status, body: excessive)])
    #expect(try await desk.register(fresh: true) == desk.record("new1", "reg1"))
    #expect(
      desk.cloud.lines == [
        "POST \(devices)", "GET \(devices)", "DELETE \(devices)/b", "DELETE \(devices)/a",
        "POST \(devices)",
      ])
    #expect(desk.left == ["phone", "c", "new1"])
  }

  @Test("over the cap a second time it gives up and says what to do")
  func overCapTwice() async throws {
    let desk = Desk(caller, listed: [.init(id: "a", registration: "ra", name: "test")])
    let refusal = FakeCloud.Answer(status: 403, body: excessive, fields: ["Retry-After: 9"])
    desk.answer("POST \(devices)", [refusal, refusal])
    let error = await #expect(throws: MercuryError.self) { try await desk.register(fresh: true) }
    #expect(error?.code == .tooManyDevices)
    #expect(error?.retryAfter == .seconds(9))
    #expect(error?.isPermanent == false)
    #expect(desk.cloud.lines.filter { $0.hasPrefix("POST") }.count == 2)
    #expect(try await desk.store.loadDevice() == nil)
  }

  @Test("over the cap with devices of others only, nothing is removed and nothing repeated")
  func overCapByOthers() async throws {
    let desk = Desk(caller, listed: [.init(id: "c", registration: "rc", name: "other")])
    desk.cloud.switches.withLock { $0.cap = 1 }
    let error = await #expect(throws: MercuryError.self) { try await desk.register() }
    #expect(error?.code == .tooManyDevices)
    #expect(desk.cloud.lines == ["GET \(devices)", "POST \(devices)", "GET \(devices)"])
    #expect(desk.left == ["c"])
  }

  static let refusals: [(FakeCloud.Answer, MercuryError.Code)] = [
    (.init(status: 403, body: #"{"message":"not entitled"}"#), .forbidden),
    (.init(status: 401), .unauthorized),
    (.init(status: 500, body: excessive), .registration),
    (.init(status: 429), .registration),
    (.init(status: 200, body: #"{"url":"http://127.0.0.1/d"}"#), .registration),
    (.init(status: 200, body: #"{"url":"http://127.0.0.1/d","webSocketUrl":""}"#), .registration),
    (.init(status: 200, body: "no"), .registration),
  ]

  @Test("any other refusal is told as what it is", arguments: refusals.indices)
  func refused(_ index: Int) async throws {
    let (answer, code) = Self.refusals[index]
    let desk = Desk(caller, listed: [.init(id: "a", registration: "ra", name: "test")])
    desk.answer("POST \(devices)", [answer])
    let error = await #expect(throws: MercuryError.self) { try await desk.register(fresh: true) }
    #expect(error?.code == code)
    #expect(desk.cloud.lines == ["POST \(devices)"])
    #expect(try await desk.store.loadDevice() == nil)
  }

  @Test("removes what is stored, gone or not, and nothing else", arguments: [nil, 404] as [Int?])
  func removal(_ refusal: Int?) async throws {
    let desk = Desk(
      caller, stored: stored(caller),
      listed: [
        .init(id: "old", registration: "r", name: "test"),
        .init(id: "a", registration: "ra", name: "test"),
      ])
    if let refusal { desk.answer("DELETE \(devices)/old", [.init(status: refusal)]) }
    try await desk.registrar.removeStored()
    try await desk.registrar.removeStored()
    #expect(desk.cloud.lines == ["DELETE \(devices)/old"])
    #expect(try await desk.store.loadDevice() == nil)
  }

  @Test("goes on without a store that fails")
  func brokenStore() async throws {
    struct Broken: DeviceStore, Error {
      func loadDevice() async throws -> DeviceRecord? { throw self }
      func saveDevice(_ device: DeviceRecord) async throws { throw self }
      func clearDevice() async throws { throw self }
    }
    let registrar = DeviceRegistrar(
      call: caller.call, deviceName: "test", store: Broken(), logger: caller.logger)
    let wdmURL = caller.cloud.url + "/wdm/api/v1"
    let first = try await registrar.register(wdmURL: wdmURL, fresh: true)
    #expect(first.url == caller.cloud.deviceURL("new1"))
    // The list finds what the store did not keep.
    #expect(try await registrar.register(wdmURL: wdmURL, fresh: false) == first)
  }
}
