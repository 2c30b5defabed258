// One Mercury frame, sorted. Whatever is not understood is a case of its own, never an error: an
// unknown frame must not cost the connection.

import FoundationEssentials

enum InboundFrame: Equatable {
  /// The answer to an application-level ping.
  case pong(id: String)
  /// The server wants us on another socket.
  case shutdown
  /// The socket is authorized (`mercury.buffer_state`, `mercury.registration_status`).
  case state(id: String, eventType: String)
  case event(MercuryEvent)
  /// Valid JSON of another kind.
  case other(type: String?)
  case undecodable

  static func decode(_ json: [UInt8]) -> InboundFrame {
    guard var wire = try? JSONDecoder().decode(Wire.self, from: Data(json)) else {
      return .undecodable
    }
    switch wire.type {
    case "pong": return .pong(id: wire.id ?? "")
    case "shutdown": return .shutdown
    default: break
    }
    guard let eventType = wire.data?.eventType else { return .other(type: wire.type) }
    let id = wire.id ?? ""
    if eventType == "mercury.buffer_state" || eventType == "mercury.registration_status" {
      return .state(id: id, eventType: eventType)
    }
    if let patched = patched(wire, json) { wire = patched }
    return .event(
      MercuryEvent(
        id: id, eventType: eventType, activity: wire.data?.activity,
        sequenceNumber: wire.sequenceNumber, json: json))
  }

  /// `headers` holds values of this recipient under dotted paths, to be patched into the event as
  /// Webex's SDKs do. Nearly always they are dates that nobody reads here, so the second decoding is
  /// for the rest only (the tags of the space, say).
  private static func patched(_ wire: Wire, _ json: [UInt8]) -> Wire? {
    let overrides = wire.headers.filter { key, _ in
      key.hasPrefix("data.") && !key.hasSuffix("ActivityDate")
    }
    guard !overrides.isEmpty,
      var tree = try? JSONDecoder().decode(JSONTree.self, from: Data(json))
    else { return nil }
    for (path, value) in overrides {
      tree.set(value, at: path.split(separator: ".").map(String.init)[...])
    }
    guard let data = try? JSONEncoder().encode(tree) else { return nil }
    return try? JSONDecoder().decode(Wire.self, from: data)
  }

  private struct Wire: Decodable {
    var id: String?
    var type: String?
    var sequenceNumber: Int?
    var headers: [String: JSONTree]
    var data: Payload?

    enum CodingKeys: String, CodingKey { case id, type, sequenceNumber, headers, data }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = container.lenient(String.self, .id)
      type = container.lenient(String.self, .type)
      sequenceNumber = container.lenient(Int.self, .sequenceNumber)
      headers = container.lenient([String: JSONTree].self, .headers) ?? [:]
      data = container.lenient(Payload.self, .data)
    }
  }

  private struct Payload: Decodable {
    var eventType: String?
    var activity: Activity?

    enum CodingKeys: String, CodingKey { case eventType, activity }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      eventType = container.lenient(String.self, .eventType)
      activity = container.lenient(Activity.self, .activity)
    }
  }
}

/// Any JSON, for patching.
enum JSONTree: Codable, Equatable {
  case object([String: JSONTree])
  case array([JSONTree])
  case string(String)
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case null

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONTree].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .object(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .bool(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }

  /// Missing objects on the way are made; a path through anything else is left alone.
  mutating func set(_ value: JSONTree, at path: ArraySlice<String>) {
    guard let key = path.first else {
      self = value
      return
    }
    guard case .object(var members) = self else { return }
    members[key, default: .object([:])].set(value, at: path.dropFirst())
    self = .object(members)
  }
}
