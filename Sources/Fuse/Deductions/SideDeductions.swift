import Evidence

/// Whose packets there are: answers from other addresses than were asked, and conversations of which one side is missing.
extension Deducer {
  private var datagrams: [Event] { events.filter { $0.view == .network && $0.rpc?.hasDetails == true } }

  // MARK: Answers from elsewhere

  func otherAnswers() -> [Deduction] {
    datagrams.filter { $0.rpc?.answerers.isEmpty == false }.map { event in
      let answerers = event.rpc?.answerers ?? []
      let replies = event.conversation?.packets.filter { !$0.fromInitiator }.map(\.citation) ?? []
      return Deduction(
        otherAnswer(event.target.host, answerers.map(\.host)), .certain, [event.citation] + replies)
    }
  }

  private func otherAnswer(_ asked: Host, _ answerers: [Host]) -> String {
    let hosts = Set(answerers).sorted()
    let names = listed(hosts.map(\.notation), limit: 4)
    let start = "The call to \(asked.notation) was answered from \(names), by the xid and the port that asked"
    if asked.address?.isGroup == true { return start + ": it was sent to all that listen there" }
    return hosts.count > 1
      ? start + ": it was sent to a network's broadcast address, or others answered too"
      : start
        + ": another address of the same server, or of one that heard a broadcast, or somebody who answers in its place"
  }

  // MARK: Conversations of which a side is missing

  func halves() -> [Deduction] { unseenAnswers() + unseenCalls() + unansweredDatagrams() }

  /// Streams whose client acknowledges what nobody is seen to send.
  private func unseenAnswers() -> [Deduction] {
    let halves = calls.filter {
      $0.view == .network && $0.transport == .tcp && $0.outcome == .unknown && $0.conversation?.responder.packets == 0
    }
    guard !halves.isEmpty else { return [] }
    return [
      Deduction(
        "The caller acknowledged what the host sent, and no packet of the host is in the evidence: one direction alone was "
          + "captured, and whether the calls were answered is not known", .likely, cite(halves))
    ]
  }

  /// Replies without their calls.
  private func unseenCalls() -> [Deduction] {
    datagrams.flatMap { event -> [Deduction] in
      guard let alone = event.rpc?.details.alone else { return [] }
      let packets = event.conversation?.packets.filter { $0.payloadLength > 0 }.map(\.citation) ?? [event.citation]
      let count = Deduction(
        "\(event.target.host.notation) sent \(counted(alone.count, "reply", "replies")) in a conversation without a call",
        .certain, packets)
      guard let list = alone.list else { return [count] }
      return [
        count,
        Deduction(
          "A reply has the form of \(list.form.answer): it \(list.form.given(list.entries)). What was asked is not in the "
            + "evidence", .likely, packets),
      ]
    }
  }

  /// Over UDP nothing tells an answer that was not captured from one that was not given.
  private func unansweredDatagrams() -> [Deduction] {
    let heard = Set(events.filter { ($0.conversation?.responder.packets ?? 0) > 0 }.map(\.target.host))
    let silent = calls.filter {
      $0.view == .network && $0.transport == .udp && $0.outcome == .unanswered && !heard.contains($0.target.host)
    }
    guard !silent.isEmpty else { return [] }
    let hosts = Set(silent.map(\.target.host)).sorted()
    return [
      Deduction(
        "No packet of \(listed(hosts.map(\.notation), limit: 4)) to the source is in the evidence: no answer to the "
          + "calls, or none that was captured", .certain, cite(silent))
    ]
  }
}

extension ReplyForm {
  /// Whose answer has the form.
  fileprivate var answer: String {
    switch self {
    case .portmapperList: "an answer to the portmapper's DUMP"
    case .rpcbindList: "an answer to rpcbind's DUMP (version 3 or 4)"
    case .exportList: "an answer to mountd's EXPORT"
    case .mountList: "an answer to mountd's DUMP"
    }
  }
}
