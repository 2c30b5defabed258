import FoundationEssentials
import Testing
import WebexAPI

@testable import Assistant

@Suite("Whose message it is")
struct SendBookTests {
  private let here = SendPlace(spaceUUID: "space", threadUUID: "root")
  private let asked = Date(timeIntervalSince1970: 1_800_000_000)

  private func id(_ uuid: String) -> WebexID { WebexID(kind: .message, uuid: uuid) }

  private func send(_ id: String, _ text: String, in place: SendPlace? = nil) -> SendBook.Send {
    SendBook.Send(
      id: id, place: place ?? here, content: .text(text), notBefore: asked)
  }

  /// A message that was seen and read.
  private func see(
    _ uuid: String, _ content: MessageContent?, in place: SendPlace? = nil,
    seconds: TimeInterval = 2, _ book: inout SendBook
  ) {
    book.saw(
      SendBook.Sighting(
        messageID: id(uuid), place: place ?? here, published: asked.addingTimeInterval(seconds),
        content: content))
  }

  private func lost(_ texts: String...) -> SendBook {
    var book = SendBook()
    for text in texts {
      book.begins(send(text, text))
      book.lost(text)
    }
    return book
  }

  @Test("the message of the thread with the same text since the send, and only once")
  func found() {
    var book = lost("one")
    #expect(book.found(for: "one") == nil)
    see("m", nil, &book)
    // Not read yet, it may be anything.
    #expect(book.unread(in: here) == [id("m")])
    #expect(book.found(for: "one") == nil)
    book.read(id("m"), .text("one"))
    #expect(book.unread(in: here).isEmpty)
    #expect(book.found(for: "one") == id("m"))
    book.answered("one", messageID: id("m"))
    book.begins(send("again", "one"))
    book.lost("again")
    see("m", .text("one"), &book)
    #expect(book.found(for: "again") == nil)
  }

  @Test(
    "never one before the send, another thread's, another space's, an older one, another's text")
  func othersStay() {
    var book = SendBook()
    book.begins(send("earlier", "x"))
    see("before", .text("one"), &book)
    book.begins(send("one", "one"))
    book.lost("one")
    see("elsewhere", .text("one"), in: SendPlace(spaceUUID: "space", threadUUID: "other"), &book)
    see("top", .text("one"), in: SendPlace(spaceUUID: "space", threadUUID: nil), &book)
    see("space", .text("one"), in: SendPlace(spaceUUID: "other", threadUUID: "root"), &book)
    see("old", .text("one"), seconds: -5, &book)
    see("another", .text("two"), &book)
    #expect(book.found(for: "one") == nil)
    see("m", .text("one"), &book)
    #expect(book.found(for: "one") == id("m"))
  }

  @Test("two that were lost at once are told apart, whatever the order of their echoes")
  func twoLost() {
    for order in [["one", "two"], ["two", "one"]] {
      var book = lost("one", "two")
      for text in order { see("m-\(text)", .text(text), &book) }
      #expect(book.found(for: "two") == id("m-two"))
      #expect(book.found(for: "one") == id("m-one"))
    }
  }

  @Test("a card beside an answer is told apart too")
  func cardBeside() {
    let card = MessageContent(kind: .card, exact: "a", letters: "b", attached: "c")
    var book = lost("one")
    var beside = send("card", "")
    beside.content = card
    book.begins(beside)
    book.lost("card")
    see("m-card", card, &book)
    see("m-text", .text("one"), &book)
    #expect(book.found(for: "card") == id("m-card"))
    #expect(book.found(for: "one") == id("m-text"))
  }

  @Test("two equal ones take a message each")
  func equal() {
    var book = SendBook()
    for name in ["a", "b"] {
      book.begins(send(name, "Done."))
      book.lost(name)
    }
    see("m1", .text("Done."), &book)
    #expect(book.found(for: "a") == id("m1"))
    book.answered("a", messageID: id("m1"))
    #expect(book.found(for: "b") == nil)
    see("m2", .text("Done."), &book)
    #expect(book.found(for: "b") == id("m2"))
  }

