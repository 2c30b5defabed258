// The book against a Webex of a few lines that loses answers, and echoes as late as it likes.

import Testing
import WebexAPI

@testable import Assistant

/// Speakers who each say one thing in a thread until they know that it stands there.
private struct NaiveThread {
  struct Message {
    var id: WebexID
    var content: MessageContent
    var isDeleted = false
  }

  struct Speaker {
    var content: MessageContent
    var attempt = 0
    var hasArrived: WebexID?
    var isFlying = false
    var message: WebexID?
    var givenUp: [String] = []

    func sendID(_ index: Int) -> String { "\(index).\(attempt)" }
  }

  let place = SendPlace(spaceUUID: "s", threadUUID: "t")
  var book = SendBook()
  var messages: [Message] = []
  var echoes: [WebexID] = []
  var speakers: [Speaker]
  var generator: SeededGenerator

  init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let texts = ["one", "two", "three"].prefix(Int.random(in: 1...3, using: &generator))
    speakers = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
      Speaker(content: .text(texts.randomElement(using: &generator)!))
    }
    self.generator = generator
  }

  mutating func begin(_ index: Int) {
    speakers[index].attempt += 1
    speakers[index].isFlying = true
    speakers[index].hasArrived = nil
    let id = speakers[index].sendID(index)
    book.begins(SendBook.Send(id: id, place: place, content: speakers[index].content))
    guard Int.random(in: 0..<3, using: &generator) > 0 else { return }
    let message = WebexID(kind: .message, uuid: "m\(messages.count)")
    messages.append(Message(id: message, content: speakers[index].content))
    echoes.append(message)
    // Mercury may deliver an echo twice.
    if Bool.random(using: &generator) { echoes.append(message) }
    speakers[index].hasArrived = message
  }

  mutating func hold(_ index: Int, _ message: WebexID) {
    book.answered(speakers[index].sendID(index), messageID: message)
    speakers[index].message = message
    speakers[index].isFlying = false
    for id in speakers[index].givenUp where book.state(of: id) != nil {
      book.givesUp(id, isReplaced: true)
    }
  }

  /// The answer comes, or is lost.
  mutating func land(_ index: Int, isLossy: Bool) {
    let id = speakers[index].sendID(index)
    if isLossy, Bool.random(using: &generator) {
      book.lost(id)
      speakers[index].isFlying = false
    } else if let message = speakers[index].hasArrived {
      hold(index, message)
    } else {
      book.failed(id)
      speakers[index].isFlying = false
    }
  }

  mutating func look(_ index: Int, mayGiveUp: Bool) {
    let id = speakers[index].sendID(index)
    readAll()
    if let found = book.found(for: id) {
      hold(index, found)
    } else if mayGiveUp, book.state(of: id) == .lost {
      book.givesUp(id, isReplaced: false)
      speakers[index].givenUp.append(id)
      begin(index)
    }
  }

  mutating func readAll() {
    for id in book.unread(in: place) {
      book.read(id, messages.first { $0.id == id }!.content)
    }
  }

  mutating func echo() {
    guard !echoes.isEmpty else { return }
    let id = echoes.remove(at: Int.random(in: 0..<echoes.count, using: &generator))
    // A deleted message's echo may still come, and reading it is refused.
    guard !messages.contains(where: { $0.id == id && $0.isDeleted }) else { return }
    book.saw(SendBook.Sighting(messageID: id, place: place))
  }

  mutating func heal() -> Bool {
    readAll()
    guard let (send, id) = book.surplus(in: place) else { return false }
    let isHeld = speakers.contains { $0.message == id }
    #expect(!isHeld, "a message that somebody holds was removed")
    messages[messages.firstIndex { $0.id == id }!].isDeleted = true
    book.claim(id)
    book.remove(send)
    return true
  }

  mutating func run() {
    for _ in 0..<200 {
      let index = Int.random(in: 0..<speakers.count, using: &generator)
      let speaker = speakers[index]
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: echo()
      case 1: _ = heal()
      default:
        if speaker.message != nil { continue }
        if speaker.isFlying {
          land(index, isLossy: true)
        } else if speaker.attempt > 0, book.state(of: speaker.sendID(index)) == .lost {
          look(index, mayGiveUp: Int.random(in: 0..<5, using: &generator) == 0)
        } else {
          begin(index)
        }
      }
    }
    // In the end everything comes.
    for _ in 0..<500 {
      while !echoes.isEmpty { echo() }
      for index in speakers.indices where speakers[index].message == nil {
        if speakers[index].isFlying {
          land(index, isLossy: false)
        } else if book.state(of: speakers[index].sendID(index)) == .lost {
          look(index, mayGiveUp: true)
        } else {
          begin(index)
        }
      }
      while heal() {}
    }
  }
}

@Suite("Whose message it is, in any order of things")
struct SendBookRandomTests {
  @Test("in the end each speaker has a message of their own, and no other stands there")
  func exactlyOnce() {
    for seed in 1...3_000 as ClosedRange<UInt64> {
      var thread = NaiveThread(seed: seed)
      thread.run()
      let held = thread.speakers.compactMap(\.message)
      #expect(held.count == thread.speakers.count, "seed \(seed)")
      #expect(Set(held).count == held.count, "seed \(seed): a message is two speakers'")
      let standing = thread.messages.filter { !$0.isDeleted }
      #expect(Set(standing.map(\.id)) == Set(held), "seed \(seed)")
      for speaker in thread.speakers {
        let message = thread.messages.first { $0.id == speaker.message }
        #expect(message?.content == speaker.content, "seed \(seed)")
      }
      #expect(thread.book.sightingCount == 0, "seed \(seed)")
    }
  }
}
