// `http:`, `run:` and `ask:` of a declared command, with its `reply:`, `card:` and `summarize:`.

import FoundationEssentials
import HTTPTypes
import WebexAPI
import Yams

extension CommandTemplates {
  func readAction(_ fields: NodeFields) -> DeclaredCommand.Action? {
    let kinds = ["http", "run", "ask"].filter { fields.node($0) != nil }
    guard kinds.count == 1, let kind = kinds.first, let node = fields.node(kind) else {
      reading.note("a command has exactly one of http, run and ask", at: fields.root)
      return nil
    }
    switch kind {
    case "http": return readHTTP(node, fields).map { .http($0) }
    case "run": return readRun(node, fields).map { .run($0) }
    default: return readAsk(node, fields).map { .ask($0) }
    }
  }

  private func readReply(_ fields: NodeFields, roots: Set<String>) -> ReplyRendering {
    var reply = ReplyRendering()
    if let node = fields.node("summarize") { reply.summary = readSummary(node) }
    if let node = fields.node("reply") {
      reply.text = shown(
        node, "reply", for: reply.summary == nil ? .markdown : .plain, roots: roots)
    }
    if let node = fields.node("card") {
      if reply.summary != nil {
        reading.note("a command has \"card\" or \"summarize\", not both", at: node)
      }
      if fields.node("reply") == nil {
        reading.note("a \"card\" needs a \"reply\" for clients that draw no cards", at: node)
      }
      reply.card = readCard(node, roots: roots)
    }
    return reply
  }

  private func readSummary(_ node: Node) -> ReplyRendering.Summary? {
    if let prompt = node.scalar?.string, !prompt.isEmpty { return .init(prompt: prompt) }
    guard let fields = NodeFields(node, "summarize", keys: ["prompt", "model"], reading) else {
      return nil
    }
    return .init(
      prompt: fields.text("prompt", upTo: 100), model: fields.text("model", upTo: 200))
  }

  // MARK: ask

  private func readAsk(_ node: Node, _ fields: NodeFields) -> AskAction? {
    for key in ["reply", "card", "summarize"] {
      if let other = fields.node(key) {
        reading.note(
          "the model's answer is the reply of \"ask\"; there is no \"\(key)\"", at: other)
      }
    }
    guard let own = NodeFields(node, "ask", keys: ["prompt", "model", "text"], reading) else {
      return nil
    }
    let template: TemplateText?
    if let text = own.node("text") {
      template = shown(text, "text", for: .plain, roots: [])
    } else {
      template = try? TemplateText("{{text}}", for: .plain)
    }
    guard let template else { return nil }
    return AskAction(
      prompt: own.text("prompt", upTo: 100), model: own.text("model", upTo: 200), text: template)
  }

  // MARK: run

  private static let runRoots: Set<String> = [
    "output", "exit_code", "seconds", "timed_out", "cut", "succeeded",
  ]

  private func readRun(_ node: Node, _ fields: NodeFields) -> RunAction? {
    let keys = [
      "program", "arguments", "environment", "directory", "timeout", "limit", "stream",
    ]
    guard let own = NodeFields(node, "run", keys: keys, reading) else { return nil }
    let isStreamed = own.flag("stream") ?? false
    if isStreamed, let other = fields.node("card") ?? fields.node("summarize") {
      reading.note("output that is streamed cannot become a card or a summary", at: other)
    }
    let reply = readReply(
      fields, roots: isStreamed ? Self.runRoots.subtracting(["output"]) : Self.runRoots)
    guard let program = readProgram(own) else { return nil }
    var arguments: [TemplateText] = []
    if let list = own.node("arguments") {
      guard case .sequence(let items) = list else {
        reading.note("\"arguments\" must be a list, one item for each argument", at: list)
        return nil
      }
      arguments = items.compactMap { request($0, "arguments") }
    }
    let environment = own.pairs("environment").compactMap { name, node in
      request(node, name).map { (name: name, value: $0) }
    }
    for (name, _) in environment where name.isEmpty || name.contains("=") {
      reading.note("\"\(name)\" is not a name for an environment variable", at: own.root)
    }
    return RunAction(
      program: program, arguments: arguments, environment: environment,
      directory: readDirectory(own),
      timeout: own.duration("timeout", upTo: .seconds(3_600))
        ?? .seconds(60),
      limit: own.bytes("limit", upTo: 1_000_000) ?? 64_000, isStreamed: isStreamed, reply: reply)
  }

