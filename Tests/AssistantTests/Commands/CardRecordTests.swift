import FoundationEssentials
import Testing
import WebexAPI

@testable import Assistant

private let start = Date(timeIntervalSince1970: 1_800_000_000)

private func sent(_ change: (inout SentCard) -> Void = { _ in }) -> SentCard {
  var card = SentCard(
    uuid: "card", messageID: "Y2FyZA", spaceID: "space", roomID: "room", threadID: "root",
    isDirect: false, command: "/chat", purpose: .own, state: "{}", requesterID: "ann",
    requesterName: "Ann", presser: .anyone, isReusable: false, sentAt: start,
    expiresAt: start.addingTimeInterval(86_400))
  change(&card)
  return card
}

@Suite("Cards on record")
struct CardRecordTests {
  @Test("of two presses one is taken, and keeps the card over a restart")
  func claim() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let first = try folder.open()
    try await first.recordCard(sent())
    #expect(
      try await first.claimCard("card", by: "press 1", name: "Ann", at: start)?.claimedBy
        == "press 1")
    #expect(
      try await first.claimCard("card", by: "press 2", name: "Bob", at: start)?.claimedBy
        == "press 1")
    try first.close()
    let second = try folder.open()
    let again = try await second.claimCard("card", by: "press 1", name: "Ann", at: start)
    #expect(again?.claimedBy == "press 1")
    #expect(again?.claimedByName == "Ann")
    #expect(try await second.claimCard("other", by: "press 1", name: "Ann", at: start) == nil)
  }

  @Test("of a hundred presses at once one is taken")
  func race() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.recordCard(sent())
    let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<100 {
        group.addTask {
          try await store.claimCard("card", by: "\(number)", name: "P", at: start)?.claimedBy
            == "\(number)"
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(winners == 1)
  }

  @Test("a press that led to nothing gives the card back, and only its own")
  func release() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.recordCard(sent())
    _ = try await store.claimCard("card", by: "press 1", name: "Ann", at: start)
    try await store.releaseCard("card", from: "press 2")
    #expect(try await store.card("card")?.claimedBy == "press 1")
    try await store.releaseCard("card", from: "press 1")
    #expect(try await store.card("card")?.claimedBy == nil)
  }

  @Test("once a press is carried out, what was entered is not kept; until then it is")
  func forgetsInputs() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.touchSpace("space", roomID: "room", isDirect: false, at: start)
    try await store.recordCard(sent { $0.state = #"{"text":"private"}"# })
    let turn = TurnOpening(id: "turn", activityID: "press", spaceID: "space", threadID: nil)
    _ = try await store.openTurn(turn, at: start)
    _ = try await store.claimCard(
      "card", by: "press", name: "Ann", inputs: #"{"a":"secret"}"#, at: start)
    #expect(try await store.card("card")?.inputs == #"{"a":"secret"}"#)
    try await store.finishTurn(turn, TurnEnd(outcome: "done"), at: start)
    let card = try #require(try await store.card("card"))
    #expect(card.inputs == nil && card.state == "{}")
    #expect(card.claimedBy == "press" && card.claimedByName == "Ann")
  }

  @Test("old cards are forgotten, younger ones are not")
  func prune() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let store = try folder.open()
    try await store.recordCard(sent())
    try await store.recordCard(
      sent {
        $0.uuid = "younger"
        $0.sentAt = start.addingTimeInterval(10)
      })
    try await store.pruneCards(sentBefore: start.addingTimeInterval(5))
    #expect(try await store.card("card") == nil)
    #expect(try await store.card("younger") != nil)
  }

  @Test("an effect is begun once for a message, whichever of its events comes first")
  func effects() async throws {
    let folder = StoreFolder()
    defer { folder.remove() }
    let first = try folder.open()
    #expect(try await first.beginEffect(of: "message", by: "post", at: start) == .begun)
    #expect(try await first.beginEffect(of: "message", by: "edit", at: start) == .doneBefore)
    #expect(try await first.beginEffect(of: "press", by: "press", at: start) == .begun)
    try first.close()
    let second = try folder.open()
    #expect(try await second.beginEffect(of: "message", by: "post", at: start) == .interrupted)
    #expect(try await second.beginEffect(of: "message", by: "edit", at: start) == .doneBefore)
    try await second.pruneEffects(begunBefore: start.addingTimeInterval(1))
    #expect(try await second.beginEffect(of: "message", by: "post", at: start) == .begun)
  }

  @Test("of an edited card only the buttons that it has now count")
  func generations() {
    let form = AdaptiveCard(
      body: [.container([.actions([.submit("Inner", data: ["a": 1])])])],
      actions: [.submit("Send", data: [".form": "submit"]), .openURL("Docs", "https://x.example")])
    let marked = CardGeneration.marked(form, 2)
    #expect(
      marked.actions[0].content == .submit(data: [".form": "submit", ".generation": 2]))
    #expect(marked.actions[1] == form.actions[1])
    guard case .container(let container) = marked.body[0].content,
      case .actionSet(let set) = container.items[0].content
    else {
      Issue.record("the elements changed")
      return
    }
    #expect(set.actions[0].content == .submit(data: ["a": 1, ".generation": 2]))
    func press(_ inputs: [String: JSONValue], by activity: String = "p") -> PressDecision? {
      let card = sent {
        $0.generation = 2
        $0.madeBy = "earlier press"
        $0.madeByName = "Bob"
      }
      return PressDecision.of(
        card, personID: "ann", activityID: activity, now: start, inputs: inputs)
    }
    #expect(press([:]) == .used(by: "Bob"))
    #expect(press([".generation": 1]) == .used(by: "Bob"))
    #expect(press([".generation": "nonsense"]) == .used(by: "Bob"))
    #expect(press([:], by: "earlier press") == .done)
    guard case .taken? = press([".generation": 2]), case .taken? = press([".generation": "2"])
    else {
      Issue.record("its own buttons do not count")
      return
    }
  }

  @Test(
    "what a press comes to",
    arguments: [
      (nil, "ann", "p", 0, PressDecision.unknown),
      (sent(), "ann", "p", 0, .taken(sent(), inputs: [:])),
      (sent(), "bob", "p", 0, .taken(sent(), inputs: [:])),
      (
        sent {
          $0.claimedBy = "q"; $0.claimedByName = "Bob"
        }, "ann", "p", 0, .used(by: "Bob")
      ),
      // The same press after a restart, however late that is.
      (
        sent { $0.claimedBy = "p" }, "ann", "p", 200_000,
        .taken(sent { $0.claimedBy = "p" }, inputs: [:])
      ),
      (sent(), "ann", "p", 86_401, .expired(command: "/chat")),
      (
        sent { $0.expiresAt = nil }, "ann", "p", 9_000_000,
        .taken(sent { $0.expiresAt = nil }, inputs: [:])
      ),
      (sent { $0.presser = .requester }, "bob", "p", 0, .notYours(requester: "Ann")),
      (
        sent { $0.presser = .requester }, "ann", "p", 0,
        .taken(sent { $0.presser = .requester }, inputs: [:])
      ),
      (
        sent {
          $0.isReusable = true; $0.claimedBy = "q"
        }, "ann", "p", 0,
        .taken(
          sent {
            $0.isReusable = true; $0.claimedBy = "q"
          }, inputs: [:])
      ),
    ] as [(SentCard?, String, String, Double, PressDecision)])
  func presses(
    card: SentCard?, person: String, press: String, after: Double, expected: PressDecision
  ) {
    #expect(
      PressDecision.of(
        card, personID: person, activityID: press, now: start.addingTimeInterval(after),
        inputs: [:]) == expected)
  }

  @Test("only a press that counts needs its inputs")
  func early() {
    func early(_ card: SentCard) -> PressDecision? {
      PressDecision.of(card, personID: "ann", activityID: "p", now: start, inputs: nil)
    }
    #expect(early(sent()) == nil)
    #expect(early(sent { $0.claimedBy = "q" }) == .used(by: ""))
  }
}
