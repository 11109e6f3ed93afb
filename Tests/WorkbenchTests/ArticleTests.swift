import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// The watch as the article tells it: prose with 26 pieces of evidence in it, lines wrapped by a mailer.
@Suite(
  .enabled(if: Repository.article != nil, "WATCHFLOOR_ARTICLE names no file; the article is not in the repository"))
struct ArticleTests {
  private func story() async throws -> Story { Story(try await Analysing.run([try #require(Repository.article)])) }

  @Test(arguments: Case.all)
  func piece(_ piece: Case) async throws { try piece.check(try await story()) }

  @Test("T2 a table that is given twice counts once; T23 lines of a table are no event")
  func tables() async throws {
    let text = try Repository.text(try #require(Repository.article))
    let analysis = try await Analysing.run(text: text)
    #expect(text.components(separatedBy: "100024 1 udp 32772 status").count == 3)
    #expect(analysis.exposures.count { $0.program == 100024 } == 1)
    #expect(!analysis.exposures.contains { $0.program == 100062 })
    #expect(analysis.incidents.reduce(0) { $0 + $1.incident.events.count { $0.rpc?.program == 100062 } } == 0)
  }

  @Test("the condition of a day knows nothing of later days")
  func conditionOfADay() async throws {
    let path = try #require(Repository.article)
    let late = try await Analysing.run([path], situationAt: "1999-12-31")
    let early = try await Analysing.run([path], situationAt: "1999-12-26")
    #expect(late.situation.call.reasonsFor == (try Story(late).window("1999-12-31").call.reasonsFor))
    #expect(early.situation.call.condition == .green)
    #expect(
      !(early.situation.call.reasonsFor + early.situation.call.reasonsAgainst).contains { $0.hasAll(["paganini"]) })
  }

  @Test("prose alone gives no incident")
  func prose() async throws {
    let lines = try Repository.text(try #require(Repository.article)).components(separatedBy: "\n")
    let evidence = [
      12...18, 22...25, 43...48, 50...55, 57...72, 76...78, 82...83, 87...89, 95...104, 113...119, 123...130, 140...141,
      145...148, 152...159, 163...166, 170...173, 179...192, 198...207, 227...232, 236...239, 245...252, 268...275,
      279...280, 286...287, 291...303, 311...335, 341...362, 367...388, 392...398, 406...410, 414...423,
    ]
    let prose = lines.indices.filter { index in !evidence.contains { $0.contains(index + 1) } }.map { lines[$0] }
    #expect(prose.count > 150)
    let analysis = try await Analysing.run(text: prose.joined(separator: "\n"))
    #expect(analysis.incidents.isEmpty)
    #expect(analysis.eventCount == 0)
    #expect(analysis.hostRecords == 0)
    #expect(analysis.packets == 0)
    #expect(analysis.exposures.isEmpty)
    #expect(analysis.oddities.isEmpty)
  }
}

/// The same traces as the repository has them, in files and in a mail.
struct Y2KWatchTests {
  @Test(arguments: Case.all)
  func piece(_ piece: Case) async throws {
    try piece.check(Story(try await Analysing.run([Repository.y2kWatch])))
  }

  @Test("a script's mention of a program is no event of it")
  func mentions() async throws {
    let analysis = try await Analysing.run([Repository.y2kWatch + "/rpcscan.sh"])
    #expect(!analysis.mentions.isEmpty)
    #expect(analysis.incidents.isEmpty)
  }
}
