import Foundation
import Testing
import Workbench

/// The report that is looked at, in a real browser: what it shows, what it fetches, and what hostile evidence can do.
struct HTMLReportTests {
  private static let hasBrowser = Program.areInstalled("chromium")

  /// Puts the report into a frame as wide as a phone, opens what is folded, and tells what is there.
  private static let harness = """
    <!DOCTYPE html><title>harness</title><body><pre id="out">not run</pre><script>
    window.hit = 0;
    const frame = document.createElement('iframe');
    frame.width = WIDTH; frame.height = 800; frame.srcdoc = REPORT;
    frame.onload = () => {
      const page = frame.contentDocument;
      const folded = page.documentElement.scrollHeight;
      const details = [...page.querySelectorAll('details')];
      details.forEach(d => d.open = true);
      const clipped = [...page.querySelectorAll('svg text')].filter(text => {
        const [box, view] = [text.getBBox(), text.ownerSVGElement.viewBox.baseVal];
        return box.x < view.x - 1 || box.x + box.width > view.x + view.width + 1;
      });
      const links = [...page.querySelectorAll('[src],[href]')].map(e => e.getAttribute('src') || e.getAttribute('href'));
      document.getElementById('out').textContent = JSON.stringify({
        details: details.length, folded, unfolded: page.documentElement.scrollHeight,
        width: page.documentElement.scrollWidth, hit: window.hit, incidents: page.querySelectorAll('.incident').length,
        foreign: page.querySelectorAll('script,img,iframe,object,embed,form,link,base,video,audio,b > *').length,
        handlers: [...page.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
        outside: links.filter(l => !l.startsWith('#')).length,
        dangling: links.filter(l => !page.getElementById(l.slice(1))).length,
        clipped: clipped.length, texts: page.querySelectorAll('svg text').length,
        fetched: frame.contentWindow.performance.getEntriesByType('resource').length,
      });
    };
    document.body.append(frame);
    </script>
    """

  private struct Sight {
    var facts: JSON
    var console: [String]
    subscript(name: String) -> Int? { facts[name].number.map { Int($0) } }
  }

