import Torch

/// Keeps the rates at a fraction for a while, as `torch.optim.lr_scheduler.ConstantLR`.
public final class ConstantLR: LRScheduler {
  private var factor: Double
  private var totalIters: Int

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - factor: what the rates are multiplied by at first.
  ///   - totalIters: after how many epochs they are whole again.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: `factor` is from 0 to 1, and not 0 when its time ends.
  public init(_ optimizer: Optimizer, factor: Double = 1.0 / 3, totalIters: Int = 5, lastEpoch: Int = -1) {
    if !(0...1).contains(factor) { fault("ConstantLR", "factor must be from 0 to 1, got \(factor)") }
    self.factor = factor
    self.totalIters = totalIters
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    if lastEpoch == 0 { return rates.map { $0 * factor } }
    if lastEpoch != totalIters { return rates }
    if factor == 0 { fault("ConstantLR", "a factor of 0 cannot be taken back after \(totalIters) epochs") }
    return rates.map { $0 * (1 / factor) }
  }
  public override func closedFormLR() -> [Double]? {
    baseLRs.map { $0 * (factor + (lastEpoch >= totalIters ? 1 : 0) * (1 - factor)) }
  }
  public override var stateFields: [SchedulerField] {
    super.stateFields + [.init("factor", self, \.factor), .init("total_iters", self, \.totalIters)]
  }
}

/// Leads the rates from one fraction to another in even steps, as `torch.optim.lr_scheduler.LinearLR`.
public final class LinearLR: LRScheduler {
  private var startFactor: Double
  private var endFactor: Double
  private var totalIters: Int

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - startFactor: what the rates are multiplied by at first.
  ///   - endFactor: what they are multiplied by at last.
  ///   - totalIters: after how many epochs that is.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: both factors are from 0 to 1, the first is not 0.
  public init(
    _ optimizer: Optimizer, startFactor: Double = 1.0 / 3, endFactor: Double = 1, totalIters: Int = 5,
    lastEpoch: Int = -1
  ) {
    if !(startFactor > 0 && startFactor <= 1) {
      fault("LinearLR", "startFactor must be above 0 and at most 1, got \(startFactor)")
    }
    if !(0...1).contains(endFactor) { fault("LinearLR", "endFactor must be from 0 to 1, got \(endFactor)") }
    self.startFactor = startFactor
    self.endFactor = endFactor
    self.totalIters = totalIters
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    if lastEpoch == 0 { return rates.map { $0 * startFactor } }
    if isInitial || lastEpoch > totalIters { return rates }
    let way = endFactor - startFactor
    let last = Double(totalIters) * startFactor + Double(lastEpoch - 1) * way
    return rates.map { $0 * (1 + way / last) }
  }
  public override func closedFormLR() -> [Double]? {
    let passed = Double(min(totalIters, lastEpoch))
    return baseLRs.map { $0 * (startFactor + (endFactor - startFactor) * passed / Double(totalIters)) }
  }
  public override var stateFields: [SchedulerField] {
    super.stateFields + [
      .init("start_factor", self, \.startFactor), .init("end_factor", self, \.endFactor),
      .init("total_iters", self, \.totalIters),
    ]
  }
}
