#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One direction of a chart: which values it shows, where they stand, and which of them have a name.
struct Axis {
  /// A value with a line behind the data.
  struct Tick {
    var value: Double
    /// Empty for a finer line.
    var label: String
  }

  let range: ClosedRange<Double>
  let isLog: Bool
  private(set) var ticks: [Tick] = []

  /// An axis that shows all of some values.
  ///
  /// - Parameters:
  ///   - values: what shall be seen; what is not finite is left out, and on a logarithmic axis what is not positive.
  ///   - isLog: whether equal ratios are equally far apart.
  ///   - wholeSteps: whether steps below 1 make no sense.
  ///   - margin: which part of the span stays free at both ends.
  ///   - count: about how many named ticks there shall be.
  init(_ values: some Sequence<Double>, isLog: Bool = false, wholeSteps: Bool = false, margin: Double, count: Int) {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite && (!isLog || value > 0) {
      (low, high) = (min(low, value), max(high, value))
    }
    if low > high { (low, high) = (isLog ? 0.1 : 0, 1) }
    self.isLog = isLog
    if isLog {
      var (from, to) = (log10(low), log10(high))
      if to - from < 1e-9 { (from, to) = (from - 0.5, to + 0.5) }
      let free = (to - from) * margin
      range =
        max(.leastNonzeroMagnitude, pow(10, from - free))...min(Double.greatestFiniteMagnitude, pow(10, to + free))
      ticks = logTicks(count)
    } else {
      // Differences of larger ones overflow; smaller ones have too few digits to divide.
      (low, high) = (max(-1e307, min(1e307, low)), max(-1e307, min(1e307, high)))
      if high - low <= max(1e-300, max(abs(low), abs(high)) * 1e-12) {
        let size = max(abs(low), abs(high))
        let free = size < 1e-290 ? 1 : wholeSteps ? max(1, size * 1e-9) : size * 0.1
        (low, high) = (low - free, high + free)
      }
      let free = (high - low) * margin
      range = (low - free)...(high + free)
      ticks = linearTicks(count, wholeSteps)
    }
  }

  /// Where a value stands, 0 to 1 for those in the range; nil for what the axis cannot show.
  func place(_ value: Double) -> Double? {
    guard value.isFinite, !isLog || value > 0 else { return nil }
    if isLog {
      let from = log10(range.lowerBound)
      return (log10(value) - from) / (log10(range.upperBound) - from)
    }
    return (max(-1e307, min(1e307, value)) - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// Steps of 1, 2 or 5 times a power of ten.
  private func linearTicks(_ count: Int, _ wholeSteps: Bool) -> [Tick] {
    let rough = (range.upperBound - range.lowerBound) / Double(count)
    var exponent = floor(log10(rough))
    let mantissa = rough / pow(10, exponent)
    var digit: Double = mantissa < 1.4 ? 1 : mantissa < 3 ? 2 : mantissa < 7 ? 5 : 10
    if wholeSteps && digit * pow(10, exponent) < 1 { (digit, exponent) = (1, 0) }
    let step = digit * pow(10, exponent)
    let (first, last) = (ceil(range.lowerBound / step - 1e-9), floor(range.upperBound / step + 1e-9))
    // Steps finer than doubles are: nothing to name.
    guard last - first <= 1000, abs(last) < 1e15, abs(first) < 1e15 else { return [] }
    let power = Int(exponent) + (digit == 10 ? 1 : 0)
    return stride(from: first, through: last, by: 1).map { index in
      Tick(value: index * step, label: Self.label(index * step, power: power, largest: largest))
    }
  }

  private var largest: Double { max(abs(range.lowerBound), abs(range.upperBound)) }

  /// A multiple of a power of ten, with as many places as it takes.
  private static func label(_ value: Double, power: Int, largest: Double) -> String {
    if value == 0 { return "0" }
    guard largest >= 1e6 || power < -4 else { return fixed(value, max(0, -power)) }
    let top = Int(floor(log10(abs(value)) + 1e-12))
    var mantissa = fixed(value / pow(10, Double(top)), max(0, min(9, top - power)))
    while mantissa.contains("."), let last = mantissa.last, last == "0" || last == "." {
      mantissa.removeLast()
      if last == "." { break }
    }
    return "\(mantissa)e\(top)"
  }

  /// Powers of ten; where there are few of them, also 2 and 5 times one; otherwise finer lines between.
  private func logTicks(_ count: Int) -> [Tick] {
    let (from, to) = (log10(range.lowerBound), log10(range.upperBound))
    let powers = Int(floor(from))...Int(ceil(to))
    let step = (powers.count + 2 * count - 1) / (2 * count)
    var ticks: [Tick] = []
    for power in powers {
      for digit in 1...9 {
        let value = Double(digit) * pow(10, Double(power))
        guard value >= range.lowerBound * (1 - 1e-12), value <= range.upperBound * (1 + 1e-12) else { continue }
        let isNamed = digit == 1 ? power % step == 0 : (to - from) * 2 <= Double(count) && (digit == 2 || digit == 5)
        if isNamed || powers.count <= count + 1 {
          ticks.append(Tick(value: value, label: isNamed ? Self.logLabel(digit, power) : ""))
        }
      }
    }
    // A small part of a decade may have one of these or none.
    if ticks.count(where: { !$0.label.isEmpty }) >= 2 { return ticks }
    return linearTicks(count, false).filter { $0.value > 0 }
  }

  private static func logLabel(_ digit: Int, _ power: Int) -> String {
    switch power {
    case -3..<0: fixed(Double(digit) * pow(10, Double(power)), -power)
    case 0...4: "\(digit)" + String(repeating: "0", count: power)
    default: "\(digit)e\(power)"
    }
  }
}
