import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The curve between two learning rates.
public enum AnnealStrategy: String, Sendable, StateConvertible {
  /// Half a cosine.
  case cos
  /// A straight line.
  case linear
}

/// One rise and one long fall of the rates, batch by batch, as `torch.optim.lr_scheduler.OneCycleLR`.
///
/// Smith and Topin, *Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates*, 2018.
public final class OneCycleLR: LRScheduler {
  /// A stretch of the cycle: where it ends, and between which options of the groups it leads.
  private struct Phase: StateConvertible {
    var endStep: Double
    var startLR: String, endLR: String, startMomentum: String, endMomentum: String

    init(to endStep: Double, _ startLR: String, _ endLR: String, _ startMomentum: String, _ endMomentum: String) {
      self.endStep = endStep
      (self.startLR, self.endLR, self.startMomentum, self.endMomentum) = (startLR, endLR, startMomentum, endMomentum)
    }

    init?(stateValue: StateValue) {
      guard let map = stateValue.map, let end = map["end_step"]?.double, let startLR = map["start_lr"]?.string,
        let endLR = map["end_lr"]?.string, let startMomentum = map["start_momentum"]?.string,
        let endMomentum = map["end_momentum"]?.string
      else { return nil }
      self.init(to: end, startLR, endLR, startMomentum, endMomentum)
    }

    var stateValue: StateValue {
      .map([
        "end_step": .double(endStep), "start_lr": .string(startLR), "end_lr": .string(endLR),
        "start_momentum": .string(startMomentum), "end_momentum": .string(endMomentum),
      ])
    }
  }

  private var totalSteps: Int
  private var phases: [Phase]
  private var strategy: AnnealStrategy
  private var cycleMomentum: Bool
  private var usesBeta1 = false
  private let momentum: CycledMomentum?

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - maxLr: the highest rate, one for all groups or one for each.
  ///   - totalSteps: the steps of the cycle; `epochs` times `stepsPerEpoch` where nil.
  ///   - epochs: how often the data is gone through.
  ///   - stepsPerEpoch: how many batches there are.
  ///   - pctStart: which part of the cycle is the rise, from 0 to 1.
  ///   - annealStrategy: the curve of rise and fall.
  ///   - cycleMomentum: whether momentum, or the first beta, goes down while the rates go up.
  ///   - baseMomentum: its lower bound.
  ///   - maxMomentum: its upper bound.
  ///   - divFactor: the first rate is `maxLr` divided by it.
  ///   - finalDivFactor: the last rate is the first divided by it.
  ///   - threePhase: whether the fall takes as long as the rise, and the last rate is approached in a third phase.
  ///   - lastEpoch: the last step of a run that goes on; -1 for a new run.
  /// - Precondition: the number of steps is told, one way or the other; lists have one number for each group; the
  ///   optimizer has a momentum that can be cycled; `step()` is called at most `totalSteps` times.
  public init(
    _ optimizer: Optimizer, maxLr: any GroupValues, totalSteps: Int? = nil, epochs: Int? = nil,
    stepsPerEpoch: Int? = nil, pctStart: Double = 0.3, annealStrategy: AnnealStrategy = .cos,
    cycleMomentum: Bool = true, baseMomentum: any GroupValues = 0.85, maxMomentum: any GroupValues = 0.95,
    divFactor: Double = 25, finalDivFactor: Double = 1e4, threePhase: Bool = false, lastEpoch: Int = -1
  ) {
    let name = "OneCycleLR", isNew = lastEpoch == -1
    self.totalSteps = Self.steps(totalSteps, epochs, stepsPerEpoch)
    if !(0...1).contains(pctStart) { fault(name, "pctStart must be from 0 to 1, got \(pctStart)") }
    let steps = Double(self.totalSteps), rise = pctStart * steps - 1
    phases = [Phase(to: rise, "initial_lr", "max_lr", "max_momentum", "base_momentum")]
    if threePhase {
      phases.append(Phase(to: 2 * pctStart * steps - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"))
      phases.append(Phase(to: steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"))
    } else {
      phases.append(Phase(to: steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"))
    }
    strategy = annealStrategy
    self.cycleMomentum = cycleMomentum
    let top = maxLr.spread(over: optimizer, "maxLr", of: name)
    if isNew {
      for (index, rate) in top.enumerated() {
        optimizer.paramGroups[index].options["initial_lr"] = .double(rate / divFactor)
        optimizer.paramGroups[index].options["max_lr"] = .double(rate)
        optimizer.paramGroups[index].options["min_lr"] = .double(rate / divFactor / finalDivFactor)
      }
    }
    if cycleMomentum {
      let low = baseMomentum.spread(over: optimizer, "baseMomentum", of: name)
      let high = maxMomentum.spread(over: optimizer, "maxMomentum", of: name)
      momentum = CycledMomentum(optimizer, base: low, max: high, isNew: isNew, name)
      usesBeta1 = momentum?.usesBeta1 ?? false
    } else {
      momentum = nil
    }
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  private static func steps(_ total: Int?, _ epochs: Int?, _ perEpoch: Int?) -> Int {
    if let total {
      if total <= 0 { fault("OneCycleLR", "totalSteps must be above 0, got \(total)") }
      return total
    }
    guard let epochs, let perEpoch else {
      fault("OneCycleLR", "wants totalSteps, or epochs and stepsPerEpoch, to know how long the cycle is")
    }
    if epochs <= 0 || perEpoch <= 0 {
      fault("OneCycleLR", "epochs and stepsPerEpoch must be above 0, got \(epochs) and \(perEpoch)")
    }
    return epochs * perEpoch
  }

  private func between(_ start: Double, _ end: Double, _ part: Double) -> Double {
    switch strategy {
    case .cos: end + (start - end) / 2 * (cos(.pi * part) + 1)
    case .linear: (end - start) * part + start
    }
  }

  public override func getLR() -> [Double] {
    if lastEpoch > totalSteps {
      fault("OneCycleLR", "was stepped \(lastEpoch) times; the cycle has \(totalSteps) steps")
    }
    let place = phases.firstIndex { Double(lastEpoch) <= $0.endStep } ?? phases.count - 1
    let phase = phases[place], start = place == 0 ? 0 : phases[place - 1].endStep
    if phase.endStep == start {
      fault("OneCycleLR", "a phase of the cycle has no steps; choose another pctStart or more steps")
    }
    let part = (Double(lastEpoch) - start) / (phase.endStep - start)
    func value(_ group: ParamGroup, _ from: String, _ to: String) -> Double {
      between(group.number(from), group.number(to), part)
    }
    momentum?.set(
      optimizer.paramGroups.map { value($0, phase.startMomentum, phase.endMomentum) }, optimizer)
    return optimizer.paramGroups.map { value($0, phase.startLR, phase.endLR) }
  }

  public override var stateFields: [SchedulerField] {
    var fields = super.stateFields
    fields += [
      .init("total_steps", self, \.totalSteps), .init("_schedule_phases", self, \.phases),
      .init("_anneal_func_type", self, \.strategy), .init("cycle_momentum", self, \.cycleMomentum),
    ]
    if cycleMomentum { fields.append(.init("use_beta1", self, \.usesBeta1)) }
    return fields
  }
}
