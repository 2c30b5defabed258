// Devices, their sockets and their un-acked events. The world tells it what happened; sockets take
// deliveries from it and bring acks back.

import Synchronization

/// One event for one device, until it is acked or too old.
struct Delivery: Sendable {
  let serial: Int
  let deviceID: String
  var envelopeID: String
  let activityID: String
  let restID: String?
  let verb: String
  var data: JSON
  let alertType: String
  let headers: JSON
  let timestamp: Timestamp
  var isAcked = false
  var timesSent = 0
}

final class MercuryHub: Sendable {
  static let maximumPending = 10_000
  static let maximumLog = 50_000

  private struct Registration {
    var device: Device
    var sessions: [MercurySession] = []
    /// Serials of un-acked deliveries, oldest first.
    var pending: [Int] = []
  }

  private struct State {
    var registrations: [String: Registration] = [:]
    var deviceOrder: [String] = []
    var deviceByRegistration: [String: String] = [:]
    var deliveries: [Int: Delivery] = [:]
    var serialByEnvelope: [String: Int] = [:]
    var firstSerial = 0
    var nextSerial = 0
    var nextSession = 0

    func devices(of personUUID: String) -> [Device] {
      deviceOrder.compactMap { registrations[$0]?.device }.filter { $0.ownerUUID == personUUID }
    }
  }

  let baseURL: String
  private let clock: SimulatedClock
  private let faults: Faults
  let record: Record
  let activities: Activities
  private let state = Mutex(State())

  init(baseURL: String, cluster: String, clock: SimulatedClock, faults: Faults, record: Record) {
    self.baseURL = baseURL
    self.clock = clock
    self.faults = faults
    self.record = record
    let dc = cluster.split(separator: "_").last.map(String.init) ?? "a"
    activities = Activities(baseURL: baseURL, sourceDC: dc == "us" ? "a" : dc)
  }

  // MARK: - Devices

  func devices(of personUUID: String, expireAfter: Duration?) -> [Device] {
    expire(after: expireAfter)
    return state.withLock { $0.devices(of: personUUID) }
  }

  func device(_ id: String, of personUUID: String, expireAfter: Duration?) -> Device? {
    expire(after: expireAfter)
    return state.withLock { state in
      guard let device = state.registrations[id]?.device, device.ownerUUID == personUUID else {
        return nil
      }
      return device
    }
  }

  /// Nil if the owner has `cap` devices already.
  func register(_ fields: JSON, for owner: Person, cap: Int, expireAfter: Duration?) -> Device? {
    expire(after: expireAfter)
    return state.withLock { state in
      guard state.devices(of: owner.uuid).count < cap else { return nil }
      let device = Device(
        id: RawID.random(), registration: RawID.random(), ownerUUID: owner.uuid,
        orgUUID: owner.orgUUID, fields: fields, created: clock.now, modified: clock.now)
      state.registrations[device.id] = Registration(device: device)
      state.deviceOrder.append(device.id)
      state.deviceByRegistration[device.registration] = device.id
      return device
    }
  }

  func refresh(_ id: String, with fields: JSON) -> Device? {
    state.withLock { state in
      for member in fields.members ?? [] {
        state.registrations[id]?.device.fields[member.key] = member.value
      }
      state.registrations[id]?.device.modified = clock.now
      return state.registrations[id]?.device
    }
  }

  func removeDevice(_ id: String) {
    let sessions = state.withLock { state -> [MercurySession] in
      guard let gone = state.registrations.removeValue(forKey: id) else { return [] }
      state.deviceOrder.removeAll { $0 == id }
      state.deviceByRegistration[gone.device.registration] = nil
      return gone.sessions
    }
    // A deleted device's socket is closed by the server.
    for session in sessions { session.close(code: 1000, reason: "device deleted") }
  }

  func removeDevices(of personUUID: String) {
    for device in state.withLock({ $0.devices(of: personUUID) }) { removeDevice(device.id) }
  }

  /// - Returns: false if there is none of that id.
  func removeDevice(named id: String) -> Bool {
    guard state.withLock({ $0.registrations[id] != nil }) else { return false }
    removeDevice(id)
    return true
  }

  /// Closes the sockets of a person, as a server does with a token that is no longer good.
  func closeSockets(of personUUID: String, code: Int, reason: String) {
    let sessions = state.withLock { state in
      state.registrations.values.filter { $0.device.ownerUUID == personUUID }.flatMap(\.sessions)
    }
    for session in sessions { session.close(code: code, reason: reason) }
  }

