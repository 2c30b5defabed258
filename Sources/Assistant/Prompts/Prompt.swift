// One prompt of the library: a Markdown file with optional YAML front matter and Mustache variables.
// Read by PromptLibrary.

import Mustache
import Yams

/// Who may choose a prompt for a space. Commands may use any.
enum PromptVisibility: String, Sendable, CaseIterable {
  case everyone, admins, hidden
}

struct Prompt: Sendable {
  /// Small letters, digits, `-`, `_` and `.`; the file's name without `.md` where it names none.
  var name: String
  /// One line for people who choose.
  var description: String?
  var model: String?
  /// 0…2.
  var temperature: Double?
  var visibility = PromptVisibility.everyone
  private var template: MustacheTemplate

  static let maximumBytes = 64 << 10

  func render(_ variables: PromptVariables) -> String {
    template.render(variables.values).trimmingWhitespace()
  }
}

/// Why a file is no prompt.
struct PromptProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// With its folder.
  var file: String
  /// From 1.
  var line: Int?
  var reason: String

  var description: String {
    String("\(file)\(line.map { ":\($0)" } ?? ""): \(reason)".prefix(300))
  }
}

// MARK: Reading

extension Prompt {
  /// - Parameters:
  ///   - file: the file's name in its folder.
  ///   - path: as problems name it.
  /// - Throws: ``PromptProblem``.
  init(file: String, path: String, bytes: [UInt8]) throws(PromptProblem) {
    guard bytes.count <= Self.maximumBytes else {
      throw PromptProblem(file: path, reason: "is longer than \(Self.maximumBytes >> 10) KB")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PromptProblem(file: path, reason: "is not UTF-8")
    }
    // Saved on Windows: neither the mark at the start nor the front matter may reach the model.
    let lines = text.replacing("\r\n", with: "\n").drop { $0 == "\u{FEFF}" }
      .split(separator: "\n", omittingEmptySubsequences: false)
    var (front, start) = (lines[..<0], 0)
    if lines.first?.trimmingWhitespace() == "---" {
      guard let end = lines.dropFirst().firstIndex(where: { $0.trimmingWhitespace() == "---" })
      else { throw PromptProblem(file: path, line: 1, reason: "its front matter has no end (---)") }
      (front, start) = (lines[1..<end], end + 1)
    }
    name = (file.hasSuffix(".md") ? file.dropLast(3) : file[...]).lowercased()
    template = try PromptTemplate.parse(
      lines[start...].joined(separator: "\n"), path: path, line: start + 1)
    let reader = FrontMatter(path: path)
    for (key, value) in try reader.entries(front.joined(separator: "\n")) {
      try read(key, value, reader)
    }
    guard name.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,39}/) != nil else {
      throw PromptProblem(
        file: path, reason: "a prompt's name has small letters, digits, - and _ only, at most 40")
    }
  }

  private mutating func read(_ key: Node, _ value: Node, _ reader: FrontMatter)
    throws(PromptProblem)
  {
    switch key.scalar?.string {
    case "name": name = try reader.text(value, "name").lowercased()
    case "description":
      description = PromptVariables.name(try reader.text(value, "description"), longest: 120)
    case "model": model = try reader.text(value, "model")
    case "temperature":
      guard let number = value.float ?? value.int.map(Double.init), (0...2).contains(number) else {
        throw reader.problem(value, "temperature is a number from 0 to 2")
      }
      temperature = number
    case "visibility":
      guard let word = PromptVisibility(rawValue: try reader.text(value, "visibility")) else {
        throw reader.problem(value, "visibility is everyone, admins or hidden")
      }
      visibility = word
    default:
      throw reader.problem(
        key, "knows only name, description, model, temperature and visibility")
    }
  }
}

/// The YAML between the `---` lines.
private struct FrontMatter {
  let path: String

  func entries(_ yaml: String) throws(PromptProblem) -> [(Node, Node)] {
    let root: Node?
    do {
      root = try compose(yaml: yaml)
    } catch {
      // The error's own words quote the file.
      var line: Int?
      switch error as? YamlError {
      case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
        line = mark.line + 1
      case .duplicatedKeysInMapping:
        throw PromptProblem(file: path, reason: "its front matter has a key twice")
      default: break
      }
      throw PromptProblem(file: path, line: line, reason: "its front matter is not YAML")
    }
    guard let root, root.null == nil else { return [] }
    guard case .mapping(let mapping) = root else {
      throw problem(root, "its front matter is no list of keys and values")
    }
    return mapping.map { ($0.key, $0.value) }
  }

  func text(_ node: Node, _ key: String) throws(PromptProblem) -> String {
    guard let text = node.scalar?.string.trimmingWhitespace(), !text.isEmpty else {
      throw problem(node, "\(key) is a text")
    }
    return text
  }

  /// The front matter begins on the file's second line.
  func problem(_ node: Node, _ reason: String) -> PromptProblem {
    PromptProblem(file: path, line: node.mark.map { $0.line + 1 }, reason: reason)
  }
}
