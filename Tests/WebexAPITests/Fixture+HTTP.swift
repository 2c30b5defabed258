// Errors as webexapis.com and its neighbours answer them.

import Testing

/// A status, its headers and its body.
struct HTTPFixture: Sendable, CustomTestStringConvertible {
  let name: String
  let status: Int
  let headers: [String: String]
  let body: String

  var testDescription: String { name }
}

extension HTTPFixture {
  static let error400BadId = HTTPFixture(
    name: "400-bad-id", status: 400, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Expect base64 ID or UUID.", "errors": [{"description": "Expect base64 ID or UUID."}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error400EditCardOrFile = HTTPFixture(
    name: "400-edit-card-or-file", status: 400, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Editing messages with files or attachments is not supported", "errors": [{"description": "Editing messages with files or attachments is not supported"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error400EditLimit = HTTPFixture(
    name: "400-edit-limit", status: 400, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Maximum number of edits reached for this message", "errors": [{"description": "Maximum number of edits reached for this message"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error400MissingRoomId = HTTPFixture(
    name: "400-missing-roomId", status: 400, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Required String parameter 'roomId' is not present", "errors": [{"description": "Required String parameter 'roomId' is not present"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error400NoContent = HTTPFixture(
    name: "400-no-content", status: 400, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Both text and file cannot be empty.", "errors": [{"description": "Both text and file cannot be empty."}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error400TwoDestinations = HTTPFixture(
    name: "400-two-destinations", status: 400, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Exactly one of the destination fields must not be empty (roomId, toPersonEmail, toPersonId)", "errors": [{"description": "Exactly one of the destination fields must not be empty (roomId, toPersonEmail, toPersonId)"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error401 = HTTPFixture(
    name: "401", status: 401, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "The request requires a valid access token set in the Authorization request header.", "errors": [{"description": "The request requires a valid access token set in the Authorization request header."}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error403BotListGroup = HTTPFixture(
    name: "403-bot-list-group", status: 403, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Bots must include mentionedPeople=me to list messages in group rooms", "errors": [{"description": "Bots must include mentionedPeople=me to list messages in group rooms"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error404Message = HTTPFixture(
    name: "404-message", status: 404, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Unable to get message.", "errors": [{"description": "Unable to get message."}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error404Room = HTTPFixture(
    name: "404-room", status: 404, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Could not find a room with provided ID.", "errors": [{"description": "Could not find a room with provided ID."}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error410ContentInfected = HTTPFixture(
    name: "410-content-infected", status: 410, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "File is infected and unavailable", "errors": [{"description": "File is infected and unavailable"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error423ContentScanning = HTTPFixture(
    name: "423-content-scanning", status: 423,
    headers: ["TrackingID": "ROUTERGW_fixture", "Retry-After": "5"],
    body:
      #"{"message": "File is being scanned for malware", "errors": [{"description": "File is being scanned for malware"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error428ContentUnscannable = HTTPFixture(
    name: "428-content-unscannable", status: 428, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "File could not be scanned; use allow=unscannable", "errors": [{"description": "File could not be scanned; use allow=unscannable"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error429 = HTTPFixture(
    name: "429", status: 429, headers: ["TrackingID": "ROUTERGW_fixture", "Retry-After": "4"],
    body:
      #"{"message": "Too many requests", "errors": [{"description": "Too many requests"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let error503 = HTTPFixture(
    name: "503", status: 503, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Service unavailable", "errors": [{"description": "Service unavailable"}], "trackingId": "ROUTERGW_fixture"}"#
  )

  static let wdm403ExcessiveRegistrations = HTTPFixture(
    name: "wdm-403-excessive-registrations", status: 403,
    headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "User has excessive device registrations", "errors": [{"description": "User has excessive device registrations"}], "trackingId": "webex-bot_fixture"}"#
  )

  static let wdm404DeviceNotFound = HTTPFixture(
    name: "wdm-404-device-not-found", status: 404, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "Device not found.", "errors": [{"description": "Device not found."}], "trackingId": "webex-bot_fixture"}"#
  )

  static let wdm404NoDevices = HTTPFixture(
    name: "wdm-404-no-devices", status: 404, headers: ["TrackingID": "ROUTERGW_fixture"],
    body:
      #"{"message": "No devices found.", "errors": [{"description": "No devices found."}], "trackingId": "webex-bot_fixture"}"#
  )

  static let all = [
    error400BadId,
    error400EditCardOrFile,
    error400EditLimit,
    error400MissingRoomId,
    error400NoContent,
    error400TwoDestinations,
    error401,
    error403BotListGroup,
    error404Message,
    error404Room,
    error410ContentInfected,
    error423ContentScanning,
    error428ContentUnscannable,
    error429,
    error503,
    wdm403ExcessiveRegistrations,
    wdm404DeviceNotFound,
    wdm404NoDevices,
  ]
}