  private func chromium(_ arguments: [String], _ scratch: Scratch) async throws -> Program.Result {
    try await Program.run(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
        "--user-data-dir=\(scratch.path)/profile", "--enable-logging=stderr",
      ] + arguments, executable: "/usr/bin/chromium")
  }

  private func look(_ html: String, width: Int) async throws -> Sight {
    let scratch = try Scratch()
    let literal = String(decoding: try JSONSerialization.data(withJSONObject: [html]), as: UTF8.self)
    let page = HTMLReportTests.harness.replacingOccurrences(of: "WIDTH", with: "\(width)")
      .replacingOccurrences(of: "REPORT", with: literal.replacingOccurrences(of: "</", with: "<\\/") + "[0]")
    let file = try scratch.write(page, "harness.html")
    let result = try await chromium(["--virtual-time-budget=5000", "--dump-dom", "file://\(file)"], scratch)
    let text = result.outputText
    let start = try #require(text.range(of: "<pre id=\"out\">"))
    let end = try #require(text.range(of: "</pre>"))
    let facts = text[start.upperBound..<end.lowerBound].replacingOccurrences(of: "&quot;", with: "\"")
    return Sight(
      facts: try JSON(Array(facts.utf8)),
      console: result.errorText.components(separatedBy: "\n").filter { $0.contains("CONSOLE") })
  }

  private func report(_ paths: String..., asOf: String = "2000-01-06") async throws -> String {
    HTMLReport(try await Analysing.run(paths, asOf: asOf)).rendered()
  }

  /// Text of an attacker, in each place from which a report quotes.
  private func hostile(_ scratch: Scratch) throws -> String {
    let tag = "<img/src=x/onerror=parent.hit=1>"
    let lines = [
      "Dec 27 15:14:25 \(tag) rpcbind: refused connect from \"><script>parent.hit=1</script> to dump()",
      "Dec 27 15:14:26 marlin rpcbind: refused connect from 10.1.1.1 to getport(\(tag))",
      "Dec 27 15:14:27 marlin' rpcbind: refused connect from 10.1.1.2 to getport(\"'><svg/onload=parent.hit=1>)",
      "Dec 27 15:14:28 marlin rpcbind: refused connect from </style><script>parent.hit=1</script> to callit(\(tag))",
      "Dec 27 15:14:29 marlin rpcbind: connect from loopback(&lt;script&gt;\(tag)) to unset()",
      "Dec 27 15:14:30 marlin inetd[139]:/usr/dt/bin/\(tag): Segmentation Fault",
    ]
    return try scratch.write(lines.joined(separator: "\n") + "\n", "\"><img src=x onerror=parent.hit=1>&#60;.log")
  }

  @Test(
    "a browser shows the watch: nothing is fetched, nothing runs, what is folded opens, and it fits",
    .enabled(if: hasBrowser, "Debian's chromium is not installed"), arguments: [380, 680, 1200])
  func shown(_ width: Int) async throws {
    let sight = try await look(try await report(Repository.y2kWatch), width: width)
    #expect(sight.console == [])
    #expect(sight["incidents"] == 21)
    #expect(try #require(sight["details"]) > 21)
    #expect(try #require(sight["unfolded"]) > #require(sight["folded"]) + 2000)
    #expect(try #require(sight["width"]) <= width, "wider than the page")
    for nothing in ["hit", "foreign", "handlers", "outside", "dangling", "fetched", "clipped"] {
      #expect(sight[nothing] == 0, "\(nothing)")
    }
  }

  @Test(
    "numbers of a flood are drawn whole",
    .enabled(if: hasBrowser, "Debian's chromium is not installed"))
  func flood() async throws {
    let scratch = try Scratch()
    let lines = (0..<30).map { number in
      "Dec 27 15:14:\(number + 10) marlin rpcbind[7]: refused connect from 10.1.1.\(number % 3 + 1) to dump()\n"
        + "Dec 27 15:14:\(number + 10) marlin last message repeated 99999 times\n"
    }
    let html = try await report(try scratch.write(lines.joined(), "flood.log"))
    let sight = try await look(html, width: 680)
    #expect(try #require(sight["texts"]) > 3)
    #expect(sight["clipped"] == 0)
  }

  @Test(
    "hostile evidence runs no script and makes no markup",
    .enabled(if: hasBrowser, "Debian's chromium is not installed"))
  func hostileShown() async throws {
    let scratch = try Scratch()
    let html = try await report(try hostile(scratch))
    #expect(html.contains("&lt;img/src=x/onerror"))
    // The lock behind the escaping is taken off, so that the escaping alone is tried.
    let bare = html.replacingOccurrences(of: "Content-Security-Policy", with: "X-Nothing")
    for page in [html, bare] {
      let sight = try await look(page, width: 380)
      #expect(try #require(sight["incidents"]) >= 3)
      #expect(sight.console == [])
      #expect(try #require(sight["width"]) <= 380)
      for nothing in ["hit", "foreign", "handlers", "outside", "dangling", "fetched"] {
        #expect(sight[nothing] == 0, "\(nothing)")
      }
    }
    // The harness would have seen it.
    let open = html.replacingOccurrences(
      of: "&lt;img/src=x/onerror=parent.hit=1&gt;", with: "<img src=x onerror=parent.hit=1>"
    )
    .replacingOccurrences(of: "Content-Security-Policy", with: "X-Nothing")
    let sight = try await look(open, width: 380)
    #expect(sight["hit"] == 1)
    #expect(try #require(sight["foreign"]) > 0)
  }

  @Test(
    "it prints on A4 with what was folded",
    .enabled(if: hasBrowser && Program.areInstalled("pdftotext", "pdfinfo"), "chromium or poppler-utils is missing"))
  func printed() async throws {
    let scratch = try Scratch()
    let file = try scratch.write(try await report(Repository.y2kWatch), "report.html")
    let pdf = scratch.path + "/report.pdf"
    _ = try await chromium(["--no-pdf-header-footer", "--print-to-pdf=\(pdf)", "file://\(file)"], scratch)
    let facts = try await Program.run([pdf], executable: "/usr/bin/pdfinfo").outputText
    #expect(facts.contains("(A4)"))
    let text = try await Program.run(["-layout", pdf, "-"], executable: "/usr/bin/pdftotext").outputText
    #expect(text.contains("max_match_entry"), "the evidence of the first incident is folded away")
  }

  @Test("the same evidence gives the same page, whatever the order of the inputs")
  func stable() async throws {
    let files = try Repository.files(Repository.y2kWatch)
    func page(_ paths: [String]) async throws -> String {
      let html = HTMLReport(try await Analysing.run(paths)).rendered()
      return try #require(html.components(separatedBy: "<h2>Inputs</h2>").first)
    }
    #expect(try await page(files) == page(files.reversed()))
  }

  @Test("evidence makes no Markdown, no HTML and no mention")
  func markdown() async throws {
    let scratch = try Scratch()
    var report = MarkdownReport(try await Analysing.run([try hostile(scratch)]))
    let lines = report.rendered().components(separatedBy: "\n")
    // Quoted records are indented code, which shows everything as it is.
    for line in lines where !line.hasPrefix("    ") {
      #expect(!line.contains("<"), "\(line)")
      #expect(!line.contains("@"), "\(line)")
    }
    #expect(lines.contains { $0.hasPrefix("**Condition recommended") })
    var watch = MarkdownReport(try await Analysing.run([Repository.y2kWatch]))
    let text = watch.rendered()
    #expect(text.contains("### 1. Exploitation of an RPC service (ttdbserverd) on paganini"))
    #expect(text.components(separatedBy: "\n").count { $0.hasPrefix("| ") } == 1 + 21 + 1 + 9)
  }
}
