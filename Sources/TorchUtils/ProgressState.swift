// A progress bar as plain data, and the pure functions that turn it into text.

/// Everything a progress bar shows at one moment.
package struct ProgressState: Sendable {
  /// What stands before the bar.
  package var label = ""
  /// Steps done.
  package var done = 0
  /// Steps in all, where known.
  package var total: Int?
  /// Seconds since the start.
  package var elapsed = 0.0
  /// Values shown at the end, in order.
  package var postfix: [(name: String, value: String)] = []
  /// What the rate counts.
  package var unit = "it"
  /// How many of these one step is.
  package var unitScale = 1

  package init(label: String = "", total: Int? = nil, unit: String = "it", unitScale: Int = 1) {
    (self.label, self.total, self.unit, self.unitScale) = (label, total, unit, unitScale)
  }

  /// Done as a part of one, where the total is known; nothing to do counts as all done.
  package var fraction: Double? {
    guard let total else { return nil }
    return total > 0 ? min(1, Double(done) / Double(total)) : 1
  }

  /// Units per second so far; nil before anything happened.
  package var rate: Double? {
    done > 0 && elapsed > 0 ? Double(done) * Double(unitScale) / elapsed : nil
  }

  /// Seconds left if the rest goes as fast as what is done.
  package var remaining: Double? {
    guard let total, done > 0, elapsed > 0 else { return nil }
    return elapsed * Double(max(0, total - done)) / Double(done)
  }
}

extension ProgressState {
  /// `45/100`, or `45it` where the total is unknown; bytes as `12.3MB/46.8MB`.
  private var counts: String {
    if unit == "B" { return sizeText(done) + (total.map { "/" + sizeText($0) } ?? "") }
    return total.map { "\(done)/\($0)" } ?? "\(done)\(unit)"
  }

  /// `[00:05<00:06, 8.97it/s, loss=0.12]`.
  private var timing: String {
    var text = clockText(elapsed)
    if total != nil { text += "<" + (remaining.map(clockText) ?? "?") }
    text += ", " + rateText(rate, unit: unit)
    for (name, value) in postfix { text += ", \(name)=\(value)" }
    return "[\(text)]"
  }

  /// The percentage, three wide: ` 45%`. It says 100 only when all is done.
  private var percent: String? {
    fraction.map { pad("\(Int($0 * 100))%", to: 4, right: true) }
  }

  /// One line for a log: everything but the bar.
  package var line: String {
    let parts = [label.isEmpty ? nil : label + ":", percent, counts, timing]
    return parts.compactMap { $0 }.joined(separator: " ")
  }

  /// One line of a terminal, never more than `width` columns: the bar takes what the words leave.
  ///
  /// - Parameters:
  ///   - width: Columns there are.
  ///   - unicode: Whether the bar may be drawn in eighths of a block.
  ///   - color: Whether it may be coloured.
  package func bar(width: Int, unicode: Bool = true, color: Bool = false) -> String {
    guard let fraction, let percent else { return fit(line, width: width) }
    let head = (label.isEmpty ? "" : label + ": ") + percent + "|"
    let tail = "| \(counts) \(timing)"
    let room = min(width - displayWidth(head) - displayWidth(tail), 40)
    guard room >= 4 else { return fit(line, width: width) }
    let drawn = barText(fraction, width: room, unicode: unicode)
    // Cyan while it runs, green when done.
    return head + (color ? "\u{1b}[\(fraction < 1 ? 36 : 32)m\(drawn)\u{1b}[0m" : drawn) + tail
  }
}

/// A bar filled to a part of its width.
package func barText(_ fraction: Double, width: Int, unicode: Bool) -> String {
  let steps = unicode ? 8 : 1
  let filled = Int(fraction * Double(width * steps))
  let (whole, part) = (filled / steps, filled % steps)
  var text = String(repeating: unicode ? "█" : "#", count: whole)
  if part > 0 { text.unicodeScalars.append(Unicode.Scalar(0x2590 - UInt32(part))!) }
  return pad(text, to: width)
}

/// Seconds as `mm:ss`, from an hour on as `h:mm:ss`.
package func clockText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "?" }
  let whole = Int(max(0, seconds))
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  let tail = "\(two(whole / 60 % 60)):\(two(whole % 60))"
  return whole >= 3600 ? "\(whole / 3600):\(tail)" : tail
}

/// A rate in three digits or so: `8.97it/s`, `12.4kit/s`; below one in a second the other way round, `4.00s/it`.
package func rateText(_ rate: Double?, unit: String) -> String {
  guard let rate, rate > 0, rate.isFinite else { return "?\(unit)/s" }
  if rate < 1 { return "\(threeDigits(1 / rate))s/\(unit)" }
  var (value, prefix) = (rate, "")
  for next in ["k", "M", "G"] where value >= 1000 {
    value /= 1000
    prefix = next
  }
  return "\(threeDigits(value))\(prefix)\(unit)/s"
}

/// Bytes in three digits or so: `812B`, `12.3MB`; a thousand of one unit is the next.
package func sizeText(_ count: Int) -> String {
  guard count >= 1000 else { return "\(count)B" }
  var value = Double(count) / 1000
  for prefix in ["k", "M", "G"] {
    if value < 999.5 { return "\(threeDigits(value))\(prefix)B" }
    value /= 1000
  }
  return "\(threeDigits(value))TB"
}

/// Two, one or no places, so that about three digits stand there.
private func threeDigits(_ value: Double) -> String {
  value < 9.995 ? fixed(value, 2) : value < 99.95 ? fixed(value, 1) : fixed(value, 0)
}

/// A number with a fixed count of places, as C's `%.nf`, up to where integers are exact.
///
/// - Parameters:
///   - value: Any number; what is not finite prints as `nan`, `inf`, `-inf`.
///   - places: Digits after the point, 0 to 9.
public func fixed(_ value: Double, _ places: Int) -> String {
  guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
  let scale = (0..<max(0, min(9, places))).reduce(1) { product, _ in product * 10 }
  let scaled = Int((abs(value) * Double(scale)).rounded(.toNearestOrEven))
  let sign = value.sign == .minus && scaled > 0 ? "-" : ""
  if scale == 1 { return "\(sign)\(scaled)" }
  let digits = "\(scaled % scale + scale)".dropFirst()
  return "\(sign)\(scaled / scale).\(digits)"
}
