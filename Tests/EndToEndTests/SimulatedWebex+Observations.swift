// What the simulator saw, in types: each message's texts over time, each request, each completion.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing
import WebexAPI

extension SimulatedWebex {
  /// A message with everything that a reader saw of it.
  struct WatchedMessage: Sendable {
    struct Version: Sendable {
      var time: Date
      var text: String
    }

    var id: String
    var parentID: String?
    var personEmail: String
    var versions: [Version]
    var fileNames: [String]
    var deleted: Date?

    /// The text that stands there now.
    var text: String { versions.last?.text ?? "" }
    var isNotice: Bool { text.isNotice }
  }

  /// A request to REST, with the times of its arrival and of its answer.
  struct SeenRequest: Sendable {
    var method: String
    var path: String
    var status: Int
    var owner: String?
    var received: Date
  }

  /// A completion request.
  struct Completion: Sendable {
    var time: Date
    var firstContent: Date?
    var lastContent: Date?
    var ended: Date?
    /// The client closed the connection before the end.
    var isCancelled: Bool
    /// Role and content.
    var messages: [(role: String, content: String)]

    var roles: [String] { messages.map(\.role) }
    var question: String { messages.last?.content ?? "" }
  }

  /// Every message of the bot in a room, deleted ones too, in order of posting.
  func watched(in room: Room) async throws -> [WatchedMessage] {
    let json = try await call(.get, "/sim/messages?roomId=\(room.id)")
    return try (json["messages"]?.arrayValue ?? []).map(Self.watched).filter {
      $0.personEmail == Self.botEmail
    }
  }

  /// The bot's messages in a thread that a reader sees now.
  func standing(under root: String, in room: Room) async throws -> [WatchedMessage] {
    try await watched(in: room).filter { $0.parentID == root && $0.deleted == nil }
  }

  func requests(of email: String = botEmail) async throws -> [SeenRequest] {
    try (try await record()["requests"]?.arrayValue ?? []).map { json in
      SeenRequest(
        method: json["method"]?.stringValue ?? "", path: json["path"]?.stringValue ?? "",
        status: Int(json["status"]?.integerValue ?? 0), owner: json["tokenOwner"]?.stringValue,
        received: try #require(Self.date(json["received"])))
    }.filter { $0.owner == email }
  }

  func completions() async throws -> [Completion] {
    try (try await modelRequests()).map { json in
      let messages = json["body"]?["messages"]?.arrayValue ?? []
      return Completion(
        time: try #require(Self.date(json["time"])), firstContent: Self.date(json["firstContent"]),
        lastContent: Self.date(json["lastContent"]), ended: Self.date(json["ended"]),
        isCancelled: json["cancelled"] == true,
        messages: messages.map {
          ($0["role"]?.stringValue ?? "", $0["content"]?.stringValue ?? "")
        })
    }
  }

  /// A file of a message: its name and its bytes, as a person downloads it.
  func file(of messageID: String, as token: String) async throws -> (name: String, text: String) {
    let message = try await call(.get, "/v1/messages/\(messageID)", token: token)
    var request = try HTTPRequest(
      method: .get, url: try #require(message["files"]?.arrayValue?.first?.stringValue))
    request.headerFields[.authorization] = "Bearer \(token)"
    let (response, data) = try await http.data(request)
    let disposition = response.headerFields[.contentDisposition] ?? ""
    let name = disposition.firstMatch(of: /filename="([^"]*)"/)?.output.1
    return (String(name ?? ""), String(decoding: data, as: UTF8.self))
  }

  func edit(_ messageID: String, to markdown: String, in room: Room, as token: String) async throws
  {
    _ = try await call(
      .put, "/v1/messages/\(messageID)", token: token,
      body: ["roomId": .string(room.id), "markdown": .string(markdown)])
  }

  /// Adds the bot, or a person, to a group.
  func add(_ email: String, to room: Room, as token: String) async throws {
    _ = try await call(
      .post, "/v1/memberships", token: token,
      body: ["roomId": .string(room.id), "personEmail": .string(email)])
  }

  private static func watched(_ json: JSONValue) throws -> WatchedMessage {
    WatchedMessage(
      id: json["id"]?.stringValue ?? "", parentID: json["parentId"]?.stringValue,
      personEmail: json["personEmail"]?.stringValue ?? "",
      versions: try (json["versions"]?.arrayValue ?? []).map {
        .init(time: try #require(date($0["time"])), text: $0["text"]?.stringValue ?? "")
      },
      fileNames: (json["files"]?.arrayValue ?? []).compactMap(\.stringValue),
      deleted: date(json["deleted"]))
  }

  /// When a message was sent, by Webex's clock.
  func created(_ messageID: String, as token: String) async throws -> Date? {
    Self.date(try await call(.get, "/v1/messages/\(messageID)", token: token)["created"])
  }

  private static func date(_ json: JSONValue?) -> Date? {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    return json?.stringValue.flatMap { try? style.parse($0) }
  }
}

extension String {
  /// Whether it is what the assistant says while there is no text yet.
  var isNotice: Bool {
    ["_Thinking…", "_Waiting for the model…", "_The model is busy"].contains { hasPrefix($0) }
  }
}

extension AssistantProcess {
  /// Waits until so many turns have ended: their replies are complete then.
  func untilTurns(_ count: Int, within limit: Duration = .seconds(90)) async throws {
    try await eventually("\(count) turns to end", within: limit) {
      guard process.isRunning else { throw TimedOut(description: process.stderr) }
      return process.stderr.components(separatedBy: "turn finished").count > count ? () : nil
    }
  }
}
