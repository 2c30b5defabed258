import Foundation
import MercuryClient
import Testing
import WebexAPI

private func activity(_ name: String) throws -> Activity {
  struct Envelope: Decodable {
    struct Payload: Decodable { var activity: Activity }
    var data: Payload
  }
  return try JSONDecoder().decode(Envelope.self, from: Data(try Fixture.bytes(name))).data.activity
}

/// What a fixture must say.
struct ActivityCase: Sendable, CustomTestStringConvertible {
  let name: String
  let verb: String
  /// The last four digits of the first group of the message's uuid: the fixtures count there.
  var message: String?
  var isEdit = false
  var isDirect = false
  var thread: String?
  var objectType: String? = "comment"

  var testDescription: String { name }
}

@Suite("Activities")
struct ActivityTests {
  static let cases: [ActivityCase] = [
    ActivityCase(name: "acknowledge", verb: "acknowledge", objectType: "activity"),
    ActivityCase(name: "add-bot", verb: "add", objectType: "person"),
    ActivityCase(name: "add-reaction2", verb: "add", objectType: "reaction2"),
    ActivityCase(name: "assignModerator", verb: "assignModerator", objectType: "person"),
    ActivityCase(name: "cardAction", verb: "cardAction", message: "0006", objectType: "submit"),
    ActivityCase(name: "create-space", verb: "create", objectType: "conversation"),
    ActivityCase(name: "delete", verb: "delete", message: "0001", objectType: "activity"),
    ActivityCase(name: "leave-removed", verb: "leave", objectType: "person"),
    ActivityCase(name: "leave-self", verb: "leave", objectType: "person"),
    ActivityCase(name: "post-by-bot-self-echo", verb: "post", message: "0013"),
    ActivityCase(name: "post-card-by-bot", verb: "post", message: "0006"),
    ActivityCase(name: "post-direct", verb: "post", message: "0002", isDirect: true),
    ActivityCase(name: "post-direct-region-r", verb: "post", message: "0014", isDirect: true),
    ActivityCase(name: "post-edit", verb: "post", message: "0001", isEdit: true),
    ActivityCase(name: "post-group-all-mention", verb: "post", message: "0005"),
    ActivityCase(name: "post-group-mention", verb: "post", message: "0001"),
    ActivityCase(name: "post-thread-reply", verb: "post", message: "0003", thread: "0001"),
    ActivityCase(
      name: "share-file-direct", verb: "share", message: "0008", isDirect: true,
      objectType: "content"),
    ActivityCase(name: "update-file-safe", verb: "update", isDirect: true, objectType: "content"),
    ActivityCase(name: "update-space-title", verb: "update", objectType: "conversation"),
  ]
  static let withoutActivity = ["kms_message", "start_typing"]

  @Test("every fixture has its row")
  func allFixtures() throws {
    let rows = Self.cases.map(\.name) + Self.withoutActivity
    #expect(try Fixture.envelopeNames == rows.map { "envelope-\($0).json" }.sorted())
  }

  @Test("reads what a fixture says", arguments: cases)
  func table(_ one: ActivityCase) throws {
    let activity = try activity("envelope-\(one.name).json")
    let cluster = one.name.contains("region-r") ? "urn:TEAM:us-west-2_r" : "us"
    func id(_ digits: String?) -> WebexID? {
      digits.map {
        WebexID(
          cluster: cluster, kind: .message, uuid: "9e4b\($0)-b895-11f1-8c3d-4a5b6c7d8e9f")
      }
    }
    #expect(activity.verb == one.verb)
    #expect(activity.cluster == cluster)
    #expect(activity.messageID == id(one.message))
    #expect(activity.threadRootID == id(one.thread))
    #expect(activity.isEdit == one.isEdit)
    #expect(activity.target?.isDirect == one.isDirect)
    #expect(activity.object?.objectType == one.objectType)
    #expect(activity.roomID?.encoded == activity.target?.globalID)
    #expect(activity.personID?.uuid == activity.actor?.id)
    #expect(activity.published != nil)
    #expect((activity.attachmentActionID != nil) == (one.verb == "cardAction"))
  }

  @Test("survives being stored", arguments: cases)
  func roundTrip(_ one: ActivityCase) throws {
    let activity = try activity("envelope-\(one.name).json")
    let again = try JSONDecoder().decode(Activity.self, from: try JSONEncoder().encode(activity))
    #expect(again == activity)
  }

  @Test("keeps mentions, files and the number of cards")
  func details() throws {
    let mention = try activity("envelope-post-group-mention.json")
    #expect(mention.object?.mentionedPersonIDs == ["c1a5b6d7-2e3f-4a1b-9c8d-7e6f5a4b3c2d"])
    #expect(mention.actor?.emailAddress == "alice@example.com" && mention.actor?.type == "PERSON")
    #expect(try activity("envelope-post-group-all-mention.json").object?.groupMentions == ["all"])
    let share = try activity("envelope-share-file-direct.json")
    #expect(share.object?.files == [Activity.File(mimeType: "text/plain", fileSize: 1834)])
    let update = try activity("envelope-update-file-safe.json")
    #expect(update.object?.files.first?.malwareQuarantineState == "safe")
    #expect(try activity("envelope-post-card-by-bot.json").object?.cardsCount == 1)
  }

  @Test(
    "reads odd activities as far as they go",
    arguments: [
      #"{"id":"a","verb":"post"}"#,
      #"{"id":"a","verb":"post","published":5,"actor":"x","object":[],"target":null,"parent":7}"#,
      #"{"id":"a","verb":"post","published":"yesterday","object":{"mentions":{"items":"no"},"cards":{}}}"#,
      #"{"id":"a","verb":"post","object":{"mentions":{"items":[1,null,{"id":"m"}]},"files":{"items":[{"fileSize":"big"}]}}}"#,
      #"{"id":"a","verb":"post","target":{"tags":["X",1,null],"globalId":"not base64!"}}"#,
    ])
  func lenient(_ json: String) throws {
    let activity = try JSONDecoder().decode(Activity.self, from: Data(json.utf8))
    #expect(activity.id == "a" && activity.verb == "post" && activity.published == nil)
    #expect(activity.cluster == "us")
    #expect(activity.messageID == WebexID(cluster: "us", kind: .message, uuid: "a"))
    if json.contains(#""id":"m""#) { #expect(activity.object?.mentionedPersonIDs == ["m"]) }
    if json.contains("tags") { #expect(activity.target?.tags == ["X"]) }
  }

  @Test("reads dates with and without a fraction, and rounds none away")
  func dates() throws {
    for text in ["2026-11-03T09:15:05.123Z", "2026-11-03T09:15:05.999Z", "2026-11-03T09:15:05Z"] {
      let json = #"{"id":"a","verb":"post","published":"\#(text)"}"#
      let activity = try JSONDecoder().decode(Activity.self, from: Data(json.utf8))
      #expect(activity.published != nil)
      let again = try JSONDecoder().decode(Activity.self, from: try JSONEncoder().encode(activity))
      #expect(abs(again.published!.timeIntervalSince(activity.published!)) < 0.0001)
    }
  }
}
