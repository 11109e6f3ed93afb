import Evidence

/// `1 call`, `2 calls`.
public func counted(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }

/// `a`, `a and b`, `a, b and c`; after `limit` items the rest is counted.
public func listed(_ items: [String], limit: Int = 6) -> String {
  var items = items
  if items.count > limit { items = items.prefix(limit) + ["\(items.count - limit) more"] }
  guard let last = items.last, items.count > 1 else { return items.first ?? "" }
  return items.dropLast().joined(separator: ", ") + " and " + last
}

/// `9 s`, `25 min 25 s`, `4 h 3 min`, `27 days`.
public func duration(_ seconds: Double) -> String {
  let whole = Int(seconds.rounded())
  if seconds < 1 { return decimals(seconds * 1000, 2) + " ms" }
  if whole < 60 { return seconds == Double(whole) ? "\(whole) s" : decimals(seconds, 2) + " s" }
  if whole < 3600 { return "\(whole / 60) min" + (whole % 60 == 0 ? "" : " \(whole % 60) s") }
  if whole < 2 * 86_400 { return "\(whole / 3600) h" + (whole % 3600 < 60 ? "" : " \(whole % 3600 / 60) min") }
  return "\(whole / 86_400) days"
}

/// A number with at most `places` decimals, without trailing zeros.
public func decimals(_ value: Double, _ places: Int) -> String {
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 9e15 else { return "\(value)" }
  let whole = Int(scaled) / Int(scale)
  let rest = padded(Int(scaled) % Int(scale), places)
  let trimmed = rest.reversed().drop { $0 == "0" }.reversed()
  return (value < 0 && scaled > 0 ? "-" : "") + "\(whole)" + (trimmed.isEmpty ? "" : "." + String(trimmed))
}