  func removeAllDevices() {
    for id in state.withLock({ $0.deviceOrder }) { removeDevice(id) }
  }

  private func expire(after lifetime: Duration?) {
    guard let lifetime else { return }
    let limit = clock.now.milliseconds - Int(lifetime / .milliseconds(1))
    let old = state.withLock { state in
      state.deviceOrder.filter {
        (state.registrations[$0]?.device.modified.milliseconds ?? 0) < limit
      }
    }
    for id in old { removeDevice(id) }
  }

  // MARK: - Sockets

  func open(registration: String, expireAfter: Duration?) -> (Device, Int)? {
    expire(after: expireAfter)
    return state.withLock { state in
      guard let id = state.deviceByRegistration[registration],
        let device = state.registrations[id]?.device
      else { return nil }
      state.nextSession += 1
      return (device, state.nextSession)
    }
  }

  /// The socket is authorized: it takes over the registration and gets what is un-acked, in order.
  func authorized(_ session: MercurySession) {
    let faults = faults.mercury
    let replaced = state.withLock { state -> [MercurySession] in
      guard var registration = state.registrations[session.device.id] else {
        session.close(code: 1000, reason: "device deleted")
        return []
      }
      let replaced = session.allowsOthers ? [] : registration.sessions.filter { !$0.allowsOthers }
      registration.sessions.removeAll { old in replaced.contains { $0 === old } }
      registration.sessions.append(session)
      session.begin()
      let window = Int(faults.redeliveryWindow / .milliseconds(1))
      let oldest = Timestamp(milliseconds: clock.now.milliseconds - window)
      registration.pending.removeAll { (state.deliveries[$0]?.timestamp ?? oldest) < oldest }
      if !faults.wrongRegion {
        for serial in registration.pending {
          guard var delivery = state.deliveries[serial] else { continue }
          if delivery.timesSent > 0, !faults.redeliverSameEnvelopeID {
            delivery.envelopeID = RawID.random()
            state.serialByEnvelope[delivery.envelopeID] = serial
          }
          delivery.timesSent += 1
          state.deliveries[serial] = delivery
          session.deliver(delivery)
        }
      }
      state.registrations[session.device.id] = registration
      return replaced
    }
    for old in replaced {
      // After `shutdown` the new socket was asked for; otherwise it is another process.
      if old.wasShutDown {
        old.close(code: 4001, reason: "replaced")
      } else {
        old.close(code: 4000, reason: "replaced")
      }
    }
  }

  func closed(_ session: MercurySession) {
    state.withLock { state in
      state.registrations[session.device.id]?.sessions.removeAll { $0 === session }
    }
  }

  // MARK: - Events

  func publish(_ happening: Happening, in world: borrowing WorldState) {
    guard state.withLock({ !$0.registrations.isEmpty }),
      let activity = activities.make(happening, in: world)
    else { return }
    publish(activity)
  }

  func publish(_ activity: Activity) {
    let faults = faults.mercury
    guard !faults.wrongRegion else { return }
    state.withLock { state in
      for id in state.deviceOrder {
        guard var registration = state.registrations[id],
          activity.recipients.contains(registration.device.ownerUUID),
          !registration.sessions.isEmpty || !faults.loseWhileOffline
        else { continue }
        var delivery = Delivery(
          serial: state.nextSerial, deviceID: id, envelopeID: RawID.random(),
          activityID: activity.id, restID: activity.restID, verb: activity.verb,
          data: activity.data, alertType: activity.alertType, headers: activity.headers,
          timestamp: clock.now)
        state.nextSerial += 1
        if !registration.sessions.isEmpty { delivery.timesSent = 1 }
        state.deliveries[delivery.serial] = delivery
        state.serialByEnvelope[delivery.envelopeID] = delivery.serial
        registration.pending.append(delivery.serial)
        if registration.pending.count > Self.maximumPending { registration.pending.removeFirst() }
        state.registrations[id] = registration
        for session in registration.sessions { session.deliver(delivery) }
      }
      Self.trim(&state)
    }
  }

  private static func trim(_ state: inout State) {
    while state.deliveries.count > maximumLog {
      if let old = state.deliveries.removeValue(forKey: state.firstSerial) {
        state.serialByEnvelope[old.envelopeID] = nil
      }
      state.firstSerial += 1
    }
  }

