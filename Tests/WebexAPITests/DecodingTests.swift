// Answers of webexapis.com become values, whole or with gaps.

import FoundationEssentials
import Testing

@testable import WebexAPI

private func decode<Value: Decodable>(_ json: String, as type: Value.Type = Value.self) throws
  -> Value
{
  try JSONDecoder().decode(Value.self, from: Data(json.utf8))
}

@Suite("Decoding")
struct DecodingTests {
  let alice = WebexID(kind: .people, uuid: "5f3e2d1c-0b9a-4887-b6a5-c4d3e2f10918").encoded
  let bot = WebexID(kind: .people, uuid: "c1a5b6d7-2e3f-4a1b-9c8d-7e6f5a4b3c2d").encoded
  let desk = WebexID(kind: .room, uuid: "8d2f3a10-7c41-11f1-9b02-3f5a7e9c1d24").encoded

  private func messageID(_ number: Int) -> String {
    WebexID(kind: .message, uuid: "9e4b000\(number)-b895-11f1-8c3d-4a5b6c7d8e9f").encoded
  }

  @Test("a direct message")
  func directMessage() throws {
    let message: Message = try decode(Fixture.messageDirect)
    #expect(message.id == messageID(2))
    #expect(message.roomType == .direct)
    #expect(message.text == "hello there")
    #expect(message.html == nil)
    #expect(message.personID == alice)
    #expect(message.personEmail == "alice@example.com")
    #expect(message.files.isEmpty && message.mentionedPeople.isEmpty && message.attachments.isEmpty)
    #expect(message.created?.timeIntervalSince1970 == 1_793_697_305)
    #expect(message.updated == nil)
  }

  @Test("a mention in a group")
  func groupMention() throws {
    let message: Message = try decode(Fixture.messageGroupMention)
    #expect(message.roomType == .group)
    #expect(message.roomID == desk)
    #expect(message.mentionedPeople == [bot])
    #expect(message.html?.hasPrefix("<p><spark-mention") == true)
    #expect(message.parentID == nil)
  }

  @Test("a reply in a thread")
  func threadReply() throws {
    let message: Message = try decode(Fixture.messageThreadReply)
    #expect(message.parentID == messageID(1))
  }

  @Test("an edited message keeps its id and says when")
  func editedMessage() throws {
    let message: Message = try decode(Fixture.messageEdited)
    #expect(message.id == messageID(1))
    let created = try #require(message.created)
    #expect(message.updated?.timeIntervalSince(created) == 30)
  }

  @Test("a message with a file")
  func fileMessage() throws {
    let message: Message = try decode(Fixture.messageWithFile)
    let content = WebexID(kind: .content, uuid: "9e4b0008-b895-11f1-8c3d-4a5b6c7d8e9f/0")
    #expect(message.files == ["https://webexapis.com/v1/contents/\(content.encoded)"])
  }

  @Test("a message with a card, and the card itself")
  func cardMessage() throws {
    let message: Message = try decode(Fixture.messageCardByBot)
    let card = try #require(message.attachments.first?.card)
    #expect(card.version == "1.3")
    #expect(card.body.count == 3)
    #expect(card.actions == [.submit("Go", data: ["callback_keyword": "deploy_go"])])
    guard case .input(.choiceSet(let choices)) = card.body[2].content else {
      Issue.record("the third element is a choice set")
      return
    }
    #expect(choices.choices.map(\.value) == ["prod", "staging"])
  }

  @Test("a card press")
  func attachmentAction() throws {
    let action: AttachmentAction = try decode(Fixture.attachmentAction)
    #expect(action.type == "submit")
    #expect(action.messageID == messageID(6))
    #expect(
      action.inputs == ["callback_keyword": "deploy_go", "reason": "hotfix", "env": "prod"])
    #expect(action.personID == alice)
    #expect(action.roomID == desk)
    #expect(action.created != nil)
  }

  @Test("people, of each kind")
  func people() throws {
    let me: Person = try decode(Fixture.peopleMe)
    #expect(me.id == bot && me.isBot && me.emails == ["helper@webex.bot"])
    let person: Person = try decode(Fixture.person)
    #expect(person.id == alice && person.kind == .person && person.firstName == "Alice")
    #expect(try decode(#"{"id":"x","type":"appuser"}"#, as: Person.self).kind == .other("appuser"))
  }

  @Test("spaces, of each type")
  func rooms() throws {
    let direct: Room = try decode(Fixture.roomDirect)
    #expect(direct.type == .direct && direct.title == "Alice Example" && !direct.isLocked)
    let group: Room = try decode(Fixture.roomGroup)
    #expect(group.type == .group && group.id == desk && group.creatorID == alice)
    #expect(group.lastActivity != nil)
    #expect(try decode(#"{"id":"x","type":"team"}"#, as: Room.self).type == .other("team"))
  }

  @Test("a member of a space")
  func membership() throws {
    struct List: Decodable { let items: [Membership] }
    let list: List = try decode(Fixture.membershipsList)
    let member = try #require(list.items.first)
    #expect(member.personEmail == "alice@example.com" && member.roomID == desk)
    #expect(!member.isModerator && member.created != nil)
    #expect(WebexID(member.id)?.kind == .membership)
  }

  @Test("only the id is insisted upon; wrong types are absent fields")
  func lenient() throws {
    let message: Message = try decode(
      #"""
      {"id":"m","roomType":"holodeck","text":7,"files":null,"mentionedPeople":["a",1,"b"],
       "attachments":[{"contentType":"x"},{"contentType":"y","content":[1,null]}],
       "created":"yesterday","brandNew":{"a":1}}
      """#)
    #expect(message.roomType == .other("holodeck"))
    #expect(message.text == nil && message.created == nil && message.roomID == "")
    #expect(message.mentionedPeople == ["a", "b"])
    #expect(message.attachments == [MessageAttachment(contentType: "y", content: [1, nil])])
    #expect(throws: DecodingError.self) { try decode(#"{"text":"x"}"#, as: Message.self) }
  }

  @Test(
    "times come with and without a fraction",
    arguments: [
      ("2026-11-03T09:15:05.000Z", 1_793_697_305.0), ("2026-11-03T09:15:05Z", 1_793_697_305.0),
      ("2026-11-03T09:15:05.250Z", 1_793_697_305.25),
      ("2026-11-03T10:15:05+01:00", 1_793_697_305.0),
      ("2026-11-03T09:15:05.5+00:00", 1_793_697_305.5),
    ])
  func dates(text: String, seconds: Double) throws {
    let date = try #require(WebexDate.parse(text))
    #expect(abs(date.timeIntervalSince1970 - seconds) < 0.001)
  }

  @Test("no time is invented", arguments: ["", "yesterday", "2026-11-03", "1793697305"])
  func noDate(text: String) { #expect(WebexDate.parse(text) == nil) }

  @Test(
    "a message survives its own encoding",
    arguments: [
      Fixture.messageDirect, Fixture.messageEdited, Fixture.messageThreadReply,
      Fixture.messageWithFile, Fixture.messageCardByBot,
    ])
  func messageRoundTrip(json: String) throws {
    let message: Message = try decode(json)
    let again = try JSONDecoder().decode(Message.self, from: JSONEncoder().encode(message))
    #expect(again == message)
    #expect(
      try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(message))
        == decode(json))
  }
}
