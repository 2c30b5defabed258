// The fault switches of `POST /sim/faults`. Rules for HTTP, switches for Mercury, WDM, message
// lookups and file scans. An unknown key is an error, so that a typo cannot disarm a test.

import Synchronization

final class Faults: Sendable {
  private struct State {
    var json: JSON = [:]
    var rules: [Rule] = []
    var mercury = MercuryFaults()
    var wdm = WDMFaults()
    var lookup404Times = 0
    var lookups: [String: Int] = [:]
    var fileScan = FileScan()
    var cardEdits = CardEdits.refused
  }

  private let state = Mutex(State())

  var mercury: MercuryFaults { state.withLock { $0.mercury } }
  var wdm: WDMFaults { state.withLock { $0.wdm } }
  var fileScan: FileScan { state.withLock { $0.fileScan } }
  var cardEdits: CardEdits { state.withLock { $0.cardEdits } }
  var json: JSON { state.withLock { $0.json } }

  /// Replaces the groups that `json` names; the others stay.
  func set(_ json: JSON) throws(SimulatorError) {
    guard let members = json.members else { throw Self.bad("Faults must be a JSON object.") }
    var next = state.withLock { $0 }
    for member in members {
      let value = member.value
      switch member.key {
      case "rest": next.rules = try Self.rules(value)
      case "mercury": next.mercury = try MercuryFaults(value)
      case "wdm": next.wdm = try WDMFaults(value)
      case "messageLookup404Times":
        guard let times = value.int, times >= 0 else {
          throw Self.bad("messageLookup404Times must be a number.")
        }
        next.lookup404Times = times
        next.lookups = [:]
      case "fileScan": next.fileScan = try FileScan(value)
      case "cardEdits":
        guard let edits = CardEdits(rawValue: value.string ?? "") else {
          throw Self.bad("'cardEdits' is refused, allowed or ignored.")
        }
        next.cardEdits = edits
      default: throw Self.bad("Unknown fault '\(member.key)'.")
      }
      next.json[member.key] = value
    }
    let result = next
    state.withLock { $0 = result }
  }

  func clear() { state.withLock { $0 = State() } }

  /// The rule that takes this request, if any; its counters move.
  func rule(for request: Request) -> Rule? {
    state.withLock { state in
      for index in state.rules.indices where state.rules[index].matches(request) {
        if state.rules[index].skip > 0 {
          state.rules[index].skip -= 1
          continue
        }
        guard state.rules[index].times > 0 else { continue }
        state.rules[index].times -= 1
        return state.rules[index]
      }
      return nil
    }
  }

  /// Whether this GET of a message is one of the first that must fail.
  func lookupFails(_ messageID: String, by personUUID: String) -> Bool {
    state.withLock { state in
      guard state.lookup404Times > 0 else { return false }
      let key = personUUID + messageID
      let count = state.lookups[key, default: 0]
      guard count < state.lookup404Times else { return false }
      state.lookups[key] = count + 1
      return true
    }
  }

  /// Takes one of a counted WDM or handshake failure.
  func take(_ counter: WritableKeyPath<WDMFaults, Int>) -> Bool {
    state.withLock { state in
      guard state.wdm[keyPath: counter] > 0 else { return false }
      state.wdm[keyPath: counter] -= 1
      return true
    }
  }

  func takeHandshake() -> MercuryFaults.Handshake? {
    state.withLock { state in
      guard var handshake = state.mercury.handshake, handshake.times > 0 else { return nil }
      handshake.times -= 1
      state.mercury.handshake = handshake
      return handshake
    }
  }

  static func bad(_ message: String) -> SimulatorError {
    SimulatorError(.badConfiguration, message)
  }

  private static func rules(_ json: JSON) throws(SimulatorError) -> [Rule] {
    guard let items = json.array else { throw bad("'rest' must be an array of rules.") }
    var rules: [Rule] = []
    for item in items { rules.append(try Rule(item)) }
    return rules
  }

  /// Checks that `json` has only `keys`.
  static func check(_ json: JSON, _ group: String, keys: Set<String>) throws(SimulatorError) {
    guard let members = json.members else { throw bad("'\(group)' must be an object.") }
    if let unknown = members.first(where: { !keys.contains($0.key) }) {
      throw bad("Unknown key '\(unknown.key)' in '\(group)'.")
    }
  }
}

/// Fails, delays or drops matching requests of any surface.
struct Rule: Sendable {
  var method: String?
  /// A path; `*` stands for any run of characters.
  var path: String
  var tokenOwner: String?
  var status: Int?
  var retryAfter: String?
  var body: JSON?
  var skip: Int
  var times: Int
  var appliesAfterCommit: Bool
  var delay: Duration?
  var drops: Bool
  var resets: Bool

