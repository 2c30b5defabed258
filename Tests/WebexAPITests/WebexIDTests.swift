// Identifiers against the pair in Webex's own specification, and against odd ones.

import Testing
import WebexAPI

@Suite("WebexID")
struct WebexIDTests {
  struct Pair: Sendable {
    let encoded: String
    let cluster: String
    let kind: WebexID.Kind
    let uuid: String
  }

  static let pairs = [
    // The example of Webex's OpenAPI specification.
    Pair(
      encoded:
        "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOTJkYjNiZTAtNDNiZC0xMWU2LThhZTktZGQ1YjNkZmM1NjVk",
      cluster: "us", kind: .message, uuid: "92db3be0-43bd-11e6-8ae9-dd5b3dfc565d"),
    Pair(
      encoded: "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      cluster: "us", kind: .people, uuid: "5f3e2d1c-0b9a-4887-b6a5-c4d3e2f10918"),
    Pair(
      encoded: "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      cluster: "us", kind: .room, uuid: "8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24"),
    Pair(
      encoded:
        "Y2lzY29zcGFyazovL3VzL0FUVEFDSE1FTlRfQUNUSU9OLzllNGIwMDA3LWI4OTUtMTFmMS04YzNkLTRhNWI2YzdkOGU5Zg",
      cluster: "us", kind: .attachmentAction, uuid: "9e4b0007-b895-11f1-8c3d-4a5b6c7d8e9f"),
    Pair(
      encoded:
        "Y2lzY29zcGFyazovL3VzL0NPTlRFTlQvOWU0YjAwMDgtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlmLzA",
      cluster: "us", kind: .content, uuid: "9e4b0008-b895-11f1-8c3d-4a5b6c7d8e9f/0"),
    Pair(
      encoded:
        "Y2lzY29zcGFyazovL3VzL01FTUJFUlNISVAvNWYzZTJkMWMtMGI5YS00ODg3LWI2YTUtYzRkM2UyZjEwOTE4OjhkMmYzYTEwLTdjNDEtMTFmMS05YjAyLTNmNWE3ZTljMWQyNA",
      cluster: "us", kind: .membership,
      uuid: "5f3e2d1c-0b9a-4887-b6a5-c4d3e2f10918:8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24"),
  ]

  @Test("an id decodes to its parts and encodes to itself", arguments: pairs)
  func roundTrip(pair: Pair) throws {
    let id = try #require(WebexID(pair.encoded))
    #expect(id == WebexID(cluster: pair.cluster, kind: pair.kind, uuid: pair.uuid))
    #expect(id.encoded == pair.encoded)
  }

  @Test("a message of another region keeps its cluster")
  func otherCluster() throws {
    let id = WebexID(cluster: "urn:TEAM:us-west-2_r", kind: .message, uuid: "u-1")
    #expect(id.description == "ciscospark://urn:TEAM:us-west-2_r/MESSAGE/u-1")
    #expect(WebexID(id.encoded) == id)
  }

  @Test(
    "people and organizations are of the cluster us",
    arguments: [WebexID.Kind.people, .organization])
  func peopleAreUS(kind: WebexID.Kind) {
    #expect(WebexID(cluster: "urn:TEAM:us-west-2_r", kind: kind, uuid: "u").cluster == "us")
  }

  @Test("an unknown type is kept")
  func unknownKind() throws {
    let id = WebexID(kind: .other("WEBHOOK"), uuid: "u")
    #expect(WebexID(id.encoded)?.kind == .other("WEBHOOK"))
  }

  @Test("padding and the URL-safe alphabet make no difference")
  func paddingAndAlphabet() throws {
    let id = WebexID(kind: .other("A?>"), uuid: "~~~ü")
    let padded = id.encoded + String(repeating: "=", count: (4 - id.encoded.count % 4) % 4)
    let urlSafe = String(id.encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    #expect(WebexID(padded) == id)
    #expect(WebexID(urlSafe) == id)
  }

  @Test(
    "what is no id is nil",
    arguments: [
      "", "=", "hello", "92db3be0-43bd-11e6-8ae9-dd5b3dfc565d", "Y2lzY29zcGFyazovLw",
      "aHR0cHM6Ly91cy9NRVNTQUdFL3U",  // https://us/MESSAGE/u
      "Y2lzY29zcGFyazovL3VzL01FU1NBR0Uv",  // ciscospark://us/MESSAGE/
      "Y2lzY29zcGFyazovL3VzL01FU1NBR0U",  // ciscospark://us/MESSAGE
      "Y2lzY29zcGFyazovLy9NRVNTQUdFL3U",  // ciscospark:///MESSAGE/u
      String(repeating: "A", count: 4_000),
    ])
  func noID(text: String) { #expect(WebexID(text) == nil) }
}
