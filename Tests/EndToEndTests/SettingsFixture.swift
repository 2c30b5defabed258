// What the tests of settings share: prompts of their own, a start, a question and its request.

import Foundation
import GRDB
import HTTPTypes
import Testing
import WebexAPI

enum SettingsFixture {
  /// A folder with the prompts of these tests.
  static func prompts() throws -> URL {
    let folder = try AssistantProcess.newFolder()
    let files = [
      "default": "---\nname: default\ndescription: plain\n---\nDEFAULT PROMPT of {{space}}.",
      "pirate":
        "---\nname: pirate\ndescription: speaks like one\ntemperature: 1.3\n---\nPIRATE PROMPT for {{person}}.",
      "secret": "---\nname: secret\nvisibility: hidden\n---\nHIDDEN PROMPT.",
      "chief": "---\nname: chief\nvisibility: admins\n---\nCHIEF PROMPT.",
    ]
    for (name, text) in files {
      try text.write(
        to: folder.appending(path: "\(name).md"), atomically: true, encoding: .utf8)
    }
    return folder
  }

  static func start(
    folder: URL? = nil, _ settings: [String: String] = [:]
  ) async throws -> (SimulatedWebex, AssistantProcess) {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "An answer.", "speed": 0, "delay": 0])
    let all = ["PROMPTS_DIR": try prompts().path].merging(settings) { _, own in own }
    return (webex, try await AssistantProcess.start(webex, folder: folder, all))
  }

  /// Asks, and returns the request that the model got.
  @discardableResult
  static func ask(
    _ webex: SimulatedWebex, _ text: String, in room: SimulatedWebex.Room, as token: String,
    parentID: String? = nil
  ) async throws -> JSONValue {
    let question = try await webex.post(
      room.isDirect ? text : "\(SimulatedWebex.mention) \(text)", in: room, as: token,
      parentID: parentID)
    try await webex.says(
      "An answer.", under: parentID ?? question, in: room, as: token)
    return try await eventually("the request of \(text)") {
      try await webex.modelRequests().last { request in
        request["body"]?["messages"]?.arrayValue?.last?["content"]?.stringValue?.contains(text)
          == true
      }
    }
  }
}

extension AssistantProcess {
  /// Makes every card on record older, while no process uses the file.
  static func ageCards(in folder: URL, byHours hours: Int) async throws {
    let queue = try DatabaseQueue(path: folder.appending(path: "assistant.sqlite").path)
    let changed = try await queue.write { db in
      try db.execute(
        sql: """
          UPDATE card SET sentAt = strftime('%Y-%m-%d %H:%M:%f', sentAt, ?),
            expiresAt = strftime('%Y-%m-%d %H:%M:%f', expiresAt, ?)
          """, arguments: ["-\(hours) hours", "-\(hours) hours"])
      return db.changesCount
    }
    try queue.close()
    try #require(changed > 0)
  }
}
