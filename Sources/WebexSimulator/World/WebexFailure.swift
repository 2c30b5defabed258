// The failures that the REST and WDM surfaces answer, with the texts that are known from Webex.

/// Becomes `{"message","errors":[{"description"}],"trackingId"}` with its status.
struct WebexFailure: Error, Sendable {
  var status: Int
  var message: String
  var headers: Headers = [:]

  init(_ status: Int, _ message: String, headers: Headers = [:]) {
    self.status = status
    self.message = message
    self.headers = headers
  }

  func response(trackingID: String) -> Response {
    .json(
      [
        "message": .string(message),
        "errors": [["description": .string(message)]],
        "trackingId": .string(trackingID),
      ], status: status, headers: headers)
  }

  static let unauthorized = Self(
    401, "The request requires a valid access token set in the Authorization request header.")
  static let badID = Self(400, "Expect base64 ID or UUID.")
  static let noMessage = Self(404, "Unable to get message.")
  static let noRoom = Self(404, "Could not find a room with provided ID.")
  static let noPerson = Self(404, "Could not find a person with provided ID or email.")
  static let noMembership = Self(404, "Failed to get membership.")
  static let noAction = Self(404, "Unable to get attachment action.")
  static let noContent = Self(404, "Could not find a content with provided ID.")
  static let notFound = Self(404, "The requested resource could not be found.")
  static let methodNotAllowed = Self(405, "The request method is not supported.")
  static let destination = Self(
    400,
    "Exactly one of the destination fields must not be empty (roomId, toPersonEmail, toPersonId)")
  static let empty = Self(400, "Both text and file cannot be empty.")
  static let tooLong = Self(400, "Message text or markdown exceeds the maximum of 7439 bytes.")
  static let editLimit = Self(400, "Maximum number of edits reached for this message")
  static let editOfFile = Self(400, "Editing messages with files or attachments is not supported")
  static let botListing = Self(
    403, "Bots must include mentionedPeople=me to list messages in group rooms")
  static let alreadyMember = Self(409, "Person is already in the room.")
  static let badJSON = Self(400, "Unable to parse the request body as JSON.")

  static func missing(_ parameter: String) -> Self {
    Self(400, "Required String parameter '\(parameter)' is not present")
  }
}
