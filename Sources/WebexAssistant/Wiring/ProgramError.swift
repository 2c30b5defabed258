// What ends the program with a sentence for the person who started it.
import ArgumentParser
import Assistant
import CurlHTTP

/// A sentence for standard error and the exit code that goes with it.
struct ProgramError: Error, Sendable, CustomStringConvertible {
  var sentence: String
  var exitStatus: Int32

  var description: String { sentence }

  static func addressInUse(_ address: String, setting: String) -> ProgramError {
    ProgramError(
      sentence: "\(address) is already in use by another program; choose another \(setting), "
        + "or port 0 for any free one",
      exitStatus: ExitStatus.unavailable)
  }

  static func configuration(_ problems: ConfigurationProblems) -> ProgramError {
    ProgramError(sentence: problems.description, exitStatus: ExitStatus.configuration)
  }

  /// Everything that the assistant or its parts stop with.
  init(_ error: any Error, settings: Settings) {
    switch error {
    case let error as ProgramError: self = error
    case let error as AssistantError: self.init(error, settings: settings)
    case let error as CommandFileError:
      self.init(
        sentence: "the commands cannot be used:\n"
          + error.problems.map { "  - \($0)" }.joined(separator: "\n"),
        exitStatus: ExitStatus.configuration)
    case let error as HTTPError:
      self.init(sentence: "the HTTP client cannot start: \(error)", exitStatus: 1)
    default: self.init(sentence: "stopped: \(error)", exitStatus: 1)
    }
  }

  private init(_ error: AssistantError, settings: Settings) {
    switch error.code {
    case .unauthorized:
      let source = [SettingKey.webexAPIToken, .webexAPITokenFile]
        .compactMap { key in settings.origins[key].map { "\(key.rawValue) (\($0))" } }.first
      self.init(
        sentence: "Webex refused the token (401): check \(source ?? "WEBEX_API_TOKEN")",
        exitStatus: ExitStatus.refused)
    case .forbidden, .notABot:
      self.init(sentence: error.message, exitStatus: ExitStatus.refused)
    case .replaced:
      self.init(
        sentence: "another process took over the event connection \"\(settings.deviceName)\": run "
          + "one assistant per token, or give each its own DEVICE_NAME",
        exitStatus: 1)
    case .configuration:
      self.init(
        sentence: "the configuration has a problem:\n  - \(error.message)",
        exitStatus: ExitStatus.configuration)
    case .database:
      self.init(sentence: error.message, exitStatus: ExitStatus.unavailable)
    default: self.init(sentence: error.message, exitStatus: 1)
    }
  }

  init(sentence: String, exitStatus: Int32) {
    self.sentence = sentence
    self.exitStatus = exitStatus
  }
}

/// Runs a command's body; a failure becomes one sentence on standard error and an exit code.
func endingInOneSentence(
  settings: Settings = Settings(), _ body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch let exit as ExitCode {
    throw exit
  } catch {
    let error = ProgramError(error, settings: settings)
    ProcessFacts.complain(error.sentence)
    throw ExitCode(error.exitStatus)
  }
}
