@testable import MercuryClient
import Testing

@Suite("Inbound frames")
struct InboundFrameTests {
  private static func decode(_ json: String) -> InboundFrame { .decode(Array(json.utf8)) }

  @Test("sorts the control frames of the fixtures")
  func control() throws {
    #expect(
      InboundFrame.decode(try Fixture.bytes("mercury-s2c-pong.json"))
        == .pong(id: "b3c2d1e0-4f5a-4b6c-8d7e-9f0a1b2c3d4e"))
    #expect(InboundFrame.decode(try Fixture.bytes("mercury-s2c-shutdown.json")) == .shutdown)
    for type in ["buffer_state", "registration_status"] {
      guard
        case .state(let id, "mercury.\(type)") = InboundFrame.decode(
          try Fixture.bytes("mercury-s2c-\(type).json"))
      else {
        Issue.record("\(type) is a state frame")
        continue
      }
      #expect(!id.isEmpty)
    }
  }

  @Test("every envelope of the fixtures is an event with its raw bytes")
  func envelopes() throws {
    for name in try Fixture.envelopeNames {
      let bytes = try Fixture.bytes(name)
      guard case .event(let event) = InboundFrame.decode(bytes) else {
        Issue.record("\(name) is an event")
        continue
      }
      #expect(event.json == bytes && !event.id.isEmpty && event.sequenceNumber != nil)
      #expect((event.activity != nil) == (event.eventType == "conversation.activity"))
    }
  }

  @Test(
    "what it does not understand is never an error",
    arguments: [
      ("", InboundFrame.undecodable), ("[]", .undecodable), ("{", .undecodable),
      ("\u{1}", .undecodable),
      ("{}", .other(type: nil)), (#"{"type":"news"}"#, .other(type: "news")),
      (#"{"id":"x","data":5}"#, .other(type: nil)), (#"{"id":"x","data":{}}"#, .other(type: nil)),
      (#"{"type":5,"data":null}"#, .other(type: nil)), (#"{"type":"pong"}"#, .pong(id: "")),
    ])
  func odd(_ json: String, _ expected: InboundFrame) {
    #expect(Self.decode(json) == expected)
  }

  @Test("an event without id, with unknown type or broken activity is still an event")
  func brokenEvents() {
    for json in [
      #"{"data":{"eventType":"a.b"}}"#, #"{"data":{"eventType":"a.b","activity":{"id":5}}}"#,
      #"{"type":"later","headers":7,"sequenceNumber":"x","data":{"eventType":"a.b"}}"#,
    ] {
      #expect(
        Self.decode(json)
          == .event(
            MercuryEvent(id: "", eventType: "a.b", activity: nil, json: Array(json.utf8))))
    }
  }

  @Test("header overrides are patched into what we read; dates are left alone")
  func overrides() {
    let json = """
      {"id":"e","data":{"eventType":"conversation.activity","activity":{"id":"a","verb":"post",
      "target":{"id":"t","tags":[]}}},"headers":{"data.activity.target.tags":["ONE_ON_ONE"],
      "data.activity.parent.id":"p","data.activity.verb.deep":"no",
      "data.activity.target.lastSeenActivityDate":"2026-11-03T09:15:00.000Z"}}
      """
    guard case .event(let event) = Self.decode(json) else {
      Issue.record("an event")
      return
    }
    #expect(event.activity?.target?.isDirect == true)
    #expect(event.activity?.parent?.id == "p")
    #expect(event.activity?.verb == "post")
    #expect(event.json == Array(json.utf8))
  }
}