  /// A frame that is no activity, such as a typing event: to every open socket of `personUUID`,
  /// never again.
  func broadcast(_ data: JSON, to personUUIDs: [String]) {
    let sessions = state.withLock { state in
      state.registrations.values.filter { personUUIDs.contains($0.device.ownerUUID) }
        .flatMap(\.sessions)
    }
    for session in sessions { session.send(event: data) }
  }

  /// Acks name the envelope; with the switch on, the activity's uuid or REST id will do.
  func ack(_ messageID: String, deviceID: String) {
    let acceptsActivityIDs = faults.mercury.acceptActivityIDAcks
    let isKnown = state.withLock { state -> Bool in
      guard var registration = state.registrations[deviceID] else { return false }
      var serial = state.serialByEnvelope[messageID]
      if serial == nil, acceptsActivityIDs {
        serial = registration.pending.first {
          state.deliveries[$0]?.activityID == messageID || state.deliveries[$0]?.restID == messageID
        }
      }
      guard let serial, state.deliveries[serial]?.deviceID == deviceID else { return false }
      state.deliveries[serial]?.isAcked = true
      state.deliveries[serial]?.data = .null
      registration.pending.removeAll { $0 == serial }
      state.registrations[deviceID] = registration
      return true
    }
    record.ack(messageID, isKnown: isKnown)
  }

  // MARK: - Control

  /// `POST /sim/mercury`. Returns how many sockets it reached.
  func command(_ json: JSON) throws(SimulatorError) -> Int {
    let registration = json["registration"]?.string
    let sessions = state.withLock { state in
      state.registrations.values.flatMap(\.sessions).filter {
        registration == nil || $0.device.registration == registration
      }
    }
    let reason = json["reason"]?.string ?? ""
    for session in sessions {
      switch json["action"]?.string {
      case "close": session.close(code: json["code"]?.int ?? 1000, reason: reason)
      case "shutdown": session.shutDown()
      case "reset": session.reset()
      case "send": session.send(raw: json["frame"]?.string ?? "", isBinary: false)
      case "sendBinary": session.send(raw: json["frame"]?.string ?? "", isBinary: true)
      case "ping": session.send(frame: .ping(Array(reason.utf8)))
      default:
        throw SimulatorError(
          .badConfiguration, "'action' is close, shutdown, reset, send, sendBinary or ping.")
      }
    }
    return sessions.count
  }

  func closeAll() {
    let sessions = state.withLock { $0.registrations.values.flatMap(\.sessions) }
    for session in sessions { session.close(code: 1001, reason: "going away") }
  }

  var openSockets: Int {
    state.withLock { $0.registrations.values.reduce(0) { $0 + $1.sessions.count } }
  }

  var json: JSON {
    state.withLock { state in
      [
        "sockets": .array(
          state.registrations.values.flatMap(\.sessions).map { session in
            [
              "id": .int(session.id), "registration": .string(session.device.registration),
              "ownerId": .string(session.device.ownerUUID),
            ]
          }),
        "pending": .int(state.registrations.values.reduce(0) { $0 + $1.pending.count }),
      ]
    }
  }

  var allDevicesJSON: [JSON] {
    state.withLock { state in
      state.deviceOrder.compactMap { state.registrations[$0]?.device }.map { device in
        [
          "id": .string(device.id), "registration": .string(device.registration),
          "ownerId": .string(device.ownerUUID), "name": device.fields["name"] ?? "",
          "modified": .string(device.modified.iso),
        ]
      }
    }
  }

  var deliveriesJSON: [JSON] {
    state.withLock { state in
      state.deliveries.values.sorted { $0.serial < $1.serial }.map { delivery in
        [
          "envelopeId": .string(delivery.envelopeID), "activityId": .string(delivery.activityID),
          "verb": .string(delivery.verb), "acked": .bool(delivery.isAcked),
          "timesSent": .int(delivery.timesSent),
        ]
      }
    }
  }

  /// Forgets what is acked; the rest still waits.
  func clearDeliveries() {
    state.withLock { state in
      for (serial, delivery) in state.deliveries where delivery.isAcked {
        state.deliveries[serial] = nil
        state.serialByEnvelope[delivery.envelopeID] = nil
      }
    }
  }
}
