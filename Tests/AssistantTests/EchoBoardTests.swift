import FoundationEssentials
import MercuryClient
import Testing
import WebexAPI

@testable import Assistant

@Suite("Looking for a post whose response was lost")
struct EchoBoardTests {
  private let asked = Date(timeIntervalSince1970: 1_800_000_000)

  private func echo(_ id: String, thread: String?, seconds: TimeInterval, space: String = "space")
    -> Activity
  {
    Activity(
      id: id, verb: "post", published: asked.addingTimeInterval(seconds),
      actor: Activity.Actor(id: "bot", type: "BOT"), target: Activity.Target(id: space),
      parent: thread.map { Activity.Parent(id: $0, type: "reply") })
  }

  private func begin(_ board: EchoBoard) async -> Int {
    await board.begins(spaceID: "space", threadUUID: "root")
  }

  private func take(_ board: EchoBoard) async -> String? {
    await board.takeUnclaimed(spaceID: "space", threadUUID: "root", after: asked)?.uuid
  }

  @Test("the unclaimed post of the thread since the send, and only once")
  func found() async {
    let board = EchoBoard()
    await board.lost(begin(board))
    #expect(await take(board) == nil)
    await board.note(echo("lost", thread: "root", seconds: 2))
    await board.note(echo("lost", thread: "root", seconds: 2))
    #expect(await take(board) == "lost")
    #expect(await take(board) == nil)
    await board.lost(begin(board))
    #expect(await take(board) == nil)
  }

  @Test("never an earlier answer, another thread's, another space's, or one whose response came")
  func othersStay() async {
    let board = EchoBoard()
    await board.note(echo("before-the-send", thread: "root", seconds: 2))
    let answered = await begin(board)
    await board.lost(begin(board))
    await board.note(echo("earlier", thread: "root", seconds: -5))
    await board.note(echo("other-thread", thread: "elsewhere", seconds: 2))
    await board.note(echo("other-space", thread: "root", seconds: 2, space: "another"))
    await board.note(echo("answered", thread: "root", seconds: 2))
    await board.answered(
      answered, messageID: WebexID(cluster: "us", kind: .message, uuid: "answered").encoded)
    #expect(await take(board) == nil)
    await board.note(echo("lost", thread: "root", seconds: 3))
    #expect(await take(board) == "lost")
  }

  @Test("while another send of the thread has no answer, its echo may be that one's")
  func anotherInFlight() async {
    let board = EchoBoard()
    await board.lost(begin(board))
    let other = await begin(board)
    await board.note(echo("other", thread: "root", seconds: 2))
    #expect(await take(board) == nil)
    await board.answered(
      other, messageID: WebexID(cluster: "us", kind: .message, uuid: "other").encoded)
    #expect(await take(board) == nil)
    let refused = await begin(board)
    await board.note(echo("lost", thread: "root", seconds: 2))
    #expect(await take(board) == nil)
    await board.failed(refused)
    #expect(await take(board) == "lost")
  }

  @Test("a send in another thread is waited for by nobody here")
  func elsewhere() async {
    let board = EchoBoard()
    _ = await board.begins(spaceID: "space", threadUUID: "elsewhere")
    await board.lost(begin(board))
    await board.note(echo("lost", thread: "root", seconds: 2))
    #expect(await take(board) == "lost")
  }

  @Test("of two lost sends neither takes what may be the other's, also once that is given up")
  func twoLost() async {
    let board = EchoBoard()
    await board.lost(begin(board))
    await board.lost(begin(board))
    await board.note(echo("either", thread: "root", seconds: 2))
    #expect(await take(board) == nil)
    await board.givesUp(spaceID: "space", threadUUID: "root")
    #expect(await take(board) == nil)
    await board.note(echo("second", thread: "root", seconds: 3))
    #expect(await take(board) == "second")
  }
}
