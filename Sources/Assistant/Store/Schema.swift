// The tables, as forward-only named migrations. A released migration is never edited.

import GRDB

enum Schema {
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
    return migrator
  }
}
