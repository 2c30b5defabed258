// The line under an answer that says what it took. Chosen by the operator (`REPLY_FOOTER`).

/// Which facts stand under an answer, in this order.
public struct ReplyFooter: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The model that answered; LiteLLM may have fallen back to another one than was asked.
  public static let model = ReplyFooter(rawValue: 1)
  /// Tokens of prompt and answer together.
  public static let tokens = ReplyFooter(rawValue: 2)
  /// US dollars, where the proxy knows a price.
  public static let cost = ReplyFooter(rawValue: 4)
  /// From the question's turn to the last token.
  public static let seconds = ReplyFooter(rawValue: 8)
  public static let all: ReplyFooter = [.model, .tokens, .cost, .seconds]

  /// What is not known is left out.
  func parts(_ end: TurnEnd, model: String?, time: Duration) -> [String] {
    var parts: [String] = []
    if contains(.model), let model { parts.append("`\(model.replacing("`", with: ""))`") }
    if contains(.tokens), let prompt = end.promptTokens, let completion = end.completionTokens {
      parts.append("\(Self.grouped(prompt + completion)) tokens")
    }
    if contains(.cost), let cost = end.cost, cost > 0 { parts.append(Self.dollars(cost)) }
    if contains(.seconds) { parts.append(Self.seconds(time)) }
    return parts
  }

  private static func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: index)
      index -= 3
    }
    return String(digits)
  }

  private static func dollars(_ cost: Double) -> String {
    guard cost >= 0.0001 else { return "< $0.0001" }
    return "$" + decimal(cost, places: cost < 1 ? 4 : 2)
  }

  private static func seconds(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    return decimal(Double(seconds) + Double(attoseconds) / 1e18, places: 1) + " s"
  }

  private static func decimal(_ value: Double, places: Int) -> String {
    let scale = [1, 10, 100, 1_000, 10_000][places]
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
