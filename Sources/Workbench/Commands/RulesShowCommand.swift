import ArgumentParser
import Detect
import Evidence
import Fuse

/// `watchfloor rules show RULE`
struct RulesShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Says what a rule is about, what it looks at and what it does not prove.")

  @Argument(help: "The rule's id or name.")
  var rule: String
  @OptionGroup var knowledge: KnowledgeOptions
  @OptionGroup var rules: RuleOptions

  func run() async throws {
    try await RulesCommand.reportingFaults {
      let base = try KnowledgeBase(try knowledge.folder(), rules: rules.sources)
      if let header = base.rules.header(named: rule) {
        show(header.signature.title, facts(header, base.rules))
      } else if let signature = Fusion.signatures.first(where: { $0.id == rule }) {
        show(signature.title, facts(signature))
      } else {
        throw RulesCommand.unknown(rule)
      }
    }
  }

  private func show(_ title: String, _ facts: [(String, String)]) {
    var page = Page(isColoured: Terminal.wantsColour)
    page.line(page.styled(Bytes(title).notation, .bold))
    for (label, text) in facts where !text.isEmpty { page.item(label, indent: 16, Bytes(text).notation) }
    Terminal.output(page.text)
  }

  /// Of what fusion finds itself.
  private func facts(_ signature: Signature) -> [(String, String)] {
    [
      ("id", signature.id), ("made by", "the fusion of both views; no file has it"), ("level", signature.level),
      ("stage", signature.stage.rawValue),
      ("lethality", signature.lethality.map { "\($0), \(signature.lethalityReason)" } ?? ""),
      ("techniques", signature.techniques.joined(separator: ", ")), ("does not prove", signature.limits),
    ]
  }

  private func facts(_ header: RuleHeader, _ set: RuleSet) -> [(String, String)] {
    let signature = header.signature
    let fields = set.rule(named: rule)?.fields.map(\.rawValue).sorted() ?? []
    return [
      ("id", signature.id), ("name", header.name ?? ""), ("file", "\(header.file):\(header.line)"),
      ("status", header.status), ("level", signature.level), ("stage", signature.stage.rawValue),
      ("lethality", signature.lethality.map { "\($0), \(signature.lethalityReason)" } ?? ""),
      ("description", header.description), ("tags", header.tags.joined(separator: ", ")),
      ("log source", header.logSource.description), ("fields", fields.joined(separator: ", ")),
      ("builds on", set.correlation(named: rule)?.references.joined(separator: ", ") ?? ""),
      ("reported", header.alerts ? "" : "only by the correlations that build on it"),
      ("does not prove", signature.limits), ("false positives", header.falsePositives.joined(separator: "; ")),
      ("references", header.references.joined(separator: ", ")), ("author", header.author),
    ]
  }
}

extension RulesCommand {
  static func unknown(_ rule: String) -> Faults {
    Faults([Fault(file: rule, "no rule has this id or name; see watchfloor rules list")])
  }

  static func fused(_ id: String) -> Faults {
    Faults([Fault(file: id, "is found where both views are fused, and no rule that single records are held against")])
  }
}

extension RuleSet {
  func header(named name: String) -> RuleHeader? { rule(named: name)?.header ?? correlation(named: name)?.header }
}
