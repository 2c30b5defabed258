// The Link header, in the forms that RFC 8288 allows and in those that Webex has spoilt.

import Testing

@testable import WebexAPI

@Suite("NextPage")
struct NextPageTests {
  @Test(
    "the next link is found",
    arguments: [
      (#"<https://a/b?c=1>; rel="next""#, "https://a/b?c=1"),
      (#"<https://a/b>;rel=next"#, "https://a/b"), (#"<https://a/b> ; REL="NEXT""#, "https://a/b"),
      (#"<https://a/1>; rel="prev", <https://a/2>; rel="next""#, "https://a/2"),
      (#"<https://a/1,2;3>; rel="last next first""#, "https://a/1,2;3"),
      (#"<https://a/1>; title="a, b; rel=\"next\"", <https://a/2>; rel=next"#, "https://a/2"),
      (#"<https://a/1>; title="<"; rel="next""#, "https://a/1"),
      (#"<https://a/1>; rel=next; anchor="/x", </2>; rel=next"#, "/2"),
      (#"<https://a/1>; rel=next, <https://a/2>; rel=next"#, "https://a/1"),
    ])
  func found(header: String, target: String) { #expect(NextPage.target(ofLink: header) == target) }

  @Test(
    "a header without a next link has none",
    arguments: [
      "", "<>; rel=next", "https://a; rel=next", #"<https://a>; rel="previous""#, "<https://a>",
      #"<https://a; rel="next""#, #"<https://a>; rev="next""#, #"<https://a>; rel="nextish""#,
      #"<https://a>; rel=prev; rel=next"#,
    ])
  func absent(header: String) { #expect(NextPage.target(ofLink: header) == nil) }

  @Test(
    "a target is resolved against the page it came with",
    arguments: [
      ("https://x.example/v1/rooms?cursor=2", "https://x.example/v1/rooms?cursor=2"),
      ("/v1/rooms?cursor=2", "https://h:8/v1/rooms?cursor=2"),
      ("?cursor=2", "https://h:8/v1/rooms?cursor=2"),
      ("rooms2", "https://h:8/v1/rooms2"), ("//evil.org/v1", "https://evil.org/v1"),
      ("https://x.example/a#fragment", "https://x.example/a"),
    ])
  func resolved(target: String, url: String) {
    let page = "https://h:8/v1/rooms?type=group"
    #expect(NextPage.url(target: target, from: page, first: page) == url)
  }

  static let first =
    "https://h/v1/messages?roomId=R&mentionedPeople=me&before=2026-01-01T00%3A00%3A00.000Z&max=2"

  @Test(
    "what Webex drops or writes as null is put back, and nothing else is touched",
    arguments: [
      (
        "https://h/v1/messages?roomId=R&mentionedPeople=me&before=X&max=2&beforeMessage=M",
        "https://h/v1/messages?roomId=R&mentionedPeople=me&before=X&max=2&beforeMessage=M"
      ),
      (
        "https://h/v1/messages?beforeMessage=M&max=null&cursor=a%2Fb&x=null",
        "https://h/v1/messages?beforeMessage=M&cursor=a%2Fb&x=null&roomId=R&mentionedPeople=me&before=2026-01-01T00%3A00%3A00.000Z&max=2"
      ),
      (
        "https://h/v1/messages?roomId=&parentId=null&beforeMessage=null&mentionedPeople=me&before=B&max=5",
        "https://h/v1/messages?mentionedPeople=me&before=B&max=5&roomId=R"
      ),
    ])
  func repaired(target: String, url: String) {
    #expect(NextPage.url(target: target, from: Self.first, first: Self.first) == url)
  }
}
