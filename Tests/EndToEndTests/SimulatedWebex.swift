// The simulator as a process of its own, and its control API: what people do, what the record says.

import CurlHTTP
import Foundation
import HTTPTypes
import Testing
import WebexAPI

struct SimulatedWebex: Sendable {
  struct Room: Sendable {
    var id: String
    var uuid: String
    var title: String
    var isDirect: Bool
  }

  struct SeenMessage: Sendable {
    var id: String
    var parentID: String?
    var text: String
    var markdown: String
    var personEmail: String
    var edits: Int
  }

  static let botToken = "sim-bot-token"
  static let botEmail = "assistant@webex.bot"
  static let mention = "<@personEmail:\(botEmail)|Assistant>"

  let process: ChildProcess
  let base: String
  let http: HTTPClient

  static func start(region: String = "us") async throws -> SimulatedWebex {
    let process = try ChildProcess(["simulator", "--json", "--region", region])
    let line: JSONValue = try await eventually("the simulator's addresses") {
      guard process.isRunning else { throw TimedOut(description: process.stderr) }
      let output = process.stdout
      guard output.contains("\n") else { return nil }
      return try JSONDecoder().decode(JSONValue.self, from: Data(output.utf8))
    }
    let base = try #require(line["baseURL"]?.stringValue)
    return SimulatedWebex(
      process: process, base: base,
      http: try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none)))
  }

  // MARK: Calls

  func call(
    _ method: HTTPRequest.Method, _ path: String, token: String? = nil, body: JSONValue? = nil,
    expecting status: Int? = 200
  ) async throws -> JSONValue {
    var request = try HTTPRequest(method: method, url: base + path)
    if let token { request.headerFields[.authorization] = "Bearer \(token)" }
    var bytes = HTTPRequestBody.none
    if let body {
      request.headerFields[.contentType] = "application/json"
      bytes = .bytes(Array(try JSONEncoder().encode(body)))
    }
    let (response, data) = try await http.data(request, body: bytes)
    if let status, response.status.code != status, response.status.code / 100 != status / 100 {
      throw TimedOut(
        description:
          "\(method) \(path): \(response.status) \(String(decoding: data, as: UTF8.self))")
    }
    return data.isEmpty ? .null : try JSONDecoder().decode(JSONValue.self, from: Data(data))
  }

  func rooms() async throws -> [Room] {
    let state = try await call(.get, "/sim/state")
    return (state["rooms"]?.arrayValue ?? []).map(Self.room)
  }

  private static func room(_ json: JSONValue) -> Room {
    Room(
      id: json["id"]?.stringValue ?? "", uuid: json["uuid"]?.stringValue ?? "",
      title: json["title"]?.stringValue ?? "", isDirect: json["type"]?.stringValue == "direct")
  }

  func group(_ title: String) async throws -> Room {
    try #require(try await rooms().first { $0.title == title })
  }

  func addGroup(_ title: String, members: [String]) async throws -> Room {
    Self.room(
      try await call(
        .post, "/sim/rooms",
        body: [
          "title": .string(title), "type": "group",
          "members": .array(members.map(JSONValue.string)),
        ]))
  }

  /// A new person and their direct room with the bot.
  func addPerson(_ email: String) async throws -> (token: String, room: Room) {
    let person = try await call(
      .post, "/sim/people", body: ["email": .string(email), "displayName": .string(email)])
    let room = Self.room(
      try await call(
        .post, "/sim/rooms",
        body: ["type": "direct", "members": [.string(email), .string(Self.botEmail)]]))
    return (try #require(person["token"]?.stringValue), room)
  }

  /// The direct room of one of the default people (`alice`, `bob`, `carol`) with the bot.
  func directRoom(of name: String) async throws -> Room {
    let page = try await call(.get, "/v1/rooms?type=direct", token: "sim-\(name)-token")
    return Self.room(try #require(page["items"]?.arrayValue?.first))
  }

  @discardableResult
  func post(
    _ markdown: String, in room: Room, as token: String, parentID: String? = nil
  ) async throws -> String {
    var body: [String: JSONValue] = ["roomId": .string(room.id), "markdown": .string(markdown)]
    if let parentID { body["parentId"] = .string(parentID) }
    let message = try await call(.post, "/v1/messages", token: token, body: .object(body))
    return try #require(message["id"]?.stringValue)
  }

  /// Shares a small text file, with a caption or without.
  @discardableResult
  func share(_ caption: String?, in room: Room, as token: String) async throws -> String {
    var request = try HTTPRequest(method: .post, url: base + "/v1/messages")
    request.headerFields[.authorization] = "Bearer \(token)"
    var parts = [
      MultipartForm.Part(name: "roomId", content: .bytes(Array(room.id.utf8))),
      MultipartForm.Part(
        name: "files", filename: "notes.txt", contentType: "text/plain",
        content: .bytes(Array("what the file says".utf8))),
    ]
    if let caption {
      parts.append(MultipartForm.Part(name: "markdown", content: .bytes(Array(caption.utf8))))
    }
    let (response, data) = try await http.data(
      request, body: .multipart(MultipartForm(parts: parts)))
    try #require(response.status.code == 200)
    let message = try JSONDecoder().decode(JSONValue.self, from: Data(data))
    return try #require(message["id"]?.stringValue)
  }

  /// Every message of a room as a person sees it, oldest first.
  func messages(in room: Room, as token: String) async throws -> [SeenMessage] {
    let page = try await call(.get, "/v1/messages?roomId=\(room.id)&max=1000", token: token)
    return (page["items"]?.arrayValue ?? []).reversed().map { item in
      SeenMessage(
        id: item["id"]?.stringValue ?? "", parentID: item["parentId"]?.stringValue,
        text: item["text"]?.stringValue ?? "", markdown: item["markdown"]?.stringValue ?? "",
        personEmail: item["personEmail"]?.stringValue ?? "", edits: 0)
    }
  }

  /// The bot's messages in a thread, oldest first.
  func replies(to root: String, in room: Room, as token: String) async throws -> [SeenMessage] {
    try await messages(in: room, as: token).filter {
      $0.parentID == root && $0.personEmail == Self.botEmail
    }
  }

  /// Waits until the bot's text in a thread satisfies a condition and stays as it is.
  func reply(
    to root: String, in room: Room, as token: String, within limit: Duration = .seconds(90),
    until isFinal: (String) -> Bool = { !$0.isEmpty && !$0.contains("Thinking…") }
  ) async throws -> String {
    try await eventually("a reply in the thread", within: limit) {
      let texts = try await replies(to: root, in: room, as: token)
      let joined = texts.map { $0.markdown.isEmpty ? $0.text : $0.markdown }.joined()
      return isFinal(joined) ? joined : nil
    }
  }

  // MARK: Control

  func record() async throws -> JSONValue { try await call(.get, "/sim/record") }

  /// Requests of the bot that Webex refused with a 4xx other than 429.
  func rejections() async throws -> [JSONValue] {
    (try await record()["rejected"]?.arrayValue ?? []).filter {
      $0["tokenOwner"]?.stringValue?.contains("assistant") != false
        && $0["status"]?.integerValue != 429
    }
  }

  func botRequests(_ method: String, _ path: String = "/v1/messages") async throws -> Int {
    (try await record()["requests"]?.arrayValue ?? []).filter {
      $0["method"]?.stringValue == method && $0["path"]?.stringValue?.hasPrefix(path) == true
        && $0["tokenOwner"]?.stringValue == Self.botEmail
    }.count
  }

  func faults(_ faults: JSONValue) async throws {
    _ = try await call(.post, "/sim/faults", body: faults)
  }
  func clearFaults() async throws { _ = try await call(.delete, "/sim/faults") }
  func mercury(_ action: JSONValue) async throws {
    _ = try await call(.post, "/sim/mercury", body: action)
  }
  /// Sends the activity of a message once more, in a new envelope.
  func replay(_ messageID: String, in room: Room, from email: String) async throws {
    let people = try await call(.get, "/sim/state")["people"]?.arrayValue ?? []
    let person = try #require(people.first { $0["email"]?.stringValue == email })
    let uuid = try #require(WebexID(messageID)?.uuid)
    let activity: JSONValue = [
      "id": .string(uuid), "objectType": "activity", "verb": "post",
      "published": "2026-11-03T09:15:05.000Z",
      "actor": [
        "id": person["uuid"] ?? .null, "entryUUID": person["uuid"] ?? .null,
        "objectType": "person", "emailAddress": .string(email), "type": "PERSON",
      ],
      "object": ["objectType": "comment", "displayName": "opaque"],
      "target": [
        "id": .string(room.uuid), "objectType": "conversation", "globalId": .string(room.id),
        "tags": .array(room.isDirect ? ["ONE_ON_ONE"] : []),
      ],
    ]
    let envelope: JSONValue = [
      "id": .string(UUID().uuidString.lowercased()), "timestamp": 1_793_697_300_000,
      "data": ["eventType": "conversation.activity", "activity": activity],
    ]
    let frame = String(decoding: try JSONEncoder().encode(envelope), as: UTF8.self)
    try await mercury(["action": "send", "frame": .string(frame)])
  }

  func script(_ script: JSONValue) async throws {
    _ = try await call(.post, "/sim/model", body: ["script": script])
  }

  /// The bodies of the requests that the model endpoint received, oldest first.
  func modelRequests() async throws -> [JSONValue] {
    (try await call(.get, "/sim/model/requests")["requests"]?.arrayValue ?? [])
  }
}
