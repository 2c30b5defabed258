// Which targets a link of a model may have, and which host a reader must be shown.

enum LinkTarget {
  private static let schemes: Set<String> = [
    "http", "https", "mailto", "tel", "sip", "sips", "webexteams",
  ]

  /// What files and frameworks end in, other than hosts that many know.
  private static let extensions: Set<String> = [
    "js", "ts", "jsx", "tsx", "md", "py", "rs", "rb", "go", "cs", "kt", "sh", "css", "html", "json",
    "yaml", "yml", "toml", "xml", "csv", "txt", "pdf", "cpp", "java", "swift", "vue", "sql", "lock",
  ]
  private static let products: Set<String> = ["asp.net", "vb.net", "ado.net", "ml.net"]

  /// Whether a press on it does what links do: opens a page, a mail, a call. A target without a
  /// scheme is relative and harmless.
  static func isSafe(_ target: String) -> Bool {
    let head = target.unicodeScalars.prefix { !"/?#".unicodeScalars.contains($0) }
    // Renderers decode entities and escapes, and skip blanks, before they look for a scheme.
    let isHiding = head.contains {
      "&\\".unicodeScalars.contains($0) || $0.properties.isWhitespace
        || $0.properties.isDefaultIgnorableCodePoint || $0.value < 0x20
    }
    if isHiding { return false }
    guard let colon = head.firstIndex(of: ":") else { return true }
    return schemes.contains(String(head[..<colon]).lowercased())
  }

  /// The host that a press leads to: behind what pretends to be one (`https://bank.com@evil/`).
  static func host(of target: String) -> String? {
    let lower = target.lowercased()
    let rest: Substring
    let isSlash = { (character: Character) in character == "/" || character == "\\" }
    if lower.hasPrefix("http:") || lower.hasPrefix("https:") {
      // Browsers take any number of slashes, none too.
      rest = lower.drop { $0 != ":" }.dropFirst().drop(while: isSlash)
    } else if let start = lower.firstRange(of: "://"),
      schemes.contains(String(lower[..<start.lowerBound]))
    {
      rest = lower[start.upperBound...]
    } else if lower.prefix(2).count == 2, lower.prefix(2).allSatisfy(isSlash) {
      rest = lower.drop(while: isSlash)
    } else if lower.hasPrefix("mailto:") {
      rest = lower.dropFirst(7)
    } else {
      return nil
    }
    let authority = rest.prefix { !"/?#\\".contains($0) }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let name = host.hasPrefix("[") ? host : host.prefix { $0 != ":" }
    // What could leave the link that it is shown in.
    let safe = name.filter { $0.isLetter || $0.isNumber || "-._:".contains($0) }
    return safe.isEmpty ? nil : String(safe)
  }

  /// The target's host, if the text of its link names another.
  static func disguisedHost(label: String, target: String) -> String? {
    guard let host = host(of: target) else { return nil }
    let visible = unescaped(label).unicodeScalars.filter {
      !$0.properties.isDefaultIgnorableCodePoint
    }
    let text = String(String.UnicodeScalarView(visible))
    let words = text.split(whereSeparator: \.isWhitespace)
      .map { $0.trimmingPrefix(while: { "*_`~(\"'<".contains($0) }) }
    for word in words {
      let isAddress = word.contains("://") || word.lowercased().hasPrefix("www.")
      guard isAddress || words.count == 1, let named = namedHost(word) else { continue }
      // A file's name looks like a host: `main.rs`.
      let isFile = !isAddress && target.lowercased().hasSuffix("/" + named)
      if !isFile, bare(named) != bare(host) { return host }
    }
    return nil
  }

  /// The label as a renderer shows it.
  private static func unescaped(_ label: String) -> String {
    let plain = label.replacing(/\\([!-\/:-@\[-`{-~])/) { $0.output.1 }
    guard plain.contains("&") else { return plain }
    let decoded = plain.replacing(/&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));/) { match in
      let code =
        match.output.1.flatMap { UInt32($0, radix: 16) }
        ?? match.output.2.flatMap { UInt32($0) }
      return code.flatMap(Unicode.Scalar.init).map { String($0) } ?? ""
    }
    return [("&period;", "."), ("&sol;", "/"), ("&colon;", ":"), ("&commat;", "@")]
      .reduce(HTMLTag.decoded(decoded)) { $0.replacing($1.0, with: $1.1) }
  }

  private static func bare(_ host: String) -> String {
    host.hasPrefix("www.") ? String(host.dropFirst(4)) : host
  }

  private static func namedHost(_ word: Substring) -> String? {
    let lower = String(word).lowercased()
    if let host = host(of: lower) { return host }
    // An address of a person names its host too.
    let name =
      lower.prefix { !"/?#:".contains($0) }
      .split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let trimmed = name.filter { !"*_`~)\"'>,;!".contains($0) }
    let labels = trimmed.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 2, labels.allSatisfy({ isLabel($0) }), let last = labels.last,
      last.count >= 2, last.allSatisfy(\.isLetter)
    else { return nil }
    // `Node.js` and `README.md` name no host.
    let isAddress = lower.hasPrefix("www.") || lower.contains("/") || lower.contains("@")
    if !isAddress, extensions.contains(String(last)) || products.contains(trimmed) { return nil }
    return trimmed
  }

  private static func isLabel(_ text: Substring) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
  }
}
