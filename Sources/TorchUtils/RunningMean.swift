/// A mean over values that come one after the other: the loss of an epoch from its batches.
///
/// ```swift
/// var loss = RunningMean()
/// for (x, y) in loader { loss.add(step(x, y), weight: x.size(0)) }
/// print(loss.mean)
/// ```
public struct RunningMean: Sendable, Hashable {
  /// The sum of the weights.
  public private(set) var weight = 0
  private var total = 0.0
  /// What rounding has taken from `total` (Neumaier's compensated sum).
  private var lost = 0.0

  /// Starts empty.
  public init() {}

  /// Adds a value that stands for `weight` samples: the mean loss of a batch and the batch's size.
  public mutating func add(_ value: Double, weight: Int = 1) {
    let term = value * Double(weight)
    let sum = total + term
    if sum.isFinite {
      lost += abs(total) >= abs(term) ? (total - sum) + term : (term - sum) + total
    }
    total = sum
    self.weight += weight
  }

  /// The weighted mean; NaN when empty.
  public var mean: Double { weight == 0 ? .nan : (total + lost) / Double(weight) }

  /// Empties it for the next epoch.
  public mutating func reset() { self = RunningMean() }
}
