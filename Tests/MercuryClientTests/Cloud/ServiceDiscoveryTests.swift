import Foundation
import Synchronization
import Testing

@testable import MercuryClient

@Suite("Service discovery", .timeLimit(.minutes(3)))
struct ServiceDiscoveryTests {
  /// One for each case, and alive as long as it.
  private let caller: CloudCaller

  init() throws { caller = try CloudCaller() }

  private static let line = "GET /u2c/api/v1/catalog"

  /// What the catalog's address becomes, from what may be configured.
  static let addresses: [(configured: String, query: String)] = [
    ("/u2c/api/v1", "format=hostmap"),
    ("/u2c/api/v1/", "format=hostmap"),
    ("/u2c/api/v1//", "format=hostmap"),
    ("/u2c/api/v1/catalog", "format=hostmap"),
    ("/u2c/api/v1/catalog/", "format=hostmap"),
    ("/u2c/api/v1/catalog?format=hostmap", "format=hostmap"),
    ("/u2c/api/v1/catalog?format=U2Cv2", "format=U2Cv2"),
    ("/u2c/api/v1/catalog?FORMAT=U2Cv2&x=1", "FORMAT=U2Cv2&x=1"),
    ("/u2c/api/v1?services=wdm", "services=wdm&format=hostmap"),
    ("/u2c/api/v1/?reformat=1", "reformat=1&format=hostmap"),
    ("/u2c/api/v1/catalog?", "format=hostmap"),
    ("/u2c/api/v1/catalog#part", "format=hostmap"),
  ]

  @Test("finds the catalog from every form of its address", arguments: addresses.indices)
  func catalogAddress(_ index: Int) async throws {
    let (configured, query) = Self.addresses[index]
    let discovery = ServiceDiscovery(call: caller.call, u2cURL: caller.cloud.url + configured)
    #expect(try await discovery.wdmURL() == "\(caller.cloud.url)/wdm/api/v1")
    #expect(caller.cloud.lines == [Self.line])
    let request = caller.cloud.requests.values[0]
    #expect(request.query == query)
    #expect(request.fields["authorization"] == "Bearer \(FakeCloud.token)")
  }

  private func ask(_ answer: FakeCloud.Answer) async throws -> String {
    caller.cloud.switches.withLock { $0.answers[Self.line] = [answer] }
    return try await ServiceDiscovery(call: caller.call, u2cURL: caller.cloud.url + "/u2c/api/v1")
      .wdmURL()
  }

  @Test(
    "reads the recorded catalogs of both formats and of two regions",
    arguments: [
      ("hostmap", "https://wdm-a.wbx2.com/wdm/api/v1"),
      ("hostmap-region-r", "https://wdm-r.wbx2.com/wdm/api/v1"),
      ("U2Cv2", "https://wdm-a.wbx2.com/wdm/api/v1"),
    ])
  func recorded(_ name: String, _ expected: String) async throws {
    let body = try Fixture.text("u2c-catalog-\(name).json")
    #expect(try await ask(.init(status: 200, body: body)) == expected)
  }

  @Test("takes slashes off the end, and the best of several addresses")
  func forms() async throws {
    let base = caller.cloud.url
    let slashes = #"{"serviceLinks":{"wdm":"\#(base)/wdm//"}}"#
    #expect(try await ask(.init(status: 200, body: slashes)) == base + "/wdm")
    let several = """
      {"services":[5,{"serviceName":"wdm","serviceUrls":[{"baseUrl":"\(base)/second","priority":2},
      {"baseUrl":"\(base)/unranked"},{"baseUrl":"\(base)/first","priority":1}]}]}
      """
    #expect(try await ask(.init(status: 200, body: several)) == base + "/first")
  }

  struct Failure: Sendable, CustomTestStringConvertible {
    let name: String
    let answer: FakeCloud.Answer
    let code: MercuryError.Code
    var status: Int?
    var retryAfter: Duration?

    var testDescription: String { name }
  }

  static let failures: [Failure] = [
    Failure(
      name: "no wdm", answer: .init(status: 200, body: #"{"serviceLinks":{"u2c":"x"}}"#),
      code: .discovery),
    Failure(
      name: "a wdm that is no text",
      answer: .init(status: 200, body: #"{"serviceLinks":{"wdm":5}}"#),
      code: .discovery),
    Failure(name: "not JSON", answer: .init(status: 200, body: "<html>"), code: .discovery),
    Failure(name: "an array", answer: .init(status: 200, body: "[]"), code: .discovery),
    Failure(
      name: "401", answer: .init(status: 401, body: #"{"message":"secret detail"}"#),
      code: .unauthorized, status: 401),
    Failure(name: "403", answer: .init(status: 403), code: .forbidden, status: 403),
    Failure(name: "404", answer: .init(status: 404), code: .discovery, status: 404),
    Failure(
      name: "a redirect, which is not followed",
      answer: .init(status: 302, fields: ["Location: http://elsewhere.example/"]),
      code: .discovery, status: 302),
    Failure(name: "500", answer: .init(status: 500), code: .discovery, status: 500),
    Failure(
      name: "503 that names a time", answer: .init(status: 503, fields: ["Retry-After: 7"]),
      code: .discovery, status: 503, retryAfter: .seconds(7)),
    Failure(
      name: "429 that names a day", answer: .init(status: 429, fields: ["Retry-After: 86400"]),
      code: .discovery, status: 429, retryAfter: .seconds(3600)),
  ]

  @Test("says what is wrong, after one request", arguments: failures)
  func failure(_ one: Failure) async throws {
    let error = await #expect(throws: MercuryError.self) { try await ask(one.answer) }
    #expect(error?.code == one.code)
    #expect(error?.status == one.status)
    #expect(error?.retryAfter == one.retryAfter)
    #expect(caller.cloud.lines == [Self.line])
    #expect(caller.elsewhere.lines.isEmpty)
  }

  @Test(
    "refuses a WDM that must not see the token",
    arguments: [
      "http://foreign.example/wdm/api/v1", "https://wbx2.com.foreign.example/wdm/api/v1",
      "http://wdm-a.wbx2.com/wdm/api/v1", "https://user@wdm-a.wbx2.com/wdm/api/v1", "/wdm/api/v1",
      "",
    ])
  func foreignHost(_ wdm: String) async throws {
    let body = #"{"serviceLinks":{"wdm":"\#(wdm)"}}"#
    let error = await #expect(throws: MercuryError.self) {
      try await ask(.init(status: 200, body: body))
    }
    #expect(error?.code == .hostNotAllowed)
    #expect(caller.elsewhere.lines.isEmpty)
  }

  @Test("a U2C that must not see the token is not asked")
  func foreignCatalog() async throws {
    let discovery = ServiceDiscovery(call: caller.call, u2cURL: "http://foreign.example/u2c")
    let error = await #expect(throws: MercuryError.self) { try await discovery.wdmURL() }
    #expect(error?.code == .hostNotAllowed)
    #expect(caller.elsewhere.lines.isEmpty)
  }

  @Test("nobody at the address is a connection that failed, to be tried again")
  func refused() async throws {
    // Port 1 of loopback: nobody listens there.
    let discovery = ServiceDiscovery(call: caller.call, u2cURL: "http://127.0.0.1:1/u2c/api/v1")
    let error = await #expect(throws: MercuryError.self) { try await discovery.wdmURL() }
    #expect(error?.code == .connection)
    #expect(error?.isPermanent == false)
  }
}
