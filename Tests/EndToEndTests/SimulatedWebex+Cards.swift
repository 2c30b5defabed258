// Cards as a person meets them: what they say, their buttons and fields, and presses on them, by the
// words that stand there.

import Foundation
import HTTPTypes
import Testing
import WebexAPI

/// A card that a person sees.
struct ShownCard: Sendable {
  struct Button: Sendable {
    var title: String
    var data: [String: JSONValue]
  }

  struct Field: Sendable {
    var id: String
    var label: String
    var value: String?
    /// Titles and values of a choice.
    var choices: [(title: String, value: String)]
  }

  var messageID: String
  var parentID: String?
  /// What clients without cards show.
  var fallback: String
  /// Every text on it, in its order.
  var texts: [String] = []
  var buttons: [Button] = []
  var fields: [Field] = []

  var text: String { texts.joined(separator: "\n") }

  init(messageID: String, parentID: String?, fallback: String, content: JSONValue) {
    self.messageID = messageID
    self.parentID = parentID
    self.fallback = fallback
    read(content)
  }

  private mutating func read(_ json: JSONValue) {
    for item in json.arrayValue ?? [] { read(item) }
    guard let object = json.objectValue else { return }
    let type = json["type"]?.stringValue ?? ""
    if type == "Action.Submit" {
      buttons.append(
        Button(
          title: json["title"]?.stringValue ?? "", data: json["data"]?.objectValue ?? [:]))
    } else if type.hasPrefix("Input.") {
      fields.append(
        Field(
          id: json["id"]?.stringValue ?? "",
          label: json["label"]?.stringValue ?? json["title"]?.stringValue ?? "",
          value: json["value"]?.stringValue,
          choices: (json["choices"]?.arrayValue ?? []).map {
            ($0["title"]?.stringValue ?? "", $0["value"]?.stringValue ?? "")
          }))
      texts.append(json["label"]?.stringValue ?? "")
    } else {
      if let text = json["text"]?.stringValue { texts.append(text) }
      for key in ["title", "value"] where object["type"] == nil {
        if let text = json[key]?.stringValue { texts.append(text) }
      }
    }
    for key in ["body", "items", "columns", "facts", "inlines", "actions", "card"] {
      if let inner = object[key] { read(inner) }
    }
  }

  func field(_ word: String) -> Field? {
    fields.first { $0.id == word }
      ?? fields.first { $0.id.localizedCaseInsensitiveContains(word) }
      ?? fields.first { $0.label.localizedCaseInsensitiveContains(word) }
  }

  func button(_ word: String) -> Button? {
    buttons.first { $0.title == word }
      ?? buttons.first { $0.title.localizedCaseInsensitiveContains(word) }
  }

  /// What a client sends for a press: every field as it stands or was changed, over the button's data.
  func inputs(pressing word: String, _ changes: [String: String]) throws -> JSONValue {
    let button = try #require(self.button(word), "no button \(word) on: \(text)")
    var inputs = button.data
    for field in fields { inputs[field.id] = .string(field.value ?? "") }
    for (word, value) in changes {
      let field = try #require(self.field(word), "no field \(word) on: \(text)")
      let choice =
        field.choices.first { $0.value == value }
        ?? field.choices.first { $0.title.hasPrefix(value) }
      inputs[field.id] = .string(choice?.value ?? value)
    }
    return .object(inputs)
  }
}

extension SimulatedWebex {
  private func card(_ message: JSONValue) -> ShownCard? {
    guard let content = message["attachments"]?.arrayValue?.first?["content"] else { return nil }
    return ShownCard(
      messageID: message["id"]?.stringValue ?? "", parentID: message["parentId"]?.stringValue,
      fallback: message["markdown"]?.stringValue ?? message["text"]?.stringValue ?? "",
      content: content)
  }

  /// The cards in a room, oldest first.
  func cards(in room: Room, as token: String) async throws -> [ShownCard] {
    let page = try await call(.get, "/v1/messages?roomId=\(room.id)&max=1000", token: token)
    return (page["items"]?.arrayValue ?? []).reversed().compactMap(card)
  }

  /// Waits for the newest card in a thread that fits.
  func card(
    under root: String, in room: Room, as token: String, _ what: String = "a card",
    within limit: Duration = .seconds(60), where fits: (ShownCard) -> Bool = { _ in true }
  ) async throws -> ShownCard {
    do {
      return try await eventually(what, within: limit) {
        try await cards(in: room, as: token).last { $0.parentID == root && fits($0) }
      }
    } catch {
      let seen = try await messages(in: room, as: token).filter { $0.parentID == root }
      throw TimedOut(description: "\(error); the thread has: \(seen.map(\.markdown))")
    }
  }

  /// A message that opens a card, and the card.
  func open(_ text: String, in room: Room, as token: String) async throws -> (
    root: String, card: ShownCard
  ) {
    let root = try await post(
      room.isDirect ? text : "\(Self.mention) \(text)", in: room, as: token)
    return (root, try await card(under: root, in: room, as: token, "a card of \(text)"))
  }

  /// Presses a button; the fields stand as they are but for `changes`, named by a word of theirs.
  func press(
    _ button: String, on card: ShownCard, with changes: [String: String] = [:], as token: String
  ) async throws {
    try await press(card.messageID, try card.inputs(pressing: button, changes), as: token)
  }

  func press(_ messageID: String, _ inputs: JSONValue, as token: String) async throws {
    _ = try await call(
      .post, "/v1/attachment/actions", token: token,
      body: ["type": "submit", "messageId": .string(messageID), "inputs": inputs])
  }

  /// Waits for a message of the bot in a thread whose text fits.
  @discardableResult
  func says(
    _ part: String, under root: String, in room: Room, as token: String,
    times: Int = 1, within limit: Duration = .seconds(60)
  ) async throws -> String {
    do {
      return try await eventually("\"\(part)\"", within: limit) {
        let found = try await replies(to: root, in: room, as: token).map {
          $0.markdown.isEmpty ? $0.text : $0.markdown
        }.filter { $0.localizedCaseInsensitiveContains(part) }
        return found.count >= times ? found.last : nil
      }
    } catch {
      let seen = try await replies(to: root, in: room, as: token)
      throw TimedOut(description: "\(error); the thread has: \(seen.map(\.markdown))")
    }
  }

  func models(_ models: JSONValue) async throws {
    _ = try await call(.post, "/sim/model", body: ["models": models])
  }

  /// Makes a member of a room its moderator, or no longer.
  func moderate(_ room: Room, _ email: String, _ isModerator: Bool = true) async throws {
    let page = try await call(
      .get, "/v1/memberships?roomId=\(room.id)&personEmail=\(email)", token: Self.botToken)
    let id = try #require(page["items"]?.arrayValue?.first?["id"]?.stringValue)
    _ = try await call(
      .put, "/v1/memberships/\(id)", token: Self.botToken,
      body: ["isModerator": .bool(isModerator)])
  }

  /// The emails of a room's members, as one of them sees them.
  func members(of room: Room, as token: String) async throws -> Set<String> {
    let page = try await call(.get, "/v1/memberships?roomId=\(room.id)", token: token)
    return Set((page["items"]?.arrayValue ?? []).compactMap { $0["personEmail"]?.stringValue })
  }
}

extension AssistantProcess {
  /// The lines of the audit log.
  var audit: [String] {
    process.stderr.split(separator: "\n").filter { $0.contains("[audit]") }.map(String.init)
  }
}

extension JSONValue {
  var numberValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
