// A libFuzzer harness for what people type: Webex's HTML as text, the search for a command, and the
// arguments behind it. scripts/fuzz runs it.
//
// fuzz-module: Assistant
// fuzz-link: -lcurl -lsqlite3

@testable import Assistant

private let arguments = [
  CommandArgument("kind", .choice(["bug", "task"])), CommandArgument("count", .integer),
  CommandArgument("ratio", .number, isOption: true, isRequired: false),
  CommandArgument("loud", .boolean, isOption: true, isRequired: false),
  CommandArgument("summary", .text, isRequired: false, maximumLength: 100),
]

private struct Named: Command {
  var keyword: String
  var help: String { "A command." }

  func run(_ context: CommandContext) async throws -> CommandReply { .text("") }
}

private let table = CommandTable(
  ["/help", "/jira", "/jira search", "/jira create", "/reset", "/straße"].map { Named(keyword: $0) }
)

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let text = String(
    decoding: UnsafeBufferPointer(start: start + 1, count: count - 1), as: UTF8.self)
  switch start[0] % 3 {
  case 0:
    let shown = MessageText.markdown(html: text, botUUID: "5f3e2d1c-0000-0000-0000-000000000000")
    precondition(shown.utf8.count < 16 * text.utf8.count + 1_024, "a message grows without bound")
  case 1:
    if case .command(let command, let rest) = table.match(text) {
      precondition(command.keyword.hasPrefix("/"), "no command")
      precondition(rest.utf8.count <= text.utf8.count, "more behind a command than was said")
    }
  default:
    guard case .success(let values) = CommandArguments.parse(text, arguments) else { return 0 }
    precondition(values["kind"] != nil && values["count"] != nil, "a required argument is missing")
    if let summary = values["summary"]?.stringValue {
      precondition(summary.count <= 100, "longer than declared")
    }
  }
  return 0
}
