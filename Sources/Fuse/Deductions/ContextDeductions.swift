import Evidence

/// What else the evidence shows of an incident's source, and who else saw it.
extension Deducer {
  /// Failed logins and the like of the same source, around the incident.
  func company() -> [Deduction] {
    guard incident.isDated, incident.source.address != nil || incident.source.name != nil else { return [] }
    let source = identities.resolve(incident.source)
    let near = (context.company[source] ?? []).filter { event in
      event.time.isDated && event.time.timestamp.seconds(since: incident.first.timestamp) >= -settings.incidentGap
        && event.time.timestamp.seconds(since: incident.last.timestamp) <= settings.incidentGap
    }
    let logins = near.filter { $0.action == .authentication }
    let alerts = near.filter { $0.action == .alert }
    return sentence(logins.filter(\.outcome.isHeld), "failed login", "failed logins")
      + sentence(logins.filter { !$0.outcome.isHeld }, "login that was let in", "logins that were let in")
      + sentence(alerts, "alert of another sensor at other ports", "alerts of other sensors at other ports")
  }

  private func sentence(_ events: [Event], _ one: String, _ many: String) -> [Deduction] {
    guard let first = events.first else { return [] }
    let number = events.reduce(0) { sum, event in
      let (count, overflow) = sum.addingReportingOverflow(event.count)
      return overflow ? .max : count
    }
    let hosts = Set(events.map(\.target.host.notation)).subtracting(["unknown"]).sorted()
    return [
      Deduction(
        "Also: \(counted(number, one, many)) of this source" + (hosts.isEmpty ? "" : " at \(listed(hosts, limit: 4))")
          + ", from \(first.time.description) on", .certain, cite(events))
    ]
  }

  /// Other sensors that saw an event of the incident: it is one event all the same.
  func witnesses() -> [Deduction] {
    let seen = events.filter { !$0.witnesses.isEmpty }
    guard !seen.isEmpty else { return [] }
    return [
      Deduction(
        "\(counted(seen.count, "event is", "events are")) also in the records of another network sensor, and counted once",
        .certain, Array(seen.flatMap(\.witnesses).prefix(12)))
    ]
  }
}
