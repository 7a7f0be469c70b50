import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Leads the rates to a constant one at which weights are averaged, as `torch.optim.swa_utils.SWALR`.
///
/// Izmailov et al., *Averaging Weights Leads to Wider Optima and Better Generalization*, 2018.
public final class SWALR: LRScheduler {
  private var annealEpochs: Int
  private var strategy: AnnealStrategy

  /// - Parameters:
  ///   - optimizer: whose groups are changed; the rate to reach goes into their options as `"swa_lr"`.
  ///   - swaLr: the rate to reach, one for all groups or one for each.
  ///   - annealEpochs: after how many steps it is reached.
  ///   - annealStrategy: the curve that leads there.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: `annealEpochs` is not negative; a list has one number for each group.
  public init(
    _ optimizer: Optimizer, swaLr: any GroupValues, annealEpochs: Int = 10, annealStrategy: AnnealStrategy = .cos,
    lastEpoch: Int = -1
  ) {
    for (index, rate) in swaLr.spread(over: optimizer, "swaLr", of: "SWALR").enumerated() {
      optimizer.paramGroups[index].options["swa_lr"] = .double(rate)
    }
    if annealEpochs < 0 { fault("SWALR", "annealEpochs must be 0 or more, got \(annealEpochs)") }
    self.annealEpochs = annealEpochs
    strategy = annealStrategy
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  /// How much of the way lies behind after some steps, from 0 to 1.
  private func way(_ steps: Int) -> Double {
    let part = max(0, min(1, Double(steps) / Double(max(1, annealEpochs))))
    return strategy == .linear ? part : (1 - cos(.pi * part)) / 2
  }

  public override func getLR() -> [Double] {
    let steps = annealEpochs == 0 ? max(1, stepCount - 1) : stepCount - 1
    let before = way(steps - 1), now = way(steps)
    return optimizer.paramGroups.map { group in
      let goal = group.number("swa_lr")
      let start = before == 1 ? goal : (group.lr - before * goal) / (1 - before)
      return goal * now + start * (1 - now)
    }
  }

  public override var stateFields: [SchedulerField] {
    super.stateFields + [
      .init("anneal_epochs", self, \.annealEpochs), .init("_anneal_strategy", self, \.strategy),
    ]
  }
}
