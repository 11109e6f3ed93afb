public import Evidence

/// How far the clock of a host that logs is from that of the network's sensors, estimated from the calls that both saw.
///
/// Which of the two is right the evidence does not say.
public struct ClockOffset: Sendable, Hashable {
  public enum Verdict: Sendable, Hashable {
    case decided
    /// Why the evidence does not decide.
    case undecided(String)
  }

  /// The host as its log names it.
  public var host: Host
  public var verdict: Verdict
  /// Calls that agree on the offset.
  public var pairs: Int
  /// Host clock minus network clock at ``reference``, in seconds.
  public var offset: Double
  /// By how much the offset grows, in seconds for each second.
  public var drift: Double
  /// The middle of the records that agree, on the host's clock.
  public var reference: Timestamp
  /// From the first to the last of them, in seconds.
  public var span: Double
  /// Whether the host's records were set onto the network's clock, because they would not have met otherwise.
  public var isApplied = false

  public var isDecided: Bool { verdict == .decided }

  /// Host clock minus network clock when the host's clock shows a moment, in seconds.
  public func offset(at moment: Timestamp) -> Double { offset + drift * moment.seconds(since: reference) }

  /// The same when the network's clock shows it.
  public func offset(atNetwork moment: Timestamp) -> Double {
    offset + drift * (moment.seconds(since: reference) + offset) / (1 - drift)
  }

  /// For a report: the offset, and the drift where the records reach far enough apart to tell it.
  public var words: String {
    switch verdict {
    case .undecided(let why): return "undecided: \(why)"
    case .decided:
      let size = abs(offset) < 1 ? "less than 1 s" : duration(abs(offset).rounded())
      let sign = abs(offset) < 1 ? "apart from" : offset > 0 ? "ahead of" : "behind"
      let pace = isDriftTold ? ", drifting by \(decimals(drift * 1e6, 0)) ppm" : ""
      return "\(size) \(sign) the network's sensor, by \(counted(pairs, "call", "calls")) that both saw\(pace)"
        + (isApplied ? "; its records stand on the sensor's clock here" : "")
    }
  }

  /// Whole seconds over a day tell about 12 ppm.
  public var isDriftTold: Bool { span >= 86_400 && abs(drift) >= 5e-6 }
}
