import ArgumentParser

@main
struct WebexAssistantProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "webex-assistant")
}
