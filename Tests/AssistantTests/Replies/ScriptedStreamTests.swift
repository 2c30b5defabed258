// Every scripted stream against every rule of Webex and of replies.

import Testing

@testable import Assistant

@Suite("Streams, scripted")
struct ScriptedStreamTests {
  @Test(
    "whatever a stream does, the reader has the answer once and whole",
    arguments: ScriptedStreams.all)
  func holds(script: ReplyScript) {
    let reply = script.run()
    #expect(reply.complaints == [])
    #expect(reply.outcome == script.outcome)
    if let longest = script.longestPause { #expect(reply.longestPause <= longest) }
    if let messages = script.messages { #expect(messages.contains(reply.webex.texts.count)) }
    let edits = reply.webex.counts[.edit, default: 0] + reply.webex.counts[.finalEdit, default: 0]
    if let expected = script.edits { #expect(expected.contains(edits)) }
    if let files = script.files { #expect(reply.webex.files.count == files) }
    if let posts = script.posts { #expect(reply.webex.counts[.post, default: 0] == posts) }
  }

  @Test("the table is a table")
  func size() {
    #expect(ScriptedStreams.all.count >= 40)
    #expect(Set(ScriptedStreams.all.map(\.name)).count == ScriptedStreams.all.count)
  }
}
