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
  /// Of all commands: none may show another's.
  private var secrets: Set<String> = []
  /// Where secrets stand in files of their own.
  private(set) var secretFiles: Set<String> = []

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
    note(reason, line: node?.mark?.line ?? 1, column: node?.mark?.column ?? 1)
  }

  func note(_ reason: String, line: Int, column: Int = 1) {
    problems.append(
      .init(file: file, line: line, column: column, reason: String(reason.prefix(300))))
  }

  func note(yaml error: any Error, in text: String) {
    let (line, column, reason): (Int, Int, String) =
      switch error as? YamlError {
      case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
        .composer(_, let problem, let mark, _)?:
        (mark.line, mark.column, problem)
      case .duplicatedKeysInMapping(let keys, let context)?:
        (
          Self.second(keys.first ?? "", behind: context.mark, in: text), context.mark.column,
          "the key \"\(keys.first ?? "")\" stands twice in one mapping; the first is in line "
            + "\(context.mark.line)"
        )
      default: (1, 1, "the text cannot be read")
      }
    note("not YAML: \(reason)", line: line, column: column)
  }

  /// The line in which a key stands again, below itself; the parser tells only the first.
  private static func second(_ key: String, behind mark: Mark, in text: String) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices.dropFirst(mark.line) {
      let line = lines[index].dropFirst(mark.column - 1)
      let front = lines[index].prefix(mark.column - 1)
      let name = line.prefix { $0 != ":" }.filter { !"\"' ".contains($0) }
      if name == key, front.allSatisfy({ $0 == " " }), line.contains(":") { return index + 1 }
    }
    return mark.line
  }

  // MARK: Secrets

  func remember(secrets values: [String]) { secrets.formUnion(values) }
  func remember(secretFile path: String) { secretFiles.insert(path) }

  /// The commands, each hiding what is secret to any.
  func finished(hiding others: [String]) -> [DeclaredCommand] {
    let mask = SecretMask(secrets.union(others))
    return commands.map { command in
      var command = command
      command.mask = mask
      return command
    }
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
    templates.rememberSecrets()
    guard let keyword, let action, problems.count == before else { return }
    let prompt = fields.node("summarize") ?? fields.node("ask")
    let promptNode = prompt?.mapping?["prompt"] ?? prompt ?? node
    commands.append(
      DeclaredCommand(
        keyword: keyword, match: match, help: help, arguments: arguments, access: access,
        asksForArguments: asks, isRepeatable: isRepeatable ?? action.isRepeatable,
        confirms: confirms, action: action,
        fingerprint: DeclarationHash.of(node, addresses: templates.addresses),
        promptPlace: "\(file):\(promptNode.mark?.line ?? 1)", services: services))
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
    let users = readList(fields, "approved_users", "an e-mail address") { text in
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      return parts.count == 2 && !parts[0].isEmpty && Self.isHost(parts[1], also: "*")
        ? text : nil
    }
    let domains = readList(fields, "approved_domains", "a mail domain") { text in
      let name = text.hasPrefix("@") ? text.dropFirst() : text[...]
      return Self.isHost(name.hasPrefix(".") ? name.dropFirst() : name) ? String(name) : nil
    }
    // A title stays: Webex tells its id before the command is used.
    let rooms = readList(fields, "approved_rooms", "the id of a space") { text in
      let isOther = text.contains("://") || WebexID(text) != nil
      return AccessPolicy.roomUUID(text) == nil && (isOther || text.isEmpty) ? nil : text
    }
    if users == nil, domains == nil, rooms == nil { return .everyone }
    // Lists that are there but empty admit nobody.
    return .only(
      AccessPolicy(
        users: users ?? [], domains: domains ?? [], rooms: rooms ?? [], requireApproval: true))
  }

  /// A list whose every item is checked, each problem with its line.
  private func readList(
    _ fields: NodeFields, _ key: String, _ what: String, _ read: (String) -> String?
  ) -> [String]? {
    guard let texts = fields.texts(key), let node = fields.node(key) else { return nil }
    let nodes = node.sequence.map { Array($0) } ?? [node]
    return zip(texts, nodes).compactMap { text, node in
      let isLine = !text.contains { $0.isWhitespace && key != "approved_rooms" }
      if isLine, let item = read(text) { return item }
      note("\"\(text)\" in \"\(key)\" is not \(what)", at: node)
      return nil
    }
  }

  private static func isHost(_ name: Substring, also extra: Character? = nil) -> Bool {
    name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty
        && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == extra }
    }
  }

  /// What YAML 1.1 takes for a flag. As a question it would be meant for one.
  private static let looseFlags: Set<String> = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "",
  ]

  private func readConfirmation(
    _ fields: NodeFields, _ templates: CommandTemplates
  ) -> DeclaredCommand.Confirmation {
    guard let node = fields.node("confirm") else { return .none }
    let isPlain = node.scalar.map { $0.style == .plain || $0.style == .any } ?? false
    switch node.scalar?.string {
    case "true": return .standard
    case "false": return .none
    case let word? where isPlain && Self.looseFlags.contains(word.lowercased()):
      note("\"confirm\" must be true, false or a text", at: node)
      return .none
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
