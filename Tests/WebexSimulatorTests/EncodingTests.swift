import Testing

@testable import WebexSimulator

@Suite("JSON, ids, times and patterns")
struct EncodingTests {
  @Test(
    "JSON comes back as it went",
    arguments: [
      #"{"a":[1,-2,0.5,true,false,null,"x\n\"\\"],"b":{}}"#, #"[]"#, #""😀é""#, "1e-07",
      #"{"b":1,"a":2}"#,
    ])
  func roundTrip(text: String) {
    #expect(JSON(parsing: text)?.serialized == text)
  }

  @Test(
    "what is not JSON is refused",
    arguments: [
      "", "{", "[1,]", "{\"a\"}", "nul", "01x", "\"\\x\"", "\"\u{1}\"", "[] []", "-", "1.",
    ])
  func malformed(text: String) {
    #expect(JSON(parsing: text) == nil)
  }

  @Test("escapes are read, surrogate pairs and lone ones too")
  func escapes() {
    #expect(JSON(parsing: #""\u00e9\ud83d\ude00\ud83d!""#)?.string == "é😀\u{FFFD}!")
    #expect(JSON(parsing: String(repeating: "[", count: 100_000)) == nil)
  }

  @Test("the known pair of REST id and uuid holds")
  func knownID() {
    let encoded =
      "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOTJkYjNiZTAtNDNiZC0xMWU2LThhZTktZGQ1YjNkZmM1NjVk"
    let id = HydraID(cluster: "us", kind: .message, key: "92db3be0-43bd-11e6-8ae9-dd5b3dfc565d")
    #expect(id.encoded == encoded)
    #expect(HydraID(encoded) == id)
    #expect(HydraID(encoded + "==") == id)
    #expect(HydraID("bm9wZQ") == nil)
  }

  @Test("Base64 and SHA-1 give the RFCs' vectors")
  func vectors() {
    for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
      #expect(Base64.encode(Array(text.utf8)) == encoded)
      #expect(Base64.decode(encoded) == Array(text.utf8))
    }
    let hash = SHA1.hash(Array("abc".utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      .joined()
    #expect(hash == "a9993e364706816aba3e25717850c26c9cd0d89d")
  }

  @Test(
    "times are ISO 8601 with milliseconds",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_793_697_320_007, "2026-11-03T09:15:20.007Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    ])
  func times(milliseconds: Int, iso: String) {
    #expect(Timestamp(milliseconds: milliseconds).iso == iso)
    #expect(Timestamp(iso: iso)?.milliseconds == milliseconds)
  }

  @Test(
    "a rule's path matches whole paths, with * for anything",
    arguments: [
      ("/v1/messages", "/v1/messages", true), ("/v1/messages", "/v1/messages/x", false),
      ("/v1/messages/*", "/v1/messages/x", true), ("/v1/*/x", "/v1/a/b/x", true),
      ("/v1/*/x", "/v1/a/y", false), ("*", "/anything", true),
    ])
  func globs(pattern: String, path: String, isMatch: Bool) {
    #expect(Rule.glob(pattern[...], path[...]) == isMatch)
  }
}
