// `webex-assistant health`: asks the running program whether it is ready. Docker's HEALTHCHECK.
import ArgumentParser
import CurlHTTP
import FoundationEssentials
import HTTPTypes

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask the running program whether it is ready; exit 0 or 1.",
    discussion: "It asks /readyz at ADMIN_ADDRESS, found as `run` finds it.")

  @Option(help: ArgumentHelp("Where the running program serves health.", valueName: "host:port"))
  var adminAddress: String?

  func run() async throws {
    var loaded = Settings()
    try await endingInOneSentence {
      loaded = try .loadOrExplain(
        flags: ConfigurationSources.Flag.named([.adminAddress: adminAddress]), for: .health)
    }
    let address = loaded.adminAddress
    guard case .socket(_, let port) = address, port != 0 else {
      ProcessFacts.complain("ADMIN_ADDRESS is \(address): there is no fixed address to ask")
      throw ExitCode(1)
    }
    let answer = await Self.ask(address)
    print(answer.line)
    throw ExitCode(answer.isReady ? 0 : 1)
  }

  /// One line for people and whether the program is ready.
  static func ask(
    _ address: AdminAddress, timeout: Duration = .seconds(4)
  ) async -> (isReady: Bool, line: String) {
    do {
      let client = try HTTPClient(configuration: HTTPClientConfiguration(proxy: .none))
      let answer = try await ask(address, client: client, timeout: timeout)
      await client.shutdown()
      return answer
    } catch {
      return (false, "not ready: nothing answers at \(address) (\(error))")
    }
  }

  private static func ask(
    _ address: AdminAddress, client: HTTPClient, timeout: Duration
  ) async throws -> (isReady: Bool, line: String) {
    let request = try HTTPRequest(method: .get, url: "http://\(address)/readyz")
    let options = HTTPRequestOptions(timeouts: HTTPTimeouts(connect: timeout, total: timeout))
    do {
      let (response, body) = try await client.data(request, options: options, upTo: 64 << 10)
      guard let readiness = try? JSONDecoder().decode(Readiness.self, from: Data(body)) else {
        return (false, "not ready: another program answers at \(address) (\(response.status))")
      }
      return (response.status == .ok && readiness.ready, readiness.summary)
    } catch {
      await client.shutdown()
      throw error
    }
  }
}
