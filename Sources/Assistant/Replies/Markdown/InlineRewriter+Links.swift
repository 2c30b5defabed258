// How links and images are written. Part of the inline rewriter.

extension InlineRewriter {
  /// - Parameter written: the target as it stands between the parentheses, nil for a reference.
  func link(_ label: ArraySlice<UInt8>, target: String, written: [UInt8]?, end: Int) -> InlineStep {
    let shown = inner(label)
    guard LinkTarget.isSafe(target) else {
      let scheme = target.prefix { $0 != ":" }
      let isPlain = scheme.allSatisfy { $0.isLetter && $0.isASCII } && target.utf8.count <= 100
      let isHarmful = ["javascript", "data", "vbscript", "file", "blob"].contains(
        scheme.lowercased())
      guard isPlain, !isHarmful, !target.contains("`") else { return .replace(end: end, shown) }
      return .replace(end: end, shown + Array(" (`\(target)`)".utf8))
    }
    let host = LinkTarget.disguisedHost(label: shown.string, target: target)
    if host == nil, shown.elementsEqual(label), written != nil { return .copy(end) }
    var new: [UInt8] = Array("[".utf8) + shown
    if let host { new.append(" (\(host))") }
    new.append("](")
    new += written ?? Array(Brackets.written(target).utf8)
    new.append(")")
    return .replace(end: end, new)
  }

  /// Webex shows no images in text: a link that says where it is.
  func image(_ alternative: ArraySlice<UInt8>, target: String) -> [UInt8] {
    let alt = inner(alternative)
    guard depth == 0, LinkTarget.isSafe(target), let host = LinkTarget.host(of: target) else {
      return alt.isEmpty ? Array("image".utf8) : alt
    }
    let text = alt.isEmpty ? host : "\(alt.string) (\(host))"
    return Array("[\(text)](\(Brackets.written(target)))".utf8)
  }

  /// A `](…` whose beginning was given up as text, or stands on an earlier line, is still a link
  /// to a renderer: an unsafe one is broken.
  mutating func strayTarget(_ bytes: [UInt8], at start: Int, isEnd: Bool) -> InlineStep {
    guard start + 1 < bytes.count else { return isEnd ? .copy(start + 1) : .needsMore }
    guard bytes[start + 1] == "(" else { return .copy(start + 1) }
    let broken = InlineStep.replace(end: start + 2, Array("]\\(".utf8))
    guard patience > 0 else { return broken }
    let limit = Swift.min(start + 82, bytes.count)
    var first = start + 2
    while first < limit, bytes[first].isBlank || bytes[first] == "<" { first += 1 }
    var end = first
    while end < limit, bytes[end] != ")", !bytes[end].isBlank { end += 1 }
    if end == bytes.count, end < start + 82, !isEnd { return .needsMore }
    // The target may stand on the next line.
    if end == first, first >= limit { return broken }
    let target = bytes[first..<bytes.scalarBorder(at: end)].string
    patience -= 1
    return LinkTarget.isSafe(target) ? .copy(start + 1) : broken
  }
}
