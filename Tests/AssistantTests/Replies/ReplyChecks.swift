// What must hold for every reply, whatever happens to it.

import Testing

@testable import Assistant

extension ReplyRehearsal {
  /// Everything that is wrong with a reply that has run.
  var complaints: [String] {
    var found = webex.violations
    guard let outcome else { return found + ["never finished"] }
    if outcome == .undelivered { found += complaintsAboutLeftovers }
    if outcome == .delivered { found += complaintsAboutText + complaintsAboutLeftovers }
    return found
  }

  private var complaintsAboutText: [String] {
    let expected = expected
    let isAside = plan.keepsUntilText && isEarlierKept
    if isAside, expected.text.isBlank {
      let note = expected.note ?? ""
      return (note.isBlank ? [] : [note]) == trusted(.notice).map(\.text)
        ? [] : ["beside the answer: \(webex.asides)"]
    }
    let messages = trusted(.answer).filter { $0.file == nil }.map(\.text)
    var found: [String] = []
    if let wrong = ReplyReading.difference(
      source: expected.text, note: expected.note, fence: isRestarted ? nil : plan.fence,
      messages: messages)
    {
      found.append(wrong)
    }
    let files = webex.visible.filter { !$0.isGhost }.compactMap(\.file)
    if files != expected.attachments, !hasFault(.attach) {
      found.append("files: \(files.map(\.name))")
    }
    return found
  }

  /// Nothing of the earlier answer was touched, so that it may stay.
  private var isEarlierKept: Bool {
    let earlier = webex.entries.prefix(plan.replaces.count)
    return earlier.allSatisfy { $0.text == "Earlier \($0.id)." && !$0.isDeleted }
      && !webex.movements.contains { movement in
        webex.entries.contains { $0.id == movement.id && $0.role == .answer }
      }
  }

  private var isRestarted: Bool {
    script.contains { if case .restart = $0.input { true } else { false } }
  }

  private func hasFault(_ kind: Fault.Kind) -> Bool { webex.faults.contains { $0.kind == kind } }

  /// What the machine can answer for: not what it cannot know of, nor what cannot be deleted.
  private func trusted(_ role: PostRole) -> [RehearsedWebex.Entry] {
    webex.visible.filter {
      $0.role == role && !$0.isGhost && $0.failedDeletes < ReplacedMessages.maximumAttempts
    }
  }

  private var complaintsAboutLeftovers: [String] {
    let notices = (trusted(.answer) + trusted(.notice)).filter {
      $0.text.hasPrefix(Self.noticeMark)
    }
    return notices.map { "an orphaned notice: \($0.text)" }
  }
}

/// Reads the messages of an answer one after another, as a person does.
enum ReplyReading {
  /// What is wrong with messages that should be the source apart from fences closed and reopened,
  /// and the note behind it; nil: nothing.
  static func difference(
    source: String, note: String?, fence: CodeFence?, messages: [String]
  ) -> String? {
    var reader = Reader(rest: Array(source.utf8)[...], fence: fence)
    for (index, message) in messages.enumerated() {
      switch reader.read(Array(message.utf8)[...]) {
      case .covered: continue
      case .ended(let tail):
        guard index == messages.count - 1 else {
          return "text after the end: \(messages[index + 1])"
        }
        return tail == (note ?? "")
          ? nil : "at the end: \(tail.prefix(200)) for \(note ?? "nothing")"
      case .different: return "message \(index + 1) of \(messages.count): \(message.prefix(300))"
      }
    }
    let rest = String(decoding: reader.rest, as: UTF8.self)
    if !rest.isBlank { return "missing: \(rest.prefix(200))" }
    return (note ?? "").isBlank ? nil : "the note is missing"
  }

  private enum Step {
    case covered
    case ended(tail: String)
    case different
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>
    var fence: CodeFence?

    mutating func read(_ message: ArraySlice<UInt8>) -> Step {
      var body = message
      if rest.allSatisfy(isSpace) { return .ended(tail: String(decoding: body, as: UTF8.self)) }
      if let fence {
        let head = Array((fence.opening + "\n").utf8)
        guard body.starts(with: head) else { return .different }
        body = body.dropFirst(head.count)
      }
      if body.starts(with: rest) { return end(body.dropFirst(rest.count)) }
      for candidate in [body, unclosed(body), unclosed(body).dropLast()] where !candidate.isEmpty {
        if rest.starts(with: candidate) { return cover(candidate.count) }
      }
      // A message of white space alone is left out.
      let trimmed = rest.drop(while: isSpace)
      guard trimmed.count < rest.count else { return .different }
      rest = trimmed
      let bodyTrimmed = body.drop(while: isSpace)
      fence = nil
      return read(bodyTrimmed)
    }

    private mutating func cover(_ count: Int) -> Step {
      let covered = String(decoding: rest.prefix(count), as: UTF8.self)
      fence = AnswerText.openFence(in: covered[...], fence: fence)
      rest = rest.dropFirst(count)
      return .covered
    }

    /// All is there: what is behind it is the note, and the fence that was open before it.
    private mutating func end(_ tail: ArraySlice<UInt8>) -> Step {
      _ = cover(rest.count)
      var tail = String(decoding: tail, as: UTF8.self).trimmingWhitespace()
      if let fence, tail.hasPrefix(fence.marker) {
        tail = String(tail.dropFirst(fence.marker.count)).trimmingWhitespace()
      }
      return tail.isEmpty ? .covered : .ended(tail: tail)
    }

    /// Without a fence that closes at the end.
    private func unclosed(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      let marks = Array("`~".utf8)
      guard let mark = body.last, marks.contains(mark) else { return body }
      var end = body.endIndex
      while end > body.startIndex, body[end - 1] == mark { end -= 1 }
      return body[..<end]
    }

    private func isSpace(_ byte: UInt8) -> Bool { [9, 10, 13, 32].contains(byte) }
  }
}
