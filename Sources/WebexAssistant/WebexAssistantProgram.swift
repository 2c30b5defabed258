// The program `webex-assistant`. Commands are in `Commands/`, what they share in `Wiring/`, the
// configuration in `Settings/`.
import ArgumentParser

@main
struct WebexAssistantProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webex-assistant",
    abstract: "An assistant for Webex that answers with the models of a LiteLLM proxy.",
    discussion: """
      Settings come from flags, the environment, .env and assistant.yaml in the working directory, \
      in this order. `webex-assistant run --help` lists them; .env.example explains each one.
      """,
    version: ProgramVersion.current,
    subcommands: [
      RunCommand.self, DemoCommand.self, SimulatorCommand.self, HealthCommand.self,
      DeadLettersCommand.self, BackupCommand.self, RestoreCommand.self,
    ],
    defaultSubcommand: RunCommand.self)
}
