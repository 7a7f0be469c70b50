import Torch

/// Whether a metric is better when it is smaller or larger.
public enum PlateauMode: String, Sendable, StateConvertible { case min, max }

/// Whether what counts as better is a part of the best metric or an amount.
public enum ThresholdMode: String, Sendable, StateConvertible { case rel, abs }

/// Lowers the rates when a metric has stopped getting better, as `torch.optim.lr_scheduler.ReduceLROnPlateau`.
///
/// ```swift
/// let scheduler = ReduceLROnPlateau(optimizer, mode: .min, patience: 5)
/// scheduler.step(validationLoss)
/// ```
///
/// Other than in torch it is no ``LRScheduler``, so that neither a step without a metric nor a ``SequentialLR`` of it
/// compiles.
public final class ReduceLROnPlateau {
  /// The optimizer whose groups are changed.
  public let optimizer: Optimizer
  /// The rates after the last step, one for each group, as `get_last_lr()` gives them.
  public private(set) var lastLR: [Double]
  /// How often ``step(_:)-(Double)`` was called.
  public private(set) var lastEpoch = 0
  /// The best metric so far.
  public private(set) var best: Double
  /// How many metrics in a row were not better.
  public private(set) var numBadEpochs = 0
  private var cooldownCounter = 0
  private var mode: PlateauMode
  private var factor: Double
  private var patience: Int
  private var threshold: Double
  private var thresholdMode: ThresholdMode
  private var cooldown: Int
  private var minLRs: [Double]
  /// The lowest rate of groups that join later; nil where each group has its own.
  private var defaultMinLR: Double?
  private var eps: Double
  private var worst: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - mode: whether the metric should fall or rise.
  ///   - factor: what the rates are multiplied by.
  ///   - patience: how many epochs without a better metric are borne.
  ///   - threshold: how much better counts as better.
  ///   - thresholdMode: whether that is a part of the best metric or an amount.
  ///   - cooldown: how many epochs after a reduction are not counted.
  ///   - minLr: the lowest rate, one for all groups or one for each.
  ///   - eps: the smallest change of a rate that is made.
  /// - Precondition: `factor` is below 1; a list has one number for each group.
  public init(
    _ optimizer: Optimizer, mode: PlateauMode = .min, factor: Double = 0.1, patience: Int = 10,
    threshold: Double = 1e-4, thresholdMode: ThresholdMode = .rel, cooldown: Int = 0, minLr: any GroupValues = 0.0,
    eps: Double = 1e-8
  ) {
    if !(factor < 1) { fault("ReduceLROnPlateau", "factor must be below 1, got \(factor)") }
    self.optimizer = optimizer
    self.mode = mode
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.thresholdMode = thresholdMode
    self.cooldown = cooldown
    minLRs = minLr.spread(over: optimizer, "minLr", of: "ReduceLROnPlateau")
    defaultMinLR = minLr.isPerGroup ? nil : minLr.groupValues[0]
    self.eps = eps
    worst = mode == .min ? .infinity : -.infinity
    best = worst
    lastLR = optimizer.paramGroups.map(\.lr)
  }

  private func isBetter(_ metric: Double) -> Bool {
    switch (mode, thresholdMode) {
    case (.min, .rel): metric < best * (1 - threshold)
    case (.min, .abs): metric < best - threshold
    case (.max, .rel): metric > best * (threshold + 1)
    case (.max, .abs): metric > best + threshold
    }
  }

  /// Looks at the metric of an epoch and lowers the rates when it is time.
  public func step(_ metrics: Double) {
    lastEpoch += 1
    if isBetter(metrics) {
      best = metrics
      numBadEpochs = 0
    } else {
      numBadEpochs += 1
    }
    if cooldownCounter > 0 {
      cooldownCounter -= 1
      numBadEpochs = 0
    }
    if numBadEpochs > patience {
      reduce()
      cooldownCounter = cooldown
      numBadEpochs = 0
    }
    lastLR = optimizer.paramGroups.map(\.lr)
  }

  /// As ``step(_:)-(Double)``, with a tensor of one element, such as a loss.
  public func step(_ metrics: Tensor) { step(metrics.item() as Double) }

  private func reduce() {
    let groups = optimizer.paramGroups.count
    if minLRs.count != groups {
      guard let defaultMinLR else {
        fault("ReduceLROnPlateau", "minLr has \(minLRs.count) values, the optimizer has \(groups) groups by now")
      }
      minLRs = Array(repeating: defaultMinLR, count: groups)
    }
    for (index, least) in minLRs.enumerated() {
      let old = optimizer.paramGroups[index].lr, new = Swift.max(old * factor, least)
      if old - new > eps { optimizer.paramGroups[index].lr = new }
    }
  }

  private var stateFields: [SchedulerField] {
    [
      .init("factor", self, \.factor), .init("default_min_lr", self, \.defaultMinLR), .init("min_lrs", self, \.minLRs),
      .init("patience", self, \.patience), .init("cooldown", self, \.cooldown), .init("eps", self, \.eps),
      .init("last_epoch", self, \.lastEpoch), .init("_last_lr", self, \.lastLR), .init("mode_worse", self, \.worst),
      .init("mode", self, \.mode), .init("threshold", self, \.threshold),
      .init("threshold_mode", self, \.thresholdMode), .init("best", self, \.best),
      .init("cooldown_counter", self, \.cooldownCounter), .init("num_bad_epochs", self, \.numBadEpochs),
    ]
  }

  /// The state, in the layout of torch's `state_dict()`. Save it beside the optimizer's.
  public func stateDict() -> SchedulerState { stateFields.saved() }

  /// Takes over a saved state, so that the run goes on exactly. Unknown entries are left alone.
  /// - Throws: ``SchedulerStateError`` with every entry that is missing or of a wrong kind; nothing is changed then.
  public func loadStateDict(_ state: SchedulerState) throws(SchedulerStateError) {
    try stateFields.load(state, "ReduceLROnPlateau")
  }
}