  @Test("while an equal one's response may come, its message is left to it")
  func rival() {
    var book = lost("one")
    var rival = send("rival", "one")
    rival.notBefore = nil
    book.begins(rival)
    see("m", .text("one"), &book)
    #expect(book.found(for: "one") == nil)
    book.answered("rival", messageID: id("m"))
    #expect(book.found(for: "one") == nil)
    // One that came before the rival began cannot be the rival's.
    see("m2", .text("one"), &book)
    book.begins(send("later", "one"))
    #expect(book.found(for: "one") == id("m2"))
  }

  @Test("where Webex does not tell enough, one message for one send is enough, and two are not")
  func unclear() {
    let vague = MessageContent(kind: .text)
    var book = lost("one")
    see("m", vague, &book)
    #expect(book.found(for: "one") == id("m"))
    see("m2", vague, &book)
    #expect(book.found(for: "one") == nil)
    var two = lost("one", "two")
    see("m", vague, &two)
    #expect(two.found(for: "one") == nil)
    #expect(two.found(for: "two") == nil)
  }

  @Test("one too many: same text, given up, replaced, and nobody else's")
  func surplus() {
    var book = lost("one")
    book.givesUp("one", isReplaced: false)
    see("m", .text("one"), &book)
    // Nothing was sent in its stead: late is better than never.
    #expect(book.surplus(in: here) == nil)
    book.givesUp("one", isReplaced: true)
    #expect(book.surplus(in: here)?.messageID == id("m"))
    // It came before another one began: it cannot be that one's.
    book.begins(send("again", "one"))
    #expect(book.surplus(in: here)?.messageID == id("m"))
    book.claim(id("m"))
    see("m1", .text("one"), &book)
    #expect(book.surplus(in: here) == nil)
    book.lost("again")
    #expect(book.surplus(in: here) == nil)
    #expect(book.found(for: "again") == id("m1"))
    book.answered("again", messageID: id("m1"))
    #expect(book.surplus(in: here) == nil)
    see("m2", .text("two"), &book)
    see("m3", MessageContent(kind: .text), &book)
    #expect(book.surplus(in: here) == nil)
    see("m4", .text("one"), &book)
    #expect(book.surplus(in: here)?.messageID == id("m4"))
    #expect(book.surplus(in: here)?.send == "one")
  }

  @Test("a place where nothing is open keeps nothing; an open one keeps a hundred")
  func bounded() {
    var book = SendBook()
    see("m", .text("x"), &book)
    #expect(book.sightingCount == 0)
    book.begins(send("one", "one"))
    for number in 1...250 { see("m\(number)", .text("x"), &book) }
    #expect(book.sightingCount == SendBook.maximumSightings)
    book.answered("one", messageID: id("m250"))
    #expect(book.sightingCount == 0)
    #expect(book.places.isEmpty)
    for number in 1...5_000 { book.claim(id("c\(number)")) }
    #expect(!book.isClaimed(id("c1")))
    #expect(book.isClaimed(id("c5000")))
    for number in 1...11 {
      #expect(book.excess(in: here) == nil)
      book.begins(send("g\(number)", "x"))
      book.givesUp("g\(number)", isReplaced: false)
    }
    #expect(book.excess(in: here) == "g1")
  }

  @Test("sends of an earlier process find what that process saw, and what comes later")
  func restart() {
    var book = SendBook()
    book.remembers(send("one", "one"), .lost)
    book.remembers(send("two", "two"), .givenUp(isReplaced: true))
    see("m1", .text("one"), &book)
    see("m2", .text("two"), &book)
    #expect(book.found(for: "one") == id("m1"))
    #expect(book.surplus(in: here)?.messageID == id("m2"))
  }
}
