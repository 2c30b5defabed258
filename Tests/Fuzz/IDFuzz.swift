// A libFuzzer harness for Webex's ids: any text is read or refused, and what was read keeps its meaning.
// scripts/fuzz runs it.
//
// fuzz-module: WebexAPI
// fuzz-link: -lcurl

import WebexAPI

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start else { return 0 }
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  check(text)
  // Most inputs are not base64: as the address inside of it they get further.
  let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
  guard parts.count == 3 else { return 0 }
  check(
    WebexID(
      cluster: String(parts[0]), kind: .init(word: String(parts[1])), uuid: String(parts[2])
    ).encoded)
  return 0
}

private func check(_ text: String) {
  guard let id = WebexID(text) else { return }
  precondition(!id.uuid.isEmpty && !id.cluster.isEmpty, "an id without a name")
  guard id.encoded.utf8.count <= 1_024 else { return }
  precondition(WebexID(id.encoded) == id, "an id changed on its way")
  precondition(!id.encoded.contains("="), "padding")
}
