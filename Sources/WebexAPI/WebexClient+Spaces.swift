// People, spaces, memberships.

import CurlHTTP
import HTTPTypes

extension WebexClient {
  /// The bot itself; the cheapest test of a token.
  public func me() async throws -> Person { try await decoded(Call(.get, "/people/me")) }

  public func person(_ id: String) async throws -> Person {
    try await decoded(Call(.get, "/people/\(Self.pathSegment(id))"))
  }

  /// The people with that address, at most one in practice.
  public func people(email: String) async throws -> [Person] {
    try await paged("/people", [("email", email)]).collect(upTo: 100)
  }

  public func room(_ id: String) async throws -> Room {
    try await decoded(Call(.get, "/rooms/\(Self.pathSegment(id))"))
  }

  /// The bot's spaces. `max` is per page, 1…1000.
  public func rooms(
    type: RoomType? = nil, sortBy: RoomOrder? = nil, max: Int = 100,
    priority: CallPriority = .ordinary
  ) -> Paged<Room> {
    paged(
      "/rooms", [("type", type?.word), ("sortBy", sortBy?.rawValue), ("max", "\(max)")],
      priority: priority)
  }

  /// A space's members, or one of them. `max` is per page, 1…1000.
  public func memberships(roomID: String, personID: String? = nil, max: Int = 100)
    -> Paged<Membership>
  {
    paged(
      "/memberships", [("roomId", roomID), ("personId", personID), ("max", "\(max)")])
  }

  /// Leaves a space, when the membership is the bot's own.
  public func deleteMembership(_ id: String) async throws {
    try await delete("/memberships/\(Self.pathSegment(id))")
  }

  /// Not found is success when an earlier attempt, whose answer was lost, may have deleted it.
  func delete(_ path: String) async throws {
    do {
      _ = try await perform(Call(.delete, path))
    } catch let error as WebexError where error.code == .notFound && error.mayHaveArrived {
      return
    }
  }
}
