// WDM: device registrations. List, create, refresh, delete; caps, expiry and their error bodies.

extension Cloud {
  func wdm(_ request: Request) -> Response {
    // WDM's errors echo the caller's tracking id.
    let trackingID = request.headers["trackingid"] ?? Self.trackingID()
    var response: Response
    do throws(WebexFailure) {
      let person = try authenticated(request)
      guard request.segments.prefix(4) == ["wdm", "api", "v1", "devices"] else { throw .notFound }
      response = try devices(Array(request.segments.dropFirst(4)), request, person)
    } catch {
      response = error.response(trackingID: trackingID)
    }
    response.headers["TrackingID"] = trackingID
    return response
  }

  private func devices(_ path: [String], _ request: Request, _ person: Person)
    throws(WebexFailure) -> Response
  {
    let wdm = faults.wdm
    let isWithServices = request.query("includeUpstreamServices") != nil
    func json(_ device: Device) -> JSON {
      device.json(baseURL: baseURL, authority: authority, withServices: isWithServices)
    }
    switch (request.method, path.count) {
    case ("GET", 0):
      let devices = mercury.devices(of: person.uuid, expireAfter: wdm.expireAfter)
      if devices.isEmpty, wdm.emptyListAs404 { throw WebexFailure(404, "No devices found.") }
      return .json(["devices": .array(devices.map(json))])
    case ("POST", 0):
      let body = try deviceBody(request)
      guard !faults.take(\.post403Times),
        let device = mercury.register(body, for: person, cap: wdm.cap, expireAfter: wdm.expireAfter)
      else { throw WebexFailure(403, "User has excessive device registrations") }
      return .json(json(device), headers: ["ETag": "\"\(device.modified.milliseconds)\""])
    case ("DELETE", 0):
      mercury.removeDevices(of: person.uuid)
      return .noContent
    case ("GET", 1), ("PUT", 1), ("DELETE", 1):
      guard
        let device = mercury.device(path[0], of: person.uuid, expireAfter: wdm.expireAfter)
      else { throw WebexFailure(404, "Device not found.") }
      if request.method == "DELETE" {
        mercury.removeDevice(device.id)
        return .noContent
      }
      guard request.method == "PUT" else { return .json(json(device)) }
      let body = try deviceBody(request)
      if faults.take(\.put404Times) {
        mercury.removeDevice(device.id)
        throw WebexFailure(404, "Device not found.")
      }
      guard let refreshed = mercury.refresh(device.id, with: body) else {
        throw WebexFailure(404, "Device not found.")
      }
      return .json(json(refreshed), headers: ["ETag": "\"\(refreshed.modified.milliseconds)\""])
    case (_, 0...1): throw .methodNotAllowed
    default: throw .notFound
    }
  }

  private func deviceBody(_ request: Request) throws(WebexFailure) -> JSON {
    guard let body = JSON(parsing: request.body), body.members != nil else { throw .badJSON }
    guard body["deviceType"]?.text != nil else {
      throw WebexFailure(400, "Required field 'deviceType' is missing.")
    }
    return body
  }
}
