// What the scripted model says. Deterministic, and plain about what it is.

enum ScriptedText {
  /// The answer to `question` in `mode`.
  static func answer(_ question: String, script: ModelScript) -> String {
    if let text = script.text { return text }
    switch script.mode {
    case .echo: return question
    case .long: return long(script.length)
    case .answer: return reply(question)
    }
  }

  private static func reply(_ question: String) -> String {
    let shown = question.count > 300 ? question.prefix(300) + "…" : question[...]
    let quoted = shown.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "> \($0)" }.joined(separator: "\n")
    let lower = question.lowercased()
    if ["code", "function", "swift", "python", "script"].contains(where: { lower.contains($0) }) {
      return """
        I am the **scripted demo model**: I have no knowledge, but I can show what an answer with \
        code looks like. You asked:

        \(quoted)

        ```swift
        func greet(_ name: String) -> String {
          "Hello, \\(name)!"
        }

        print(greet("Webex"))
        ```

        1. The block above is fenced, with its language.
        2. Connect a real model with `LITELLM_BASE_URL` for a real answer.
        """
    }
    return """
      I am the **scripted demo model**, so this answer is made up by a script. You asked:

      \(quoted)

      What I can show you:

      - answers that *grow* while they are written
      - lists, quotes and `inline code`
      - a code block, if you ask me for code

      Connect a real model with `LITELLM_BASE_URL` for a real answer.
      """
  }

  /// Exactly `length` Unicode scalars: numbered paragraphs, lists and code blocks, the same every time.
  /// A cut inside a code block is avoided by ending with plain text.
  static func long(_ length: Int) -> String {
    let ending = "\n\nThe end of the long answer.\n"
    var text = "# A long answer\n\n"
    var section = 0
    while true {
      section += 1
      let part = self.section(section)
      if size(text) + size(part) + size(ending) > length { break }
      text += part
    }
    let filler = length - size(text) - size(ending)
    if filler > 0 {
      let words = String(repeating: "and so it goes on ", count: filler / 18 + 1)
      text += String(words.prefix(filler))
    }
    text += ending
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(length)))
  }

  private static func size(_ text: String) -> Int { text.unicodeScalars.count }

  private static func section(_ number: Int) -> String {
    """
    ## Part \(number)

    Paragraph \(number) says something of middling length about item \(number * 7), so that a \
    reader can see whether every part has arrived, once and in its place. Umlauts (äöü), an emoji \
    (👩‍💻) and 漢字 are here because bytes are not characters.

    - point \(number).1 with **bold** text
    - point \(number).2 with *italic* text and `code`
    - point \(number).3

    ```swift
    // Part \(number)
    func part\(number)(_ values: [Int]) -> Int {
      values.reduce(\(number)) { sum, value in
        sum + value * \(number)
      }
    }
    ```


    """
  }

  /// Word pieces of at most eight characters, spaces kept: joined they are `text`.
  static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var current = ""
    for character in text {
      if !current.isEmpty, character == " " || character == "\n" || current.count >= 8 {
        tokens.append(current)
        current = ""
      }
      current.append(character)
    }
    if !current.isEmpty { tokens.append(current) }
    return tokens
  }
}
