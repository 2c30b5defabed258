import Testing

@testable import WebexSimulator

@Suite("Markdown becomes Webex's HTML")
struct MarkdownTests {
  static let table: [(String, String)] = [
    ("plain", "<p>plain</p>"),
    ("**bold** and *italic*", "<p><strong>bold</strong> and <em>italic</em></p>"),
    ("__bold__ _italic_", "<p><strong>bold</strong> <em>italic</em></p>"),
    ("***both***", "<p><strong><em>both</em></strong></p>"),
    ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
    ("*a **b***", "<p><em>a <strong>b</strong></em></p>"),
    ("snake_case_name", "<p>snake_case_name</p>"),
    ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
    ("**open", "<p>**open</p>"),
    ("`a < b` **`c`**", "<p><code>a &lt; b</code> <strong><code>c</code></strong></p>"),
    ("`` a ` b ``", "<p><code>a ` b</code></p>"),
    ("`open", "<p>`open</p>"),
    ("[t](https://a.b/c?d=1&e)", "<p><a href=\"https://a.b/c?d=1&amp;e\">t</a></p>"),
    ("[t](mailto:a@b.c)", "<p><a href=\"mailto:a@b.c\">t</a></p>"),
    ("[wiki](https://e.org/a_(b))", "<p><a href=\"https://e.org/a_(b)\">wiki</a></p>"),
    ("[no link] (x)", "<p>[no link] (x)</p>"),
    ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
    ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
    ("3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"),
    ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
    ("text\n- a", "<p>text</p>\n<ul><li>a</li></ul>"),
    ("> q\n> r", "<blockquote><p>q\nr</p></blockquote>"),
    ("# One\n## Two", "<h1>One</h1>\n<h2>Two</h2>"),
    ("#no", "<p>#no</p>"),
    (
      "```swift\nlet a = 1 < 2\n\n**x**\n```",
      "<pre><code class=\"language-swift\">let a = 1 &lt; 2\n\n**x**\n</code></pre>"
    ),
    ("````\n```\n````", "<pre><code>```\n</code></pre>"),
    ("```\nopen", "<pre><code>open\n</code></pre>"),
    ("a  \nb", "<p>a<br/>\nb</p>"),
    ("a\n\nb", "<p>a</p>\n<p>b</p>"),
    ("\\*no\\*", "<p>*no*</p>"),
    ("| a | b |", "<p>| a | b |</p>"),
    ("", ""),
  ]

  @Test("a documented construct becomes its tags", arguments: table)
  func construct(markdown: String, html: String) {
    let rendered = MarkdownHTML.render(markdown) { _ in nil }.html
    #expect(
      rendered.replacing("<br/>\n", with: "<br/>") == html.replacing("<br/>\n", with: "<br/>"))
  }

  static let attacks: [String] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](https://a\" onmouseover=\"alert(1))",
    "`<script>`",
    "```\"><script>\n<script>\n```",
    "**<b onclick=x>**",
    "<@personEmail:\"><script>>",
    "<@personId:x|<script>alert(1)</script>>",
    "# <svg/onload=x>",
    "> <iframe src=//x>",
    "- <a href='javascript:x'>",
  ]

  @Test("what is not documented stays text", arguments: attacks)
  func attack(markdown: String) {
    let html = MarkdownHTML.render(markdown) { key in
      Mentionable(uuid: "u", restID: "id", displayName: "<i>\(key)</i>")
    }.html
    let tags = html.matches(of: /<[^>]*>/).map { String($0.output) }
    let allowed =
      /<\/?(p|strong|em|code|pre|ul|ol|li|blockquote|h[1-6]|br\/|spark-mention|a)( (class|href|data-object-type|data-object-id|start)="[^"<>]*")*>/
    for tag in tags {
      #expect(tag.wholeMatch(of: allowed) != nil, "\(tag) in \(html)")
      #expect(!tag.lowercased().contains("javascript:") && !tag.contains("data:text"))
    }
  }

  @Test("mentions become spark-mention, are collected once, and show a name in the text")
  func mentions() {
    let alice = Mentionable(uuid: "uuid-a", restID: "ID-A", displayName: "Alice Example")
    let rendered = MarkdownHTML.render(
      "<@personEmail:Alice@Example.com> <@personId:ID-A|Al> <@ALL> <@here> <@personEmail:x@y.z>"
    ) { key in key == .email("alice@example.com") || key == .id("ID-A") ? alice : nil }
    #expect(rendered.mentionedPeople == ["uuid-a"])
    #expect(rendered.mentionedGroups == ["all", "here"])
    #expect(rendered.text == "Alice Example Al All Here <@personEmail:x@y.z>")
    #expect(
      rendered.html.contains(
        "<spark-mention data-object-type=\"person\" data-object-id=\"ID-A\">Al</spark-mention>"))
    #expect(
      rendered.html.contains(
        "<spark-mention data-object-type=\"groupMention\" data-group-type=\"all\">All"))
  }

  @Test("a mention within code is code")
  func mentionInCode() {
    let rendered = MarkdownHTML.render("`<@all>`\n\n```\n<@all>\n```") { _ in nil }
    #expect(rendered.mentionedGroups.isEmpty)
  }

  @Test("text is the HTML without tags, one line per block")
  func plainText() {
    let rendered = MarkdownHTML.render("# T\n\na **b** & c\n\n- x\n- y") { _ in nil }
    #expect(rendered.text.split(separator: "\n") == ["T", "a b & c", "x", "y"])
  }

  @Test("the html field keeps only its short list of tags")
  func htmlSubset() {
    #expect(
      HTMLSubset.clean("<h1>a</h1><script>x</script><b>c</b><a href=\"https://a.b\">l</a>")
        == "<h1>a</h1>&lt;script&gt;x&lt;/script&gt;<b>c</b><a href=\"https://a.b\">l</a>")
    #expect(HTMLSubset.clean("<a href=\"javascript:x\">l") == "<a>l</a>")
    #expect(HTMLSubset.clean("<b onclick=\"x\">&amp;") == "<b>&amp;</b>")
  }
}
