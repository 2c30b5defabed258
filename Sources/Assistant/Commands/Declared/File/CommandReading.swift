// One reading of the declared commands: collects commands and everything that is wrong with them.

import FoundationEssentials
import HTTPTypes
import WebexAPI
import Yams

/// Used once, by `CommandFile.read`.
final class CommandReading {
  let environment: [String: String]
  let reserved: Set<String>
  let services: DeclaredServices
  /// In the order in which they were found.
  private(set) var problems: [CommandFileError.Problem] = []
  private(set) var commands: [DeclaredCommand] = []
  /// Keywords so far, in lower case, with the place of each.
  private var places: [String: String] = [:]
  private(set) var file = ""
  private(set) var directory = ""

  static let maximumCommands = 200

  init(environment: [String: String], reserved: Set<String>, services: DeclaredServices) {
    self.environment = environment
    self.reserved = Set(reserved.map { $0.lowercased() })
    self.services = services
  }

  func begin(file path: String) {
    let url = URL(filePath: path)
    file = url.lastPathComponent
    directory = url.deletingLastPathComponent().path(percentEncoded: false)
  }

  // MARK: Problems

  func note(_ reason: String, at node: Node? = nil) {
    problems.append(
      .init(
        file: file, line: node?.mark?.line ?? 1, column: node?.mark?.column ?? 1,
        reason: String(reason.prefix(300))))
  }

  func note(yaml error: any Error) {
    let (line, column, reason): (Int, Int, String) =
      switch error as? YamlError {
      case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
        .composer(_, let problem, let mark, _)?:
        (mark.line, mark.column, problem)
      case .duplicatedKeysInMapping(let keys, let context)?:
        (
          context.mark.line, context.mark.column,
          "the key \"\(keys.first ?? "")\" stands twice in one mapping"
        )
      default: (1, 1, "the text cannot be read")
      }
    problems.append(.init(file: file, line: line, column: column, reason: "not YAML: \(reason)"))
  }

  // MARK: Commands

  func readRoot(_ root: Node) {
    guard let fields = NodeFields(root, "the file", keys: ["commands"], self) else { return }
    guard let list = fields.node("commands") else {
      return note("there is no list \"commands\"", at: root)
    }
    guard case .sequence(let items) = list else {
      return note("\"commands\" must be a list", at: list)
    }
    for item in items { readCommand(item) }
    if commands.count > Self.maximumCommands {
      note("there are more than \(Self.maximumCommands) commands", at: list)
    }
  }

  private func readCommand(_ node: Node) {
    guard let fields = NodeFields(node, "a command", keys: Self.keys, self) else { return }
    let before = problems.count
    let keyword = readKeyword(fields)
    let arguments = readArguments(fields)
    let templates = CommandTemplates(reading: self, arguments: Set(arguments.map(\.name)))
    let action = templates.readAction(fields)
    let confirms = readConfirmation(fields, templates)
    let help = fields.text("help", upTo: 200) ?? ""
    if help.isEmpty { note("a command needs a \"help\" of one line", at: node) }
    if help.contains("\n") { note("\"help\" must be one line", at: fields.node("help")) }
    templates.checkSecrets(node)
    let match = fields.choice("match", CommandMatch.self) ?? .exact
    let asks = fields.flag("form") ?? false
    let isRepeatable = fields.flag("repeatable")
    let access = readAccess(fields)
    guard let keyword, let action, problems.count == before else { return }
    commands.append(
      DeclaredCommand(
        keyword: keyword, match: match, help: help, arguments: arguments, access: access,
        asksForArguments: asks, isRepeatable: isRepeatable ?? action.isRepeatable,
        confirms: confirms, action: action, mask: templates.mask, services: services))
  }

  private static let keys = [
    "keyword", "match", "help", "arguments", "approved_users", "approved_domains",
    "approved_rooms", "admins_only", "confirm", "form", "repeatable", "http", "run", "ask",
    "reply", "card", "summarize",
  ]

  private func readKeyword(_ fields: NodeFields) -> String? {
    guard let node = fields.node("keyword") else {
      note("a command needs a \"keyword\"", at: fields.root)
      return nil
    }
    guard let written = fields.text("keyword", upTo: 60) else { return nil }
    let keyword = written.lowercased()
    let words = keyword.split(separator: " ", omittingEmptySubsequences: false)
    guard !keyword.isEmpty, !words.contains(""), !keyword.contains(where: \.isNewline),
      !keyword.hasPrefix("//"), keyword != "/"
    else {
      note("the keyword \"\(written)\" must be words with single spaces between them", at: node)
      return nil
    }
    if let first = words.first, reserved.contains(keyword) || reserved.contains(String(first)) {
      note("the keyword \"\(written)\" belongs to a built-in command", at: node)
    }
    if let place = places[keyword] {
      note("the keyword \"\(written)\" is declared twice; the first is at \(place)", at: node)
    }
    places[keyword] = "\(file):\(node.mark?.line ?? 1)"
    return written
  }

  private func readAccess(_ fields: NodeFields) -> CommandAccess {
    if fields.flag("admins_only") == true { return .admins }
    let lists = ["approved_users", "approved_domains", "approved_rooms"].map { fields.texts($0) }
    guard lists.contains(where: { $0 != nil }) else { return .everyone }
    // Lists that are there but empty admit nobody.
    return .only(
      AccessPolicy(
        users: lists[0] ?? [], domains: lists[1] ?? [], rooms: lists[2] ?? [],
        requireApproval: true))
  }

  private func readConfirmation(
    _ fields: NodeFields, _ templates: CommandTemplates
  ) -> DeclaredCommand.Confirmation {
    guard let node = fields.node("confirm") else { return .none }
    switch node.scalar?.string {
    case "true": return .standard
    case "false": return .none
    default:
      return templates.shown(node, "confirm", for: .markdown, roots: []).map { .text($0) } ?? .none
    }
  }
}

extension DeclaredCommand.Action {
  /// Where the file does not say: what only reads may be repeated.
  var isRepeatable: Bool {
    switch self {
    case .http(let action): action.method == .get || action.method == .head
    case .run: false
    case .ask: true
    }
  }
}
