// One field of a form: its input, what is wrong with it, where its value comes from.

import WebexAPI

enum CardField {
  /// - Parameters:
  ///   - problem: Markdown, shown above the input on a red ground.
  ///   - source: plain text below the input.
  ///   - more: a second input that belongs to it.
  static func elements(
    _ input: CardElement, problem: String?, source: String?, more: [CardElement] = []
  ) -> [CardElement] {
    let lines = [input] + (source.map { [CardText.aside($0)] } ?? []) + more
    guard let problem else { return lines }
    let runs = CardText.runs(
      line: problem.split(whereSeparator: \.isNewline).joined(separator: " "))
    let reason = runs.map { run in
      var run = run
      run.color = .attention
      run.weight = .bolder
      return run
    }
    return [.container([.richText(reason)] + lines, style: .attention)]
  }
}
