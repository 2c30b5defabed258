// A mapping of the file, with its keys checked and its values read as what they must be.

import Yams

/// The fields of one mapping. Reading one of the wrong type notes the problem and gives nil.
struct NodeFields {
  let root: Node
  private let values: [String: Node]
  private let reading: CommandReading

  /// Nil if the node is no mapping. Unknown keys are noted, with the nearest known one.
  init?(_ node: Node, _ what: String, keys: [String], _ reading: CommandReading) {
    guard case .mapping(let mapping) = node else {
      reading.note("\(what) must be a mapping of \(keys.joined(separator: ", "))", at: node)
      return nil
    }
    var values: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        reading.note("a key must be a name", at: key)
        continue
      }
      guard keys.contains(name) else {
        let near = keys.min { Self.distance(name, $0) < Self.distance(name, $1) }
        let hint = near.flatMap { Self.distance(name, $0) <= 2 ? "; is it \"\($0)\"?" : nil }
        reading.note(
          "unknown key \"\(name)\" in \(what)"
            + (hint ?? "; there are \(keys.joined(separator: ", "))"), at: key)
        continue
      }
      values[name] = value
    }
    root = node
    self.values = values
    self.reading = reading
  }

  func node(_ key: String) -> Node? { values[key] }

  /// As it was written: `12` and `yes` too.
  func text(_ key: String, upTo limit: Int = 10_000) -> String? {
    guard let node = values[key] else { return nil }
    guard let text = node.scalar?.string else {
      reading.note("\"\(key)\" must be a text", at: node)
      return nil
    }
    guard text.count <= limit else {
      reading.note("\"\(key)\" has more than \(limit) characters", at: node)
      return nil
    }
    return text
  }

  func flag(_ key: String) -> Bool? {
    guard let node = values[key] else { return nil }
    switch node.scalar?.string {
    case "true": return true
    case "false": return false
    default:
      reading.note("\"\(key)\" must be true or false", at: node)
      return nil
    }
  }

  func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let node = values[key] else { return nil }
    guard let value = node.scalar.flatMap({ Int($0.string) }), range.contains(value) else {
      reading.note(
        "\"\(key)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)",
        at: node)
      return nil
    }
    return value
  }

  /// A list of texts, or one alone.
  func texts(_ key: String) -> [String]? {
    guard let node = values[key] else { return nil }
    let texts: [String?] =
      switch node {
      case .scalar(let scalar): [scalar.string]
      case .sequence(let items): items.map { $0.scalar?.string }
      default: [nil]
      }
    guard !texts.contains(nil) else {
      reading.note("\"\(key)\" must be a list of texts", at: node)
      return nil
    }
    return texts.compactMap(\.self)
  }

  /// The entries of a mapping, in their order.
  func pairs(_ key: String) -> [(name: String, node: Node)] {
    guard let node = values[key] else { return [] }
    guard case .mapping(let mapping) = node else {
      reading.note("\"\(key)\" must be a mapping", at: node)
      return []
    }
    return mapping.compactMap { key, value in
      guard let name = key.scalar?.string else {
        reading.note("a key must be a name", at: key)
        return nil
      }
      return (name, value)
    }
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ type: Choice.Type
  ) -> Choice? {
    guard let node = values[key] else { return nil }
    guard let choice = node.scalar.flatMap({ Choice(rawValue: $0.string) }) else {
      let all = type.allCases.map(\.rawValue).joined(separator: ", ")
      reading.note("\"\(key)\" must be one of \(all)", at: node)
      return nil
    }
    return choice
  }

  /// Such as `500ms`, `20s`, `2m`, or seconds.
  func duration(_ key: String, upTo limit: Duration) -> Duration? {
    guard let node = values[key] else { return nil }
    let units: [(String, Int)] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("", 1_000)]
    let text = node.scalar?.string ?? ""
    for (unit, milliseconds) in units where text.hasSuffix(unit) {
      guard let count = Int(text.dropLast(unit.count)), count > 0, count < 1_000_000 else {
        continue
      }
      let duration = Duration.milliseconds(count * milliseconds)
      if duration <= limit { return duration }
    }
    reading.note(
      "\"\(key)\" must be a time such as 20s, at most \(limit.components.seconds)s", at: node)
    return nil
  }

  /// Such as `500KB`, `2MB`, or bytes.
  func bytes(_ key: String, upTo limit: Int) -> Int? {
    guard let node = values[key] else { return nil }
    let text = node.scalar?.string.uppercased() ?? ""
    for (unit, size) in [("KB", 1_000), ("MB", 1_000_000), ("", 1)] where text.hasSuffix(unit) {
      guard let count = Int(text.dropLast(unit.count)), count > 0, count <= limit else { continue }
      if count * size <= limit { return count * size }
    }
    reading.note(
      "\"\(key)\" must be a size such as 500KB, at most \(Sentences.size(limit))", at: node)
    return nil
  }

  /// Levenshtein's.
  private static func distance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (index, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in second.indices {
        let above = row[column + 1]
        row[column + 1] = min(
          min(above, row[column]) + 1, diagonal + (character == second[column] ? 0 : 1))
        diagonal = above
      }
    }
    return row[second.count]
  }
}
