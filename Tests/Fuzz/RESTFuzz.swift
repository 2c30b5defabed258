// A libFuzzer harness for what Webex's REST answers: bodies of every kind, errors, and the headers that
// name the next page. scripts/fuzz runs it.
//
// fuzz-module: WebexAPI
// fuzz-link: -lcurl

import FoundationEssentials
import HTTPTypes

@testable import WebexAPI

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 0 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let body = Array(bytes.dropFirst())
  switch bytes[0] % 8 {
  case 0: survives(Message.self, body)
  case 1: survives(AdaptiveCard.self, body)
  case 2: _ = decoded(Person.self, body)
  case 3: _ = decoded(Room.self, body)
  case 4: _ = decoded(AttachmentAction.self, body)
  case 5:
    let response = HTTPResponse(status: .init(code: 400 + Int(bytes[0] >> 3) * 4))
    let error = WebexError(response: response, body: body, now: Date(timeIntervalSince1970: 0))
    precondition(error.description.utf8.count < 4_096, "an error's words are bounded")
  case 6: checkLink(String(decoding: body, as: UTF8.self))
  default: survives(JSONValue.self, body)
  }
  return 0
}

private func decoded<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) -> Value? {
  try? JSONDecoder().decode(type, from: Data(body))
}

/// What was read can be written, and is the same when read again.
private func survives<Value: Codable & Equatable>(_ type: Value.Type, _ body: [UInt8]) {
  guard let value = decoded(type, body) else { return }
  guard let written = try? JSONEncoder().encode(value) else { return }
  precondition(decoded(type, Array(written)) == value, "\(type) changed on its way")
}

/// The address of the next page goes to the host that was asked, or the token policy stops it.
private func checkLink(_ header: String) {
  guard let target = NextPage.target(ofLink: header) else { return }
  let first = "https://webexapis.com/v1/messages?roomId=R&max=50"
  let url = NextPage.url(target: target, from: first, first: first)
  precondition(!url.isEmpty, "a next page without an address")
}
