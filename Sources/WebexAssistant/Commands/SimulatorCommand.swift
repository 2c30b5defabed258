// `webex-assistant simulator`: the Webex simulator alone, for tests and for trying other bots.
import ArgumentParser
import FoundationEssentials
import Logging
import ServiceLifecycle
import UnixSignals
import WebexSimulator

struct SimulatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulator",
    abstract: "Run only the Webex simulator, on loopback, until stopped.",
    discussion: """
      It serves Webex's REST API, the event connection, a scripted model endpoint, and a web page \
      on one port. Whoever waits for it reads the first line of --json, or waits for --ready-file.
      """)

  @Option(help: ArgumentHelp("The port; 0 takes any free one.", valueName: "port"))
  var port: UInt16 = 0
  @Option(help: ArgumentHelp("The cluster in Webex ids, as us or urn:TEAM:us-west-2_r."))
  var region = "us"
  @Flag(help: "Print the addresses as one line of JSON.")
  var json = false
  @Option(help: ArgumentHelp("Write the addresses as JSON to this file.", valueName: "path"))
  var readyFile: String?

  func run() async throws {
    let simulator = Simulator(configuration: SimulatorConfiguration(port: port, region: region))
    try await endingInOneSentence {
      let addresses = try await simulator.started(onPort: port)
      // Traps the signals before anybody is told that the simulator is ready.
      let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
      try announce(addresses)
      for await _ in signals { break }
      await simulator.stop()
    }
  }

  private func announce(_ addresses: SimulatorAddresses) throws {
    let document = AddressDocument(addresses)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = try encoder.encode(document) + Data("\n".utf8)
    if let readyFile {
      do {
        try line.write(to: URL(filePath: readyFile), options: .atomic)
      } catch {
        throw ProgramError(
          sentence: "cannot write --ready-file \(readyFile)", exitStatus: ExitStatus.unavailable)
      }
    }
    ProcessFacts.write(json ? String(decoding: line, as: UTF8.self) : document.text, to: 1)
  }
}

/// What a waiting test or script learns.
struct AddressDocument: Codable, Equatable, Sendable {
  var pageURL: String
  var baseURL: String
  var apiBaseURL: String
  var u2cURL: String
  var llmBaseURL: String
  var botToken: String

  init(_ addresses: SimulatorAddresses) {
    pageURL = addresses.pageURL
    baseURL = addresses.baseURL
    apiBaseURL = addresses.apiBaseURL
    u2cURL = addresses.u2cURL
    llmBaseURL = addresses.llmBaseURL
    botToken = addresses.botToken
  }

  /// For people: the settings to copy.
  var text: String {
    """
    The Webex simulator is at \(pageURL)

    For an assistant that talks to it:
      WEBEX_API_BASE_URL=\(apiBaseURL)
      WEBEX_U2C_URL=\(u2cURL)
      WEBEX_API_TOKEN=\(botToken)
      LITELLM_BASE_URL=\(llmBaseURL)

    Ctrl-C ends it.

    """
  }
}

extension Simulator {
  /// As `start`, with a taken port told in a sentence.
  func started(onPort port: UInt16) async throws -> SimulatorAddresses {
    do {
      return try await start()
    } catch let error as SimulatorError where error.code == .cannotListen && port != 0 {
      throw ProgramError.addressInUse("127.0.0.1:\(port)", setting: "--port")
    } catch let error as SimulatorError where error.code == .badConfiguration {
      throw ProgramError(sentence: error.message, exitStatus: ExitStatus.configuration)
    } catch {
      throw ProgramError(
        sentence: "the simulator cannot start: \(error)", exitStatus: ExitStatus.unavailable)
    }
  }
}
