/// Tells when training has stopped getting better.
///
/// ```swift
/// var stopping = EarlyStopping(patience: 5)
/// for epoch in 0..<epochs {
///   let loss = validate()
///   if stopping.update(loss) { try save(model.stateDict(), "best.pth") }
///   if stopping.shouldStop { break }
/// }
/// ```
public struct EarlyStopping: Sendable, Hashable {
  /// Which way is better.
  public enum Mode: Sendable, Hashable {
    /// Losses: less is better.
    case min
    /// Accuracies: more is better.
    case max
  }

  /// How many updates in a row may bring nothing before it is enough.
  public let patience: Int
  /// By how much a value must beat the best one to count as better.
  public let minDelta: Double
  /// Which way is better.
  public let mode: Mode
  /// The best value so far; nil before the first.
  public private(set) var best: Double?
  /// Which update brought the best value, counted from 0; nil before the first.
  public private(set) var bestStep: Int?
  /// How many updates there were.
  public private(set) var steps = 0
  /// How many updates in a row brought nothing.
  public private(set) var badSteps = 0

  /// Starts without a best value.
  ///
  /// - Parameters:
  ///   - patience: How many updates in a row may bring nothing; 0 and 1 both stop at the first such.
  ///   - minDelta: By how much a value must beat the best one to count, 0 or more.
  ///   - mode: Which way is better, `.min` unless told.
  public init(patience: Int = 10, minDelta: Double = 0, mode: Mode = .min) {
    (self.patience, self.minDelta, self.mode) = (patience, minDelta, mode)
  }

  /// Takes the value of an epoch; NaN is never better.
  ///
  /// - Returns: Whether this is the best value so far: the moment to keep the weights.
  @discardableResult
  public mutating func update(_ value: Double) -> Bool {
    defer { steps += 1 }
    guard isBetter(value) else {
      badSteps += 1
      return false
    }
    (best, bestStep, badSteps) = (value, steps, 0)
    return true
  }

  /// Whether nothing got better for `patience` updates.
  public var shouldStop: Bool { badSteps > 0 && badSteps >= patience }

  private func isBetter(_ value: Double) -> Bool {
    if value.isNaN { return false }
    guard let best else { return true }
    return mode == .min ? value < best - minDelta : value > best + minDelta
  }
}
