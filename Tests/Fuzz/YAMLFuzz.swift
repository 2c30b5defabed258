// A libFuzzer harness for the operator's files: commands.yaml, the front matter of prompts, and the JSON
// of the services that commands ask. scripts/fuzz runs it.
//
// fuzz-module: Assistant
// fuzz-link: -lcurl -lsqlite3

import CurlHTTP
import FoundationEssentials
import WebexAPI

@testable import Assistant

private let services: DeclaredServices = {
  do {
    return DeclaredServices(http: try HTTPClient(configuration: .init(proxy: .none)))
  } catch {
    fatalError("libcurl does not start: \(error)")
  }
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  switch start[0] % 4 {
  case 0:
    guard let prompt = try? Prompt(file: "a.md", path: "a.md", bytes: bytes) else { return 0 }
    _ = prompt.render(PromptVariables(date: "2026-11-21", person: "A", space: "S", isDirect: true))
  case 1:
    if let value = JSONReader.read(bytes), let written = try? JSONEncoder().encode(value) {
      precondition(JSONReader.read(Array(written)) != nil, "what was read is not JSON")
    }
  default:
    let file = CommandFile(
      path: "commands.yaml", environment: ["TOKEN": "t"], reserved: ["/help"], services: services)
    let reading = file.reading()
    reading.begin(file: "commands.yaml")
    file.read(bytes, reading)
    for problem in reading.problems {
      precondition(problem.line >= 0 && !problem.reason.isEmpty, "a problem without a place")
      precondition(problem.reason.utf8.count < 2_000, "a problem without an end")
    }
  }
  return 0
}
