// Where a request goes: REST, U2C, WDM, conversation service, Mercury, model, control or page.
// Refuses what a hostile web page in the same browser could send, applies the fault rules, and
// keeps the record.

extension Cloud {
  func respond(_ request: Request) async -> Response {
    guard Self.isLocal(request) else {
      return .text("The simulator answers only to loopback hosts and origins.", status: 403)
    }
    let surface = request.segments.first ?? ""
    let isControl =
      surface == "sim" || !["v1", "u2c", "wdm", "conversation", "llm"].contains(surface)
    if isControl { return await dispatch(request, surface: surface) }

    let received = Timestamp.now
    record.began()
    defer { record.ended() }
    var response: Response
    let rule = faults.rule(for: request)
    if let rule, !rule.appliesAfterCommit {
      if let delay = rule.delay { try? await Task.sleep(for: delay) }
      if let forced = rule.response {
        response = forced
      } else {
        response = await dispatch(request, surface: surface)
      }
    } else {
      response = await dispatch(request, surface: surface)
      // The work is done, and its answer hangs.
      if let delay = rule?.delay { try? await Task.sleep(for: delay) }
      if let forced = rule?.response { response = forced }
    }
    let trackingID = response.headers["TrackingID"] ?? Self.trackingID()
    if surface != "llm" { response.headers["TrackingID"] = trackingID }
    record.add(
      request, response, received: received, trackingID: trackingID,
      owner: request.bearerToken.flatMap { token in read { $0.person(token: token)?.email } })
    return response
  }

  static func trackingID() -> String { "ROUTERGW_\(RawID.random())" }

  private func dispatch(_ request: Request, surface: String) async -> Response {
    switch surface {
    case "v1":
      if request.segments.count == 6, request.segments[1] == "apps",
        request.segments[3] == "registrations", request.segments[5] == "messages"
      {
        return mercuryUpgrade(request, registration: request.segments[4])
      }
      return await rest(request)
    case "u2c": return u2c(request)
    case "wdm": return wdm(request)
    case "conversation": return conversation(request)
    case "llm": return await llm(request)
    case "sim": return await control(request)
    default: return configuration.servesPage ? page(request) : .text("Not found", status: 404)
    }
  }

  /// Runs `body`; failures become their bodies.
  func answer(
    _ request: Request, _ body: (Person) async throws -> Response
  ) async -> Response {
    let trackingID = Self.trackingID()
    var response: Response
    do {
      response = try await body(try authenticated(request))
    } catch let failure as WebexFailure {
      response = failure.response(trackingID: trackingID)
    } catch {
      response = WebexFailure(500, "Internal server error").response(trackingID: trackingID)
    }
    response.headers["TrackingID"] = trackingID
    return response
  }

  func authenticated(_ request: Request) throws(WebexFailure) -> Person {
    guard let token = request.bearerToken, let person = read({ $0.person(token: token) }) else {
      throw .unauthorized
    }
    return person
  }

  /// DNS rebinding sends a foreign `Host`, a foreign page a foreign `Origin`.
  private static func isLocal(_ request: Request) -> Bool {
    let hosts: Set<Substring> = ["127.0.0.1", "localhost", "[::1]"]
    func name(_ authority: Substring) -> Substring {
      guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else {
        return authority
      }
      return authority[..<colon]
    }
    if let host = request.headers["host"], !hosts.contains(name(Substring(host))) { return false }
    guard let origin = request.headers["origin"] else { return true }
    guard let scheme = origin.firstRange(of: "://") else { return false }
    return hosts.contains(name(origin[scheme.upperBound...]))
  }
}
