// What holds for every reply, whatever happened on the way, as the simulator's record shows it.

import Foundation
import Testing

struct ReplyChecks {
  static let messageBytes = 7439
  static let edits = 10

  let webex: SimulatedWebex
  let room: SimulatedWebex.Room
  /// The root of the thread.
  let question: String

  /// Checks all that always holds, and that what stands in the thread is `text`, once, and nothing
  /// else.
  ///
  /// - Parameter isSteady: false where edits reach Webex more than once because an answer was lost.
  func expect(
    _ text: String, isSteady: Bool = true, at location: SourceLocation = #_sourceLocation
  ) async throws {
    try await expectLimits(at: location)
    let standing = try await webex.standing(under: question, in: room)
    let shown = Self.withoutFenceRepair(standing.filter { $0.fileNames.isEmpty }.map(\.text))
    #expect(shown == text, sourceLocation: location)
    for message in standing {
      let isLast = message.id == standing.last?.id
      expectGrowth(of: message, isLast: isLast, isSteady: isSteady, at: location)
    }
  }

  /// Nothing was refused, no eleventh edit was tried, no message was too long, no notice is left.
  func expectLimits(at location: SourceLocation = #_sourceLocation) async throws {
    #expect(try await webex.rejections().isEmpty, sourceLocation: location)
    let edits = Dictionary(
      grouping: try await webex.requests().filter { $0.method == "PUT" }, by: \.path)
    for (path, edits) in edits {
      // Each attempt counts, also one that was answered 429 or not at all.
      #expect(edits.count <= Self.edits, "\(path)", sourceLocation: location)
    }
    for message in try await webex.watched(in: room) {
      #expect(message.deleted != nil || !message.isNotice, sourceLocation: location)
      for version in message.versions {
        #expect(version.text.utf8.count <= Self.messageBytes, sourceLocation: location)
      }
    }
  }

  /// A reader sees text being added, never taken back; but the last lines of a message that is full
  /// may move to the next one, so that it ends at a border.
  private func expectGrowth(
    of message: SimulatedWebex.WatchedMessage, isLast: Bool, isSteady: Bool,
    at location: SourceLocation
  ) {
    let texts = message.versions.map(\.text).filter { !$0.isNotice }
    for (earlier, later) in zip(texts, texts.dropFirst()) {
      #expect(!isSteady || later != earlier, "an edit changed nothing", sourceLocation: location)
      let kept = earlier.hasSuffix("\n```") ? String(earlier.dropLast(4)) : earlier
      let hasMoved = !isLast && later == texts.last && kept.hasPrefix(later)
      #expect(
        later.hasPrefix(kept) || hasMoved, "\(earlier)\n→\n\(later)", sourceLocation: location)
    }
    // Progress is sent a second apart; the way here may take a moment longer for one than for another.
    let times = message.versions.dropLast().map(\.time)
    for (earlier, later) in zip(times, times.dropFirst()) where isSteady {
      #expect(later.timeIntervalSince(earlier) > 0.8, sourceLocation: location)
    }
  }

  /// Joins messages as a reader does: a fence that was closed at a message's end and reopened in the
  /// next is one.
  static func withoutFenceRepair(_ pieces: [String]) -> String {
    var joined = ""
    for piece in pieces {
      var body = Substring(piece)
      if let opening = openFence(in: withoutClosedFence(joined)), joined.hasSuffix("```"),
        body.hasPrefix(opening)
      {
        joined = withoutClosedFence(joined)
        body = body.dropFirst(opening.count)
      }
      joined += body
    }
    return joined
  }

  private static func withoutClosedFence(_ text: String) -> String {
    text.hasSuffix("```") ? String(text.dropLast(3)) : text
  }

  /// The line that opened the fence in which `text` ends.
  private static func openFence(in text: String) -> String? {
    let fences = text.split(separator: "\n").filter { $0.hasPrefix("```") }
    return fences.count.isMultiple(of: 2) ? nil : fences.last.map { "\($0)\n" }
  }
}

enum Texts {
  static func words(_ count: Int) -> String {
    (1...count).map { "word\($0)" }.joined(separator: " ")
  }

  /// Prose of so many characters, in paragraphs; nothing in it needs Markdown.
  static func prose(_ characters: Int) -> String {
    var text = ""
    var sentence = 1
    while text.count < characters {
      text += "Sentence \(sentence) says something of middling length about ünïcödé and 漢字. "
      if sentence.isMultiple(of: 6) { text += "\n\n" }
      sentence += 1
    }
    return text + "That is all."
  }

  /// Sections with a code block each.
  static func code(_ characters: Int) -> String {
    var text = ""
    var section = 1
    while text.count < characters {
      text += "## Section \(section)\n\nSome words about it, with 👩‍👩‍👧‍👦 in between.\n\n```swift\n"
      for line in 1...25 { text += "let value\(section)_\(line) = \(line) // a comment\n" }
      text += "```\n\n"
      section += 1
    }
    return text + "THE END"
  }
}
