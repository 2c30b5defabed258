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

  @Test("the newest unclaimed post of the thread since the question, and only once")
  func found() async {
    let board = EchoBoard()
    await board.note(echo("lost", thread: "root", seconds: 2))
    let found = await board.takeUnclaimed(spaceID: "space", threadUUID: "root", after: asked)
    #expect(found?.uuid == "lost")
    #expect(await board.takeUnclaimed(spaceID: "space", threadUUID: "root", after: asked) == nil)
  }

  @Test("never an earlier answer, another thread's, another space's, or one whose response came")
  func othersStay() async {
    let board = EchoBoard()
    await board.note(echo("earlier", thread: "root", seconds: -5))
    await board.note(echo("other-thread", thread: "elsewhere", seconds: 2))
    await board.note(echo("other-space", thread: "root", seconds: 2, space: "another"))
    await board.note(echo("answered", thread: "root", seconds: 2))
    await board.claim(WebexID(cluster: "us", kind: .message, uuid: "answered").encoded)
    #expect(await board.takeUnclaimed(spaceID: "space", threadUUID: "root", after: asked) == nil)
  }
}