  init(_ json: JSON) throws(SimulatorError) {
    try Faults.check(
      json, "rest",
      keys: [
        "method", "path", "status", "retryAfter", "times", "after", "apply", "delayMs", "drop",
        "reset", "body",
      ])
    guard let path = json["path"]?.string, path.hasPrefix("/") else {
      throw Faults.bad("A rule needs a 'path' that starts with '/'.")
    }
    let apply = json["apply"]?.string ?? "before"
    guard apply == "before" || apply == "afterCommit" else {
      throw Faults.bad("'apply' is 'before' or 'afterCommit'.")
    }
    self.path = path
    method = json["method"]?.string
    status = json["status"]?.int
    // A string is sent as it is: Webex's header has been seen malformed.
    retryAfter = json["retryAfter"]?.string ?? json["retryAfter"]?.int.map(String.init)
    body = json["body"]
    skip = json["after"]?.int ?? 0
    times = json["times"]?.int ?? .max
    appliesAfterCommit = apply == "afterCommit"
    delay = json["delayMs"]?.int.map { .milliseconds($0) }
    drops = json["drop"]?.bool ?? false
    resets = json["reset"]?.bool ?? false
  }

  func matches(_ request: Request) -> Bool {
    (method == nil || method == request.method) && Self.glob(path[...], request.path[...])
  }

  /// Nil if the rule only delays.
  var response: Response? {
    if drops || resets { return Response(status: 0, body: .hangUp(reset: resets)) }
    guard let status else { return nil }
    let text =
      [
        401: WebexFailure.unauthorized.message, 403: "Forbidden", 404: "Not found",
        429: "Too many requests", 502: "Bad gateway", 503: "Service unavailable",
        504: "Gateway timeout",
      ][status] ?? "Simulated failure"
    let trackingID = Cloud.trackingID()
    var response =
      body.map {
        $0.string.map { .text($0, status: status, type: "text/html") } ?? .json($0, status: status)
      } ?? WebexFailure(status, text).response(trackingID: trackingID)
    response.headers["TrackingID"] = trackingID
    if let retryAfter { response.headers["Retry-After"] = retryAfter }
    return response
  }

  static func glob(_ pattern: Substring, _ text: Substring) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return pattern == text }
    guard text.hasPrefix(pattern[..<star]) else { return false }
    let rest = pattern[pattern.index(after: star)...]
    if rest.isEmpty { return true }
    var tail = text.dropFirst(pattern.distance(from: pattern.startIndex, to: star))
    while true {
      if glob(rest, tail) { return true }
      if tail.isEmpty { return false }
      tail = tail.dropFirst()
    }
  }
}

struct MercuryFaults: Sendable {
  struct Handshake: Sendable {
    var status: Int
    var retryAfter: Int?
    var times: Int
  }

  /// JSON pings stay unanswered.
  var dropPongs = false
  /// Pongs carry another id.
  var wrongPongID = false
  /// Everything is healthy and no activity comes: a device of another region.
  var wrongRegion = false
  /// Each activity is sent this many times more.
  var duplicate = 0
  /// Neighbouring activities change places.
  var reorder = false
  /// Each activity's sequence number jumps.
  var sequenceGap = false
  /// A redelivery keeps its envelope's id; else it gets a new one.
  var redeliverSameEnvelopeID = false
  /// Acks by activity uuid or REST id count as well.
  var acceptActivityIDAcks = false
  /// Events are lost while no socket is open.
  var loseWhileOffline = false
  /// The header alone authorizes; no frame is needed.
  var headerAuthorizes = false
  var authTimeout = Duration.seconds(30)
  var noStateFrame = false
  var stateFrameDelay = Duration.zero
  /// An event frame comes before the state frame.
  var eventBeforeState = false
  /// No WebSocket-level pings.
  var noWebSocketPings = false
  var pingInterval = Duration.seconds(15)
  /// Each activity is sent this much later.
  var delay = Duration.zero
  /// Data frames are cut into this many fragments, with a ping in between.
  var fragments = 1
  /// Binary frames even if text was asked for.
  var forceBinary = false
  /// An unknown registration with `aliasHttpStatus` is accepted and closed with 4404.
  var aliasCloses = false
  var handshake: Handshake?
  /// How long un-acked events are kept for redelivery.
  var redeliveryWindow = Duration.seconds(15 * 60)

  init() {}

