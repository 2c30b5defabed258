// Reads `assistant.yaml`: one flat mapping of setting names to scalars or lists.
// Yams' node tree is used for its line numbers, which swift-configuration's snapshots do not keep.
import Yams

/// The settings of an assistant.yaml.
struct SettingsFile: Sendable {
  struct Entry: Hashable, Sendable {
    var name: String
    /// A list's items are joined with commas.
    var value: String
    /// From 1.
    var line: Int
  }

  var entries: [Entry] = []
  var problems: [ConfigurationProblem] = []

  init(_ text: String) {
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch {
      reject("is not YAML", line: Self.line(of: error))
      return
    }
    guard let root, root.scalar?.string.isEmpty != true else { return }
    guard case .mapping(let mapping) = root else {
      reject("is not a mapping", line: root.mark?.line ?? 1)
      return
    }
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      guard let name = key.scalar?.string else {
        reject("has a key that is not a name", line: line)
        continue
      }
      guard let value = Self.text(of: value) else {
        reject("must be a single value or a list of them", key: name, line: line)
        continue
      }
      entries.append(Entry(name: name, value: value, line: line))
    }
  }

  private mutating func reject(_ finding: String, key: String = "assistant.yaml", line: Int) {
    problems.append(
      ConfigurationProblem(
        key: key, origin: .settingsFile(line: line), finding: finding,
        accepted: "one setting per line, as litellm_model: gpt-4o-mini"))
  }

  /// nil for a nested mapping. `~` and an empty value are "not set".
  private static func text(of node: Node) -> String? {
    switch node {
    case .scalar(let scalar):
      return node.null == nil ? scalar.string : ""
    case .sequence(let items):
      let texts = items.map { $0.scalar?.string }
      return texts.contains(nil) ? nil : texts.compactMap(\.self).joined(separator: ",")
    default:
      return nil
    }
  }

  private static func line(of error: any Error) -> Int {
    switch error as? YamlError {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: 1
    }
  }
}
