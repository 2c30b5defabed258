// The Mercury registration, kept so that a restart reuses it.

import GRDB
public import MercuryClient

extension Store: DeviceStore {
  public func loadDevice() async throws -> DeviceRecord? {
    try await pool.read { db in
      guard
        let row = try Row.fetchOne(db, sql: "SELECT name, url, webSocketURL FROM device LIMIT 1")
      else { return nil }
      return DeviceRecord(
        url: row["url"], webSocketURL: row["webSocketURL"], name: row["name"])
    }
  }

  public func saveDevice(_ device: DeviceRecord) async throws {
    try await pool.write { db in
      try db.execute(sql: "DELETE FROM device")
      try db.execute(
        sql: "INSERT INTO device (name, url, webSocketURL) VALUES (?, ?, ?)",
        arguments: [device.name, device.url, device.webSocketURL])
    }
  }

  public func clearDevice() async throws {
    try await pool.write { db in try db.execute(sql: "DELETE FROM device") }
  }
}