  init(_ json: JSON) throws(SimulatorError) {
    try Faults.check(
      json, "mercury",
      keys: [
        "dropPongs", "wrongPongId", "wrongRegion", "duplicate", "reorder", "sequenceGap",
        "redeliverSameEnvelopeId", "acceptActivityIdAcks", "loseWhileOffline", "headerAuthorizes",
        "authTimeoutMs", "noStateFrame", "stateFrameDelayMs", "eventBeforeState",
        "noWebSocketPings", "pingIntervalMs", "delayMs", "fragments", "forceBinary", "aliasCloses",
        "handshake", "redeliveryWindowMs",
      ])
    func flag(_ key: String) -> Bool { json[key]?.bool ?? false }
    func time(_ key: String, _ standard: Duration) -> Duration {
      json[key]?.int.map { .milliseconds($0) } ?? standard
    }
    dropPongs = flag("dropPongs")
    wrongPongID = flag("wrongPongId")
    wrongRegion = flag("wrongRegion")
    duplicate = max(0, json["duplicate"]?.int ?? 0)
    reorder = flag("reorder")
    sequenceGap = flag("sequenceGap")
    redeliverSameEnvelopeID = flag("redeliverSameEnvelopeId")
    acceptActivityIDAcks = flag("acceptActivityIdAcks")
    loseWhileOffline = flag("loseWhileOffline")
    headerAuthorizes = flag("headerAuthorizes")
    authTimeout = time("authTimeoutMs", authTimeout)
    noStateFrame = flag("noStateFrame")
    stateFrameDelay = time("stateFrameDelayMs", .zero)
    eventBeforeState = flag("eventBeforeState")
    noWebSocketPings = flag("noWebSocketPings")
    pingInterval = max(.milliseconds(10), time("pingIntervalMs", pingInterval))
    delay = time("delayMs", .zero)
    fragments = min(max(1, json["fragments"]?.int ?? 1), 64)
    forceBinary = flag("forceBinary")
    aliasCloses = flag("aliasCloses")
    redeliveryWindow = time("redeliveryWindowMs", redeliveryWindow)
    if let item = json["handshake"] {
      guard let status = item["status"]?.int else {
        throw Faults.bad("'handshake' needs a status.")
      }
      handshake = Handshake(
        status: status, retryAfter: item["retryAfter"]?.int, times: item["times"]?.int ?? .max)
    }
  }
}

struct WDMFaults: Sendable {
  /// The number of devices that one user may have.
  var cap = 100
  /// `GET /devices` of a user without devices is 404 instead of an empty list.
  var emptyListAs404 = false
  /// The next PUTs of a device are 404, and the device is gone.
  var put404Times = 0
  /// The next POSTs are 403 "User has excessive device registrations".
  var post403Times = 0
  /// Devices vanish this long after their last PUT or POST.
  var expireAfter: Duration?

  init() {}

  init(_ json: JSON) throws(SimulatorError) {
    try Faults.check(
      json, "wdm",
      keys: ["cap", "emptyListAs404", "put404Times", "post403Times", "expireAfterMs"])
    cap = json["cap"]?.int ?? cap
    emptyListAs404 = json["emptyListAs404"]?.bool ?? false
    put404Times = json["put404Times"]?.int ?? 0
    post403Times = json["post403Times"]?.int ?? 0
    expireAfter = json["expireAfterMs"]?.int.map { .milliseconds($0) }
  }
}

/// What a PUT with a card does to a message that has one. Webex documents a refusal; reports from the
/// field differ.
enum CardEdits: String, Sendable {
  case refused
  case allowed
  /// 200, the text changes, and the card stays as it was.
  case ignored
}

struct FileScan: Sendable {
  enum State: String, Sendable { case clean, scanning, infected, unscannable }

  var state = State.clean
  /// How many GETs are answered 423 before the file is there.
  var times = 1
  /// Seconds.
  var retryAfter = 1
  /// When Mercury's `update` follows the `share`; nil for never.
  var updateDelay: Duration? = .milliseconds(150)
  /// A glob of file names; nil for all.
  var match: String?

  init() {}

  init(_ json: JSON) throws(SimulatorError) {
    try Faults.check(
      json, "fileScan", keys: ["state", "times", "retryAfter", "updateDelayMs", "match"])
    guard let state = State(rawValue: json["state"]?.string ?? "clean") else {
      throw Faults.bad("'state' is clean, scanning, infected or unscannable.")
    }
    self.state = state
    times = json["times"]?.int ?? 1
    retryAfter = json["retryAfter"]?.int ?? 1
    if let delay = json["updateDelayMs"] {
      updateDelay = delay.int.map { .milliseconds($0) }
    }
    match = json["match"]?.string
  }

  func applies(to filename: String) -> Bool {
    match.map { Rule.glob($0[...], filename[...]) } ?? true
  }
}
