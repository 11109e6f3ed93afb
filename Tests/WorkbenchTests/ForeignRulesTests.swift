import Foundation
import Testing

/// A folder of rules in the forms that public sets use: of each `check --lenient` says whether and why.
struct ForeignRulesTests {
  /// A rule, and what is said of it: nothing where it applies.
  struct Form: Sendable, CustomTestStringConvertible {
    var title: String
    var body: String
    var reasons: [String] = []
    var testDescription: String { title }

    var text: String {
      """
      title: \(title)
      status: test
      description: |
          Written for
          this test.
      references:
          - https://example.org/rule
      author: Nobody
      date: 2024/01/02
      modified: 2024-02-03
      tags:
          - attack.discovery
          - attack.t1046
          - cve.2003-0028
          - detection.emerging-threats
      falsepositives:
          - Unknown
      level: medium
      regression_tests_path: tests/rule.yml
      \(body)
      """
    }
  }

  static let forms = [
    Form(
      title: "Process of Windows",
      body: """
        logsource: {category: process_creation, product: windows}
        detection:
            selection_img:
                - Image|endswith: '\\showmount.exe'
                - OriginalFileName: showmount.exe
            selection_cli:
                CommandLine|contains|all: ['-e', '10.']
            condition: all of selection_*
        """,
      reasons: ["unknown field 'Image'", "unknown field 'OriginalFileName'", "unknown field 'CommandLine'"]),
    Form(
      title: "Keywords of a log",
      body: """
        logsource: {product: linux, service: syslog}
        detection:
            keywords: [rpc.statd, 'gethostbyname error for']
            condition: keywords
        """),
    Form(
      title: "All keywords and a filter",
      body: """
        logsource: {product: linux}
        detection:
            keywords:
                '|all': [rpcbind, refused]
            filter_main_own: [127.0.0.1]
            condition: keywords and not 1 of filter_main_*
        """),
    Form(
      title: "Fields of the taxonomy",
      body: """
        logsource: {category: firewall}
        detection:
            selection:
                dst_port: [111, 2049]
            filter_optional_own:
                src_ip|cidr: [10.0.0.0/8, 'fe80::/10']
            condition: selection and not 1 of filter_optional_*
        """),
    Form(
      title: "Zeek's own fields",
      body: """
        logsource: {product: zeek, service: conn}
        detection:
            selection: {id.resp_p: 111, proto: udp}
            condition: selection
        """),
    Form(
      title: "Record of auditd",
      body: """
        logsource: {product: linux, service: auditd}
        detection:
            selection: {type: EXECVE, a0: rpcinfo}
            condition: selection
        """,
      reasons: ["unknown field 'type'", "unknown field 'a0'"]),
    Form(
      title: "Aggregation of Sigma 1",
      body: """
        logsource: {product: linux}
        detection:
            selection: {destination.port: 111}
            timeframe: 5m
            condition: selection | count() by source.ip > 10
        """,
      reasons: ["unexpected '|' in the condition: aggregations are of Sigma 1; write a correlation"]),
    Form(
      title: "Collection of Sigma 1", body: "action: global\ndetection: {condition: selection}",
      reasons: ["collections with 'action' are of Sigma 1; write each rule in full"]),
    Form(
      title: "Several conditions",
      body: """
        logsource: {product: linux}
        detection:
            one: {destination.port: 111}
            two: {destination.port: 2049}
            condition: [one, two]
        """),
    Form(
      title: "Null, empty and missing",
      body: """
        logsource: {product: linux}
        detection:
            selection: {process.name: null, rpc.procedure|exists: true}
            filter: {rpc.argument: ''}
            condition: selection and not filter
        """),
    Form(
      title: "Look-around",
      body: """
        logsource: {product: linux}
        detection:
            selection: {message|re: '(?<!not )refused'}
            condition: selection
        """,
      reasons: ["look-around and back-references need backtracking"]),
    Form(
      title: "Placeholder",
      body: """
        logsource: {product: linux}
        detection:
            selection: {source.ip|expand: '%internal_hosts%'}
            condition: selection
        """,
      reasons: ["no pipeline has values for the placeholder '%internal_hosts%'"]),
    Form(
      title: "Encoded and with dashes",
      body: """
        logsource: {product: linux}
        detection:
            selection:
                message|wide|base64offset|contains: rpcinfo
                process.name|windash|contains: ' -p'
            other:
                rpc.argument|fieldref: process.name
            condition: 1 of them
        """),
    Form(
      title: "Modifier that nobody knows",
      body: """
        logsource: {product: linux}
        detection:
            selection: {message|fuzzy: rpc}
            condition: selection
        """,
      reasons: ["unknown modifier 'fuzzy'; expected one of"]),
    Form(
      title: "Base of a correlation",
      body: """
        name: base_of_it
        logsource: {product: linux}
        detection:
            selection: {destination.port: 111}
            condition: selection
        ---
        title: Correlation in the same file
        correlation:
            type: event_count
            rules: [base_of_it]
            group-by: [source.ip]
            timespan: 15m
            condition: {gte: 10}
        """),
  ]

  /// What is said of each title: the lines of its reasons; nil where it is not spoken of.
  private static func told(_ output: String) -> [String: [String]] {
    var told: [String: [String]] = [:]
    var title = ""
    for line in output.split(separator: "\n") {
      if line.hasPrefix("  ") {
        told[title]?.append(String(line))
      } else if let verdict = [": applies", ": cannot apply"].compactMap({ line.range(of: $0) }).first {
        title =
          String(line[..<verdict.lowerBound].split(separator: ":", maxSplits: 2).last ?? "").trimmingPrefix(" ")
          .description
        told[title] = []
      }
    }
    return told
  }

  @Test("of every form of public rule sets it is said whether it can apply, and if not, why") func forms() async throws
  {
    let scratch = try Scratch()
    for (number, form) in Self.forms.enumerated() { try scratch.write(form.text, "rule\(number).yml") }
    try scratch.write("title: Broken\ndetection:\n    sel:\n  - x: [\n", "broken.yml")
    let result = try await Program.run(["rules", "check", "--lenient", scratch.path])
    #expect(result.status == 0)
    let told = Self.told(result.outputText)
    for form in Self.forms {
      let said = try #require(told[form.title], "nothing is said of \(form.title)")
      #expect(said.count == form.reasons.count, "\(form.title): \(said)")
      for reason in form.reasons { #expect(said.contains { $0.contains(reason) }, "\(form.title): \(said)") }
      // With file, line and column.
      #expect(said.allSatisfy { $0.contains(#/rule\d+\.yml:\d+:\d+: /#) }, "\(said)")
    }
    #expect(told["Correlation in the same file"] == [])
    #expect(result.errorText.contains("broken.yml:4"))
    let applying = Self.forms.count { $0.reasons.isEmpty } + 1
    #expect(result.outputText.contains("\(applying) of \(Self.forms.count + 1) rules can apply"))
  }
}
