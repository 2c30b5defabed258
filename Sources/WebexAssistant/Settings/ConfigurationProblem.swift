// What is wrong with the configuration, told so that the operator can mend it without reading code.
// `Settings.load` collects every problem, so that one start shows them all.

/// Where a value came from.
enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
  case flag(String)
  case environment(variable: String)
  case dotEnv(line: Int)
  case settingsFile(line: Int)

  var description: String {
    switch self {
    case .flag(let name): "flag \(name)"
    case .environment(let variable): "environment variable \(variable)"
    case .dotEnv(let line): ".env line \(line)"
    case .settingsFile(let line): "assistant.yaml line \(line)"
    }
  }
}

/// One thing that stops the start. Never holds the value of a secret.
struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The setting, or what stands in its place in the file when it is none of ours.
  var key: String
  /// nil: the setting is nowhere.
  var origin: SettingOrigin?
  /// "is \"verbos\"", "is not set", "is not a setting".
  var finding: String
  /// What would have been right.
  var accepted: String?
  /// The name that was probably meant.
  var suggestion: String?

  var description: String {
    let place = origin.map { " (\($0))" } ?? ""
    let question = suggestion.map { "; did you mean \($0)?" } ?? ""
    let remedy = accepted.map { "; accepted: \($0)" } ?? ""
    return "\(key)\(place) \(finding)\(question)\(remedy)"
  }

  /// The whole report, as it is written to standard error.
  static func report(_ problems: [ConfigurationProblem]) -> String {
    let head =
      problems.count == 1
      ? "the configuration has a problem:" : "the configuration has \(problems.count) problems:"
    return ([head] + problems.map { "  - \($0)" }).joined(separator: "\n")
  }
}

/// Suggests the name that was probably meant.
enum NearestName {
  /// First a name that has the same words and more (LITELLM_URL → LITELLM_BASE_URL), else the one
  /// with the fewest letters changed; nil when more than a third of them would be.
  static func of(_ name: String, among names: [String]) -> String? {
    if let longer = names.first(where: { hasWords(of: name, in: $0) }) { return longer }
    let scored = names.map { (name: $0, distance: distance(Array(name.utf8), Array($0.utf8))) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, name.utf8.count / 3) ? best.name : nil
  }

  private static func hasWords(of name: String, in longer: String) -> Bool {
    var rest = longer.split(separator: "_")[...]
    return name.split(separator: "_").allSatisfy { word in
      guard let index = rest.firstIndex(of: word) else { return false }
      rest = rest[(index + 1)...]
      return true
    }
  }

  /// Levenshtein's distance with a swap of neighbours as one step, so that TOEKN is near TOKEN.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var step = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          step = min(step, beforePrevious[j - 1] + 1)
        }
        current.append(step)
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
  }
}
