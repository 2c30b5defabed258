// The tables, as forward-only named migrations. A released migration is never edited.

import CrashPoints
import GRDB

enum Schema {
  /// - Throws: `AssistantError` if a later version of the program has changed the tables.
  static func migrate(_ writer: any DatabaseWriter, path: String) throws {
    let migrator = migrator()
    guard try !writer.read(migrator.hasBeenSuperseded) else {
      throw AssistantError(
        .database,
        "the database at \(path) was used by a later version of webex-assistant, which this one "
          + "cannot read: use that version, or a backup from before it")
    }
    try migrator.migrate(writer)
  }

  static func migrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 events, spaces, messages, turns, replies, device") { db in
      // An activity id is unique: a replayed event is seen once, whatever the envelope says.
      try db.create(table: "event") { t in
        t.autoIncrementedPrimaryKey("sequence")
        t.column("activityID", .text).notNull().unique()
        t.column("spaceID", .text).notNull()
        t.column("json", .blob)
        t.column("state", .text).notNull()
        t.column("attempts", .integer).notNull().defaults(to: 0)
        t.column("receivedAt", .datetime).notNull()
        t.column("finishedAt", .datetime)
        t.column("outcome", .text)
      }
      try db.create(
        index: "event_open", on: "event", columns: ["sequence"],
        condition: Column("finishedAt") == nil)
      try db.create(table: "space") { t in
        t.primaryKey("id", .text)
        t.column("roomID", .text).notNull()
        t.column("isDirect", .boolean).notNull()
        t.column("firstSeenAt", .datetime).notNull()
        t.column("historySince", .datetime)
      }
      try db.create(table: "turn") { t in
        t.primaryKey("id", .text)
        t.column("activityID", .text).notNull().indexed()
        t.column("spaceID", .text).notNull().references("space", onDelete: .cascade)
        t.column("threadID", .text)
        t.column("state", .text).notNull()
        t.column("model", .text)
        t.column("startedAt", .datetime).notNull()
        t.column("finishedAt", .datetime)
        t.column("outcome", .text)
        t.column("promptTokens", .integer)
        t.column("completionTokens", .integer)
        t.column("cost", .double)
      }
      try db.create(table: "message") { t in
        t.autoIncrementedPrimaryKey("sequence")
        t.column("turnID", .text).notNull().indexed().references("turn", onDelete: .cascade)
        t.column("spaceID", .text).notNull()
        t.column("role", .text).notNull()
        t.column("text", .text).notNull()
        t.column("createdAt", .datetime).notNull()
      }
      try db.create(index: "message_newest", on: "message", columns: ["spaceID", "sequence"])
      try db.create(table: "reply") { t in
        t.primaryKey("messageID", .text)
        t.column("turnID", .text).notNull().indexed().references("turn", onDelete: .cascade)
        t.column("position", .integer).notNull()
        t.column("edits", .integer).notNull().defaults(to: 0)
      }
      try db.create(table: "device") { t in
        t.primaryKey("name", .text)
        t.column("url", .text).notNull()
        t.column("webSocketURL", .text).notNull()
      }
    }
    migrator.registerMigration("2 questions, cut answers, greetings, notices") { db in
      try db.alter(table: "turn") { t in
        // The uuid of the message that asked; null for a turn that is no answer to a question.
        t.add(column: "questionMessageID", .text).indexed()
        // As the model was asked, for /retry and for telling whether an edit changed anything.
        t.add(column: "question", .text)
        // Why the answer is not whole: a `Cut`; null if it is.
        t.add(column: "cut", .text)
      }
      try db.create(index: "turn_of_space", on: "turn", columns: ["spaceID", "startedAt"])
      // Null: in the turn's thread.
      try db.alter(table: "reply") { t in t.add(column: "threadID", .text) }
      try db.alter(table: "space") { t in t.add(column: "greetedAt", .datetime) }
      // Who knows the assistant already needs no greeting after an update.
      try db.execute(sql: "UPDATE space SET greetedAt = firstSeenAt")
      // Passing messages ("2 questions wait"), to be removed after a crash.
      try db.create(table: "notice") { t in
        t.primaryKey("messageID", .text)
        t.column("spaceID", .text).notNull()
        t.column("postedAt", .datetime).notNull()
      }
    }
    migrator.registerMigration("3 cards, settings of a space, effects") { db in
      // A card that was sent: what its presses mean, and whether one has been taken.
      try db.create(table: "card") { t in
        t.primaryKey("uuid", .text)
        // As REST names it, to replace it.
        t.column("messageID", .text).notNull()
        t.column("spaceID", .text).notNull()
        t.column("roomID", .text).notNull()
        t.column("threadID", .text)
        t.column("isDirect", .boolean).notNull()
        // The command's keyword, and what the card is to it: a `CardPurpose`.
        t.column("command", .text).notNull()
        t.column("purpose", .text).notNull()
        t.column("state", .text).notNull()
        // What led to it, for effects: the uuid of the message that asked; of a press its event.
        t.column("cause", .text)
        // The person who ran the command, and who may press: a `CommandCard.Presser`.
        t.column("requesterID", .text).notNull()
        t.column("requesterName", .text).notNull()
        t.column("presser", .text).notNull()
        t.column("isReusable", .boolean).notNull()
        t.column("sentAt", .datetime).notNull()
        t.column("expiresAt", .datetime)
        // The event of the press that was taken, and whose it was.
        t.column("claimedBy", .text)
        t.column("claimedByName", .text)
        t.column("claimedAt", .datetime)
        // What was entered, JSON: Webex forgets it with the card.
        t.column("inputs", .text)
        // How often it was edited in place: a press on what stood there before does not count.
        t.column("generation", .integer).notNull().defaults(to: 0)
        // The event of the press that led to this generation, and whose it was.
        t.column("madeBy", .text)
        t.column("madeByName", .text)
      }
      // One row for each value that differs from the operator's defaults.
      try db.create(table: "spaceSetting") { t in
        t.column("spaceID", .text).notNull().references("space", onDelete: .cascade)
        t.column("name", .text).notNull()
        t.column("value", .text).notNull()
        t.column("setBy", .text)
        t.column("setAt", .datetime).notNull()
        t.primaryKey(["spaceID", "name"])
      }
      // Something outside was about to be changed: it is not done a second time for the same message
      // or press, whichever event, of it or of an edit, began it.
      try db.create(table: "effect") { t in
        t.primaryKey("cause", .text)
        t.column("activityID", .text).notNull()
        t.column("begunAt", .datetime).notNull()
      }
    }
    migrator.registerMigration("4 sends, kept answers, watermarks, dead letters") { db in
      try db.alter(table: "event") { t in
        // The process that works on it, and since when: `Store.runID`. Void once another one runs.
        t.add(column: "claimedBy", .text)
        t.add(column: "claimedAt", .datetime)
        // Waits until then after something failed that can pass; null: as soon as its turn comes.
        t.add(column: "retryAt", .datetime)
        // Tries that failed without ending the process.
        t.add(column: "failures", .integer).notNull().defaults(to: 0)
        // Whether it was found by REST after a gap instead of coming over the socket.
        t.add(column: "isBackfilled", .boolean).notNull().defaults(to: false)
        // Of a dead letter: whose, and why in words for the operator. Never what was said.
        t.add(column: "personEmail", .text)
        t.add(column: "reason", .text)
      }
      try db.create(
        index: "event_failed", on: "event", columns: ["finishedAt"],
        condition: Column("state") == "failed")
      try db.create(
        index: "event_retry", on: "event", columns: ["retryAt"],
        condition: Column("retryAt") != nil && Column("finishedAt") == nil)
      // Webex's time of the newest message that is known of the space; stands still in a gap.
      try db.alter(table: "space") { t in t.add(column: "watermark", .datetime) }
      // What an answer says, as far as it is known; complete before its last words are sent.
      try db.create(table: "answer") { t in
        t.primaryKey("turnID", .text).references("turn", onDelete: .cascade)
        t.column("text", .text).notNull()
        // JSON of a `WholeAnswer`, once it is complete.
        t.column("whole", .text)
        t.column("savedAt", .datetime).notNull()
      }
      // JSON of a `ReplyPlace`: which part of the answer a message has for good.
      try db.alter(table: "reply") { t in
        t.add(column: "place", .text)
        // What it showed when it was posted, as a hash.
        t.add(column: "shown", .text)
      }
      // A POST before it is sent, until its message is on record.
      try db.create(table: "send") { t in
        t.primaryKey("id", .text)
        t.column("activityID", .text).indexed()
        t.column("turnID", .text)
        t.column("spaceID", .text).notNull()
        t.column("roomID", .text).notNull()
        t.column("threadID", .text)
        // The uuids of space and thread, as the socket names them.
        t.column("place", .text).notNull().indexed()
        // A `SendRole`: what its record is.
        t.column("role", .text).notNull()
        // `text`, `file` or `card`, and what tells its message from others.
        t.column("kind", .text).notNull()
        t.column("fingerprint", .text).notNull()
        // JSON: what completes the record once the message is found, such as a card's.
        t.column("payload", .text)
        // JSON of a `ReplyPlace`: which part of the answer it has for good.
        t.column("part", .text)
        // Its message is younger; Webex's time.
        t.column("notBefore", .datetime)
        t.column("begunAt", .datetime).notNull()
        // Looked for in vain; once something was sent in its stead, it is one too many.
        t.column("givenUpAt", .datetime)
        t.column("isReplaced", .boolean).notNull().defaults(to: false)
        // Of a sentence whose event is still worked on: redone, the work says it again.
        t.column("messageID", .text)
      }
      // Messages of the bot's own that came over the socket while a POST of that place was open.
      try db.create(table: "echo") { t in
        t.primaryKey("messageID", .text)
        t.column("place", .text).notNull().indexed()
        t.column("publishedAt", .datetime).notNull()
      }
      // Single values: `installedAt`, `gapSince`, `completeTo`, …
      try db.create(table: "meta") { t in
        t.primaryKey("key", .text)
        t.column("value", .text).notNull()
      }
      CrashPoint.migrating.reached()
    }
    return migrator
  }
}
