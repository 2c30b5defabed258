// The bounds of Webex's REST API, named once. Replies are planned against them.

/// Limits of the Webex REST API.
public enum WebexLimits {
  /// UTF-8 bytes, not characters, of one message's `text` or `markdown` (Webex REST reference).
  public static let maximumMessageBytes = 7_439
  /// Edits of one message; the eleventh is answered with 400 (Webex REST reference).
  public static let maximumEdits = 10
  /// Bytes of one uploaded file (100 MB).
  public static let maximumFileBytes = 100_000_000
  /// Messages per page when `mentionedPeople` is given (Webex REST reference).
  public static let maximumMentionPage = 100
  /// Bytes of one JSON response that this client reads before it gives up.
  public static let maximumResponseBytes = 8 << 20
}