  private func readProgram(_ own: NodeFields) -> String? {
    guard let node = own.node("program"), let written = text(node, "program") else {
      reading.note("\"run\" needs a \"program\"", at: own.root)
      return nil
    }
    let program = substituted(written, node, .address)
    guard program.hasPrefix("/"), TemplateTag.all(in: program).isEmpty else {
      reading.note("the program must be an absolute path, without {{…}}", at: node)
      return nil
    }
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: program, isDirectory: &isDirectory),
      !isDirectory, FileManager.default.isExecutableFile(atPath: program)
    else {
      reading.note("there is no program \(program) that may be run", at: node)
      return nil
    }
    return program
  }

  private func readDirectory(_ own: NodeFields) -> String {
    guard let node = own.node("directory"), let written = text(node, "directory") else {
      return reading.directory.isEmpty ? "/" : reading.directory
    }
    let directory = substituted(written, node, .address)
    var isDirectory = false
    if !directory.hasPrefix("/") || !TemplateTag.all(in: directory).isEmpty {
      reading.note("the directory must be an absolute path, without {{…}}", at: node)
    } else if !FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory)
      || !isDirectory
    {
      reading.note("there is no directory \(directory)", at: node)
    }
    return directory
  }

  // MARK: http

  private static let httpRoots: Set<String> = ["answer", "status", "location"]

  private func readHTTP(_ node: Node, _ fields: NodeFields) -> HTTPAction? {
    let keys = [
      "method", "url", "query", "headers", "basic_auth", "body", "fields", "timeout", "limit",
      "statuses", "answer", "failures",
    ]
    guard let own = NodeFields(node, "http", keys: keys, reading) else { return nil }
    let method = readMethod(own)
    let address = readAddress(own)
    let query = own.pairs("query").compactMap { name, node in
      request(node, name).map { (name: name, value: $0) }
    }
    let headers = readHeaders(own)
    let authorization = readBasicAuth(own)
    let body = readBody(own, method)
    let reply = readReply(fields, roots: Self.httpRoots)
    var failures: [Int: TemplateText] = [:]
    for (status, node) in own.pairs("failures") {
      guard let code = status == "default" ? 0 : Int(status),
        code == 0 || (100...599).contains(code)
      else {
        reading.note("\"failures\" are by status, such as 404, or default", at: node)
        continue
      }
      failures[code] = shown(node, status, for: .markdown, roots: Self.httpRoots)
    }
    let timeout = own.duration("timeout", upTo: .seconds(300)) ?? .seconds(20)
    let limit = own.bytes("limit", upTo: 10_000_000) ?? 1_000_000
    let statuses = readStatuses(own)
    let answer = own.choice("answer", HTTPAction.Answer.self) ?? .json
    guard let method, let (origin, target) = address else { return nil }
    return HTTPAction(
      method: method, origin: origin, target: target, query: query, headers: headers,
      authorization: authorization, body: body, timeout: timeout, limit: limit,
      statuses: statuses, answer: answer, reply: reply, failures: failures)
  }

  private func readMethod(_ own: NodeFields) -> HTTPRequest.Method? {
    guard let node = own.node("method") else { return .get }
    let name = node.scalar?.string.uppercased() ?? ""
    guard ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(name) else {
      reading.note("the method must be GET, HEAD, POST, PUT, PATCH or DELETE", at: node)
      return nil
    }
    return HTTPRequest.Method(name)
  }

  private func readStatuses(_ own: NodeFields) -> Set<Int> {
    guard let written = own.texts("statuses") else { return Set(200..<300) }
    var statuses: Set<Int> = []
    for text in written {
      if let status = Int(text), (100...599).contains(status) {
        statuses.insert(status)
      } else if text.count == 3, text.hasSuffix("xx"), let first = Int(text.prefix(1)),
        (1...5).contains(first)
      {
        statuses.formUnion(first * 100..<first * 100 + 100)
      } else {
        reading.note(
          "\"statuses\" must be numbers such as 200, or classes such as 2xx",
          at: own.node("statuses"))
      }
    }
    return statuses
  }
}
