// From an activity to its plaintext. First the id built from the space's cluster; if REST does not
// know it (404), the conversation service is asked for the id; then again after a moment, since an
// event can be faster than the message store. Called by the intake, once per event.

import CurlHTTP
import FoundationEssentials
import HTTPTypes
public import WebexAPI

/// Fetches the REST form of what an activity is about.
public struct ActivityResolver: Sendable {
  let webex: WebexClient
  let transport: BearerTransport
  let clock: any Clock<Duration>
  let retryDelays: [Duration]

  /// - Parameter retryDelays: the waits before further tries after a 404 on both ways.
  public init(
    webex: WebexClient, transport: BearerTransport, clock: any Clock<Duration> = ContinuousClock(),
    retryDelays: [Duration] = [.milliseconds(500), .milliseconds(1500), .seconds(3)]
  ) {
    self.webex = webex
    self.transport = transport
    self.clock = clock
    self.retryDelays = retryDelays
  }

  /// The message of a `post` or `share`; for an edit the edited message, for a press the card's.
  ///
  /// Which activities have a message: those with an `Activity.messageID`. Ask before calling; for
  /// any other this is a mistake of the caller's, and nothing is sent.
  /// - Throws: `WebexError`, `.notFound` when every way and every try was a 404; `MercuryError`
  ///   (`.badRequest`) when the activity names no message; `CancellationError`.
  public func message(for activity: Activity) async throws -> Message {
    guard let id = activity.messageID else { throw noID }
    return try await resolve(id, path: "messages", activity) { try await webex.message($0) }
  }

  /// The inputs of a `cardAction`; no other activity has an `Activity.attachmentActionID`.
  /// - Throws: as `message(for:)`.
  public func attachmentAction(for activity: Activity) async throws -> AttachmentAction {
    guard let id = activity.attachmentActionID else { throw noID }
    return try await resolve(id, path: "attachment/actions", activity) {
      try await webex.attachmentAction($0)
    }
  }

  private var noID: MercuryError { MercuryError(.badRequest, "the activity names no message") }

  private func resolve<Result: Sendable>(
    _ id: WebexID, path: String, _ activity: Activity,
    fetch: (String) async throws -> Result
  ) async throws -> Result {
    var known = id.encoded
    var delays = retryDelays[...]
    while true {
      do {
        return try await fetch(known)
      } catch let error as WebexError where error.code == .notFound {
        if let looked = try? await lookUp(id.uuid, path: path, activity), looked != known {
          known = looked
          if let found = try await unlessNotFound({ try await fetch(looked) }) { return found }
        }
        guard let delay = delays.popFirst() else { throw error }
        try await clock.sleep(for: delay)
      }
    }
  }

  private func unlessNotFound<Result>(
    _ fetch: () async throws -> Result
  ) async throws -> Result? {
    do {
      return try await fetch()
    } catch let error as WebexError where error.code == .notFound {
      return nil
    }
  }

  /// `{conversation service}/messages/{uuid}` answers with the REST id of whatever region it is in.
  private func lookUp(_ uuid: String, path: String, _ activity: Activity) async throws -> String? {
    guard let url = Self.lookupURL(for: activity, path: path, uuid: uuid) else { return nil }
    let request = try HTTPRequest(
      method: .get, url: url, headerFields: [.accept: "application/json"])
    var options = HTTPRequestOptions()
    options.maximumBodyBytes = 1 << 20
    let (response, body) = try await transport.send(request, body: .none, options: options)
    guard response.status.kind == .successful else { return nil }
    struct Answer: Decodable { var id: String }
    let answer = try JSONDecoder().decode(
      Answer.self, from: Data(try await body.collect(upTo: 1 << 20)))
    return WebexID(answer.id) == nil ? nil : answer.id
  }

  /// `…/conversations/{target}` with its last part exchanged; nil unless the target is of that form.
  static func lookupURL(for activity: Activity, path: String, uuid: String) -> String? {
    guard let url = activity.target?.url, let target = activity.target?.id, !target.isEmpty,
      !uuid.isEmpty, uuid.utf8.allSatisfy({ $0.isLookupSafe })
    else { return nil }
    let suffix = "/conversations/\(target)"
    guard url.hasSuffix(suffix) else { return nil }
    return url.dropLast(suffix.count) + "/\(path)/\(uuid)"
  }
}

extension UInt8 {
  fileprivate var isLookupSafe: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
