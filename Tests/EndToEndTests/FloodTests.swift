import Foundation
import GRDB
import HTTPTypes
import Testing
import WebexAPI

@Suite("Floods")
struct FloodTests {
  /// Everybody writes at once; the store holds what memory has no room for.
  @Test(
    "more messages than there is room for: each is answered once, from memory or from the store")
  func everybody() async throws {
    let webex = try await SimulatedWebex.start()
    try await webex.script(["text": "Here.", "speed": 0, "delay": 0])
    let assistant = try await AssistantProcess.start(
      webex, ["WEBEX_ASSISTANT_HELD": "20", "LOG_LEVEL": "notice"])
    var added: [(token: String, room: SimulatedWebex.Room)] = []
    for number in 1...50 { added.append(try await webex.addPerson("p\(number)@example.com")) }
    let places = added
    let questions = try await withThrowingTaskGroup(of: [(String, Int)].self) { group in
      for lane in 0..<4 {
        group.addTask {
          var posted: [(String, Int)] = []
          for number in stride(from: lane, to: 250, by: 4) {
            let (token, room) = places[number % 50]
            posted.append((try await webex.post("\(number)", in: room, as: token), number % 50))
          }
          return posted
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    try await eventually("all to be done", within: .seconds(240)) {
      let row = try assistant.query("SELECT COUNT(*) AS n FROM event WHERE state = 'finished'")
      return row.first?["n"] == 250 ? () : nil
    }
    for (question, place) in questions {
      let texts = try await webex.standing(under: question, in: places[place].room).map(\.text)
      #expect(texts == ["Here."])
    }
    let waited = try assistant.query(
      "SELECT COUNT(*) AS n FROM event WHERE attempts > 1 OR failures > 0")
    #expect(waited.first?["n"] == 0)
    #expect(await assistant.stop() == 0)
  }
}
