import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Multiplies the rates by `gamma` every few epochs, as `torch.optim.lr_scheduler.StepLR`.
public final class StepLR: LRScheduler {
  private var stepSize: Int
  private var gamma: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - stepSize: after how many epochs the rates fall.
  ///   - gamma: what they are multiplied by.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: `stepSize` is above 0.
  public init(_ optimizer: Optimizer, stepSize: Int, gamma: Double = 0.1, lastEpoch: Int = -1) {
    if stepSize <= 0 { fault("StepLR", "stepSize must be above 0, got \(stepSize)") }
    self.stepSize = stepSize
    self.gamma = gamma
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    lastEpoch == 0 || lastEpoch % stepSize != 0 ? rates : rates.map { $0 * gamma }
  }
  public override func closedFormLR() -> [Double]? { baseLRs.map { $0 * pow(gamma, Double(lastEpoch / stepSize)) } }
  public override var stateFields: [SchedulerField] {
    super.stateFields + [.init("step_size", self, \.stepSize), .init("gamma", self, \.gamma)]
  }
}

/// Multiplies the rates by `gamma` at given epochs, as `torch.optim.lr_scheduler.MultiStepLR`.
public final class MultiStepLR: LRScheduler {
  /// How often each epoch was given.
  private var milestones: [Int: Int]
  private var gamma: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - milestones: the epochs at which the rates fall; one that is given twice counts twice.
  ///   - gamma: what they are multiplied by.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  public init(_ optimizer: Optimizer, milestones: [Int], gamma: Double = 0.1, lastEpoch: Int = -1) {
    self.milestones = Dictionary(milestones.map { ($0, 1) }, uniquingKeysWith: +)
    self.gamma = gamma
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    guard let times = milestones[lastEpoch] else { return rates }
    return rates.map { $0 * pow(gamma, Double(times)) }
  }
  public override func closedFormLR() -> [Double]? {
    let passed = milestones.reduce(0) { $1.key <= lastEpoch ? $0 + $1.value : $0 }
    return baseLRs.map { $0 * pow(gamma, Double(passed)) }
  }
  public override var stateFields: [SchedulerField] {
    // A Counter, whose methods torch calls.
    let counts = SchedulerField(
      key: "milestones", get: { .counter(self.milestones) },
      setter: { value in [Int: Int](stateValue: value).map { counts in { self.milestones = counts } } })
    return super.stateFields + [counts, .init("gamma", self, \.gamma)]
  }
}

/// Multiplies the rates by `gamma` every epoch, as `torch.optim.lr_scheduler.ExponentialLR`.
public final class ExponentialLR: LRScheduler {
  private var gamma: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - gamma: what the rates are multiplied by.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  public init(_ optimizer: Optimizer, gamma: Double, lastEpoch: Int = -1) {
    self.gamma = gamma
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] { isInitial ? rates : rates.map { $0 * gamma } }
  public override func closedFormLR() -> [Double]? { baseLRs.map { $0 * pow(gamma, Double(lastEpoch)) } }
  public override var stateFields: [SchedulerField] { super.stateFields + [.init("gamma", self, \.gamma)] }
}

/// Lowers the rates to zero along a power of the time left, as `torch.optim.lr_scheduler.PolynomialLR`.
public final class PolynomialLR: LRScheduler {
  private var totalIters: Int
  private var power: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - totalIters: after how many epochs the rates are zero.
  ///   - power: of the part of the time that is left.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  public init(_ optimizer: Optimizer, totalIters: Int = 5, power: Double = 1, lastEpoch: Int = -1) {
    self.totalIters = totalIters
    self.power = power
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    if isInitial || lastEpoch > totalIters { return rates }
    func left(_ epoch: Int) -> Double { 1 - Double(epoch) / Double(totalIters) }
    let factor = pow(left(lastEpoch) / left(lastEpoch - 1), power)
    return rates.map { $0 * factor }
  }
  public override func closedFormLR() -> [Double]? {
    baseLRs.map { $0 * pow(1 - Double(min(totalIters, lastEpoch)) / Double(totalIters), power) }
  }
  public override var stateFields: [SchedulerField] {
    super.stateFields + [.init("total_iters", self, \.totalIters), .init("power", self, \.power)]
  }
}
