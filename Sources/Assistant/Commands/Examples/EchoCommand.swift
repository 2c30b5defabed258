// The worked example of docs/commands.md, which holds this text word for word. `demo` has it.

import WebexAPI

/// `/echo [--loud] <text…>` says a text again, and once more at each press of its card.
public struct EchoCommand: Command {
  public let keyword = "/echo"
  public let help = "says what you say, on a card"
  public let arguments = [
    CommandArgument("loud", .boolean, isOption: true, isRequired: false),
    CommandArgument("text", .text, help: "What is to be said", maximumLength: 200),
  ]
  /// No missing text is complained about: a card asks for it.
  public let asksForArguments = true
  /// It changes nothing outside, so after a crash it may simply run again.
  public let isRepeatable = true

  public init() {}

  public func run(_ context: CommandContext) async throws -> CommandReply {
    let text = context.arguments["text"]?.stringValue ?? ""
    let isLoud = context.arguments["loud"]?.boolValue ?? false
    return .card(card(isLoud ? text.uppercased() : text, times: 1))
  }

  /// The state is the one that the card was sent with: no person can have changed it. What is in
  /// `press.inputs` can be anything.
  public func press(_ press: CardPress, _ context: CommandContext) async throws -> CommandReply {
    guard let text = press.state["text"]?.stringValue,
      let times = press.state["times"]?.integerValue
    else { throw CommandError("This card is broken.", reason: "no state") }
    return .replacement(card(text, times: times + 1))
  }

  private func card(_ text: String, times: Int) -> CommandCard {
    let said = Array(repeating: text, count: times).joined(separator: " ")
    let isLast = times == 3
    return CommandCard(
      AdaptiveCard(
        // Runs show what a person wrote as it is; a TextBlock would render Markdown in it.
        body: [.richText([TextRun(said)])],
        actions: isLast ? [] : [.submit("Once more")]),
      fallback: "An echo, on a card.",
      // Without a state nobody can press it: the third card is the last.
      state: isLast ? nil : ["text": .string(text), "times": .integer(Int64(times))])
  }
}
