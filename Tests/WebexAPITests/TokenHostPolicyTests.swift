// Where the token may go, and every trick that must not move it.

import Testing
import WebexAPI

@Suite("TokenHostPolicy")
struct TokenHostPolicyTests {
  private func isAllowed(_ url: String, operatorURLs: [String] = []) -> Bool {
    do throws(WebexError) {
      try TokenHostPolicy(operatorURLs: operatorURLs).check(url)
      return true
    } catch {
      #expect(error.code == .hostNotAllowed)
      return false
    }
  }

  @Test(
    "Webex's own hosts see the token over TLS",
    arguments: [
      "https://webexapis.com/v1/people/me", "https://webexapis.com", "https://eu.webexapis.com/v1",
      "https://u2c.wbx2.com/u2c/api/v1/catalog?format=hostmap",
      "https://wdm-a.wbx2.com:443/wdm/api/v1/devices",
      "wss://mercury-connection-partition0-a.wbx2.com/v1/apps/wx2/registrations/1/messages",
      "https://prod-achm-message.svc.webex.com/conversation/api/v1",
      "https://api.ciscospark.com/v1/messages", "HTTPS://API.CiscoSpark.COM/v1",
      "https://webexapis.com?x=1", "https://webexapis.com/a@b.example/", "https://webexapis.com/#x",
      "https://xn--tst-qla.webex.com/",
    ])
  func webexHosts(url: String) { #expect(isAllowed(url)) }

  @Test(
    "no other address does",
    arguments: [
      // Names that only look right.
      "https://evil-webex.com/", "https://evilwebex.com/", "https://webex.com.evil.org/",
      "https://webexapis.com.evil.org/", "https://evil.org/.webex.com",
      "https://evil.org?.webex.com",
      "https://evil.org#.webex.com", "https://xwebexapis.com/", "https://webex.com/",
      "https://wbx2.com/", "https://.webex.com/", "https://..webex.com/", "https://a..webex.com/",
      "https://webexapis.com.", "https://webexapis.com./v1", "https://a.webex.com./",
      "https://webexаpis.com/",  // a Cyrillic a
      "https://webex。com/", "https://ａ.webex.com/",
      // User information, and what parsers disagree about.
      "https://webexapis.com@evil.org/", "https://a:b@webexapis.com/", "https://@webexapis.com/",
      "https://evil.org\\@webexapis.com/", "https://evil.org\\.webex.com/",
      "https://webexapis.com\\.evil.org/", "https://evil.org%2f.webex.com/",
      "https://evil.org%00.webex.com/", "https://evil.org\n.webex.com/",
      "https://evil.org .webex.com/",
      "https://evil.org\t.webex.com/", " https://webexapis.com/", "https:/webexapis.com/",
      "https:webexapis.com", "https:///webexapis.com/", "//webexapis.com/", "webexapis.com",
      "https://", "https:///", "",
      // Schemes and ports.
      "http://webexapis.com/v1", "ws://mercury.wbx2.com/", "ftp://api.webex.com/",
      "file:///api.webex.com", "javascript://api.webex.com/%0a", "https://webexapis.com:8443/",
      "https://webexapis.com:80/", "https://webexapis.com:/", "https://webexapis.com:0/",
      "https://webexapis.com:65536/", "https://webexapis.com:4430000/",
      "https://webexapis.com:+443/",
      "https://webexapis.com:443:443/", "https://webexapis.com:443@evil.org/",
      // Loopback and literals, without an operator's word.
      "http://127.0.0.1:8080/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
      "https://[::1].webex.com/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.1/",
    ])
  func otherHosts(url: String) { #expect(!isAllowed(url)) }

  @Test("the error names the host, not what hides around it")
  func errorText() throws {
    let error = #expect(throws: WebexError.self) {
      try TokenHostPolicy().check("https://evil.org/secret-path?secret-query")
    }
    #expect(error?.message == "the token must not go to https://evil.org:443")
    let tricky = #expect(throws: WebexError.self) {
      try TokenHostPolicy().check("https://user:secret@evil.org/")
    }
    #expect(tricky?.description.contains("secret") == false)
  }

  @Test(
    "an operator's https host and port see the token, and only they",
    arguments: [
      ("https://gateway.example/webex/v1", true), ("wss://gateway.example/x", true),
      ("https://GATEWAY.example:443/", true), ("https://gateway.example:8443/", false),
      ("http://gateway.example/", false), ("http://gateway.example:443/", false),
      ("https://a.gateway.example/", false), ("https://gateway.example.evil.org/", false),
      ("http://127.0.0.1:9/", false), ("https://webexapis.com/", true),
    ])
  func operatorHost(url: String, allowed: Bool) {
    #expect(isAllowed(url, operatorURLs: ["https://gateway.example/v1"]) == allowed)
  }

  @Test("an operator's plain http host off loopback sees nothing in the clear")
  func operatorPlainHTTP() {
    let operatorURLs = ["http://gateway.example:8080/v1"]
    #expect(!isAllowed("http://gateway.example:8080/v1/people/me", operatorURLs: operatorURLs))
    #expect(!isAllowed("ws://gateway.example:8080/", operatorURLs: operatorURLs))
    #expect(isAllowed("https://gateway.example:8080/", operatorURLs: operatorURLs))
  }

  @Test(
    "an operator on loopback opens every loopback port, plain or not, and nothing else",
    arguments: [
      ("http://127.0.0.1:8080/v1", true), ("ws://127.0.0.1:1/", true),
      ("http://localhost:3/", true),
      ("http://LOCALHOST/", true), ("https://127.9.8.7:4/", true), ("http://[::1]:5/", true),
      ("wss://[::1]/", true),
      ("http://127.0.0.1.evil.org/", false), ("http://localhost.evil.org/", false),
      ("http://127.1/", false), ("http://0x7f.0.0.1/", false), ("http://2130706433/", false),
      ("http://127.0.0.01/", false), ("http://127.0.0.256/", false), ("http://0.0.0.0/", false),
      ("http://[::]/", false), ("http://[::ffff:127.0.0.1]/", false), ("http://[::1/", false),
      ("http://[::1]x/", false), ("http://127.0.0.1@evil.org/", false),
      ("http://128.0.0.1/", false), ("http://webexapis.com/", false),
      ("https://webexapis.com/", true),
    ])
  func loopback(url: String, allowed: Bool) {
    #expect(isAllowed(url, operatorURLs: ["http://127.0.0.1:4000/v1"]) == allowed)
    #expect(isAllowed(url, operatorURLs: ["ws://localhost"]) == allowed)
    #expect(isAllowed(url, operatorURLs: ["https://[::1]:7/"]) == allowed)
  }

  @Test(
    "an operator's malformed URL allows nothing",
    arguments: ["", "localhost:80", "http://", "http://a@127.0.0.1/"])
  func malformedOperatorURL(url: String) {
    #expect(!isAllowed("http://127.0.0.1/", operatorURLs: [url]))
    #expect(isAllowed("https://webexapis.com/", operatorURLs: [url]))
  }
}
