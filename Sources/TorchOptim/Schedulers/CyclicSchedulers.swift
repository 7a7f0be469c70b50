import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One number for every group of an optimizer, or one for each.
public protocol GroupValues {
  var groupValues: [Double] { get }
  /// Whether there is one for each group, in order.
  var isPerGroup: Bool { get }
}

extension Double: GroupValues {
  public var groupValues: [Double] { [self] }
  public var isPerGroup: Bool { false }
}

extension Int: GroupValues {
  public var groupValues: [Double] { [Double(self)] }
  public var isPerGroup: Bool { false }
}

extension [Double]: GroupValues {
  public var groupValues: [Double] { self }
  public var isPerGroup: Bool { true }
}

extension GroupValues {
  /// A number for each group.
  func spread(over optimizer: Optimizer, _ name: String, of scheduler: String) -> [Double] {
    let groups = optimizer.paramGroups.count
    if !isPerGroup { return Array(repeating: groupValues[0], count: groups) }
    if groupValues.count != groups {
      fault(scheduler, "\(name) has \(groupValues.count) values, the optimizer \(groups) groups")
    }
    return groupValues
  }
}

/// Momentum that goes down while the rates go up: SGD's momentum, or the first of Adam's betas.
struct CycledMomentum {
  let usesBeta1: Bool

  /// Takes the momenta over into the groups; a fault where the optimizer has none.
  init(_ optimizer: Optimizer, base: [Double], max: [Double], isNew: Bool, _ scheduler: String) {
    usesBeta1 = optimizer.defaults["betas"] != nil
    if !usesBeta1 && optimizer.defaults["momentum"] == nil {
      fault(scheduler, "the optimizer has neither momentum nor betas to cycle; pass cycleMomentum: false")
    }
    guard isNew else { return }
    set(max, optimizer)
    for (index, (low, high)) in zip(base, max).enumerated() {
      optimizer.paramGroups[index].options["base_momentum"] = .double(low)
      optimizer.paramGroups[index].options["max_momentum"] = .double(high)
    }
  }

  func set(_ momenta: [Double], _ optimizer: Optimizer) {
    for (index, momentum) in momenta.enumerated() {
      if usesBeta1 {
        optimizer.paramGroups[index].betas.0 = momentum
      } else {
        optimizer.paramGroups[index].momentum = momentum
      }
    }
  }
}

/// How the cycles of ``CyclicLR`` change with time.
public enum CyclicMode: String, Sendable, StateConvertible {
  /// All are alike.
  case triangular
  /// Each is half as high as the one before.
  case triangular2
  /// The height falls with each iteration, by the power of `gamma`.
  case expRange = "exp_range"
}

/// What the scaling function of ``CyclicLR`` is a function of.
public enum CyclicScaleMode: String, Sendable, StateConvertible {
  /// The number of the cycle, from 1.
  case cycle
  /// The number of the iteration, from 0.
  case iterations
}

/// Leads the rates up and down between two bounds, batch by batch, as `torch.optim.lr_scheduler.CyclicLR`.
///
/// Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017.
public final class CyclicLR: LRScheduler {
  private var maxLRs: [Double]
  private var totalSize: Double
  private var stepRatio: Double
  private var mode: CyclicMode
  private var gamma: Double
  private var scaleMode: CyclicScaleMode
  private let scaleFn: ((Double) -> Double)?
  private var cycleMomentum: Bool
  private var usesBeta1 = false
  private var baseMomentums: [Double] = []
  private var maxMomentums: [Double] = []
  private let momentum: CycledMomentum?

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - baseLr: the lower bound, one for all groups or one for each.
  ///   - maxLr: the upper bound.
  ///   - stepSizeUp: the iterations of the way up.
  ///   - stepSizeDown: those of the way down; as many as up where nil.
  ///   - mode: how cycles change with time, unless there is a `scaleFn`.
  ///   - gamma: of `expRange`.
  ///   - scaleFn: gives the height of a cycle as a part of the whole.
  ///   - scaleMode: what `scaleFn` is given.
  ///   - cycleMomentum: whether momentum, or the first beta, goes down while the rates go up.
  ///   - baseMomentum: its lower bound.
  ///   - maxMomentum: its upper bound.
  ///   - lastEpoch: the last iteration of a run that goes on; -1 for a new run.
  /// - Precondition: lists have one number for each group; the optimizer has a momentum that can be cycled.
  public init(
    _ optimizer: Optimizer, baseLr: any GroupValues, maxLr: any GroupValues, stepSizeUp: Int = 2000,
    stepSizeDown: Int? = nil, mode: CyclicMode = .triangular, gamma: Double = 1, scaleFn: ((Double) -> Double)? = nil,
    scaleMode: CyclicScaleMode = .cycle, cycleMomentum: Bool = true, baseMomentum: any GroupValues = 0.8,
    maxMomentum: any GroupValues = 0.9, lastEpoch: Int = -1
  ) {
    let name = "CyclicLR", isNew = lastEpoch == -1
    let low = baseLr.spread(over: optimizer, "baseLr", of: name)
    maxLRs = maxLr.spread(over: optimizer, "maxLr", of: name)
    let up = Double(stepSizeUp), down = Double(stepSizeDown ?? stepSizeUp)
    if !(up > 0 && down >= 0) {
      fault(name, "stepSizeUp must be above 0 and stepSizeDown not below, got \(up), \(down)")
    }
    totalSize = up + down
    stepRatio = up / totalSize
    self.mode = mode
    self.gamma = gamma
    self.scaleFn = scaleFn
    // The modes have their own argument.
    self.scaleMode = scaleFn != nil ? scaleMode : mode == .expRange ? .iterations : .cycle
    self.cycleMomentum = cycleMomentum
    if isNew { for (index, rate) in low.enumerated() { optimizer.paramGroups[index].lr = rate } }
    if cycleMomentum {
      baseMomentums = baseMomentum.spread(over: optimizer, "baseMomentum", of: name)
      maxMomentums = maxMomentum.spread(over: optimizer, "maxMomentum", of: name)
      momentum = CycledMomentum(optimizer, base: baseMomentums, max: maxMomentums, isNew: isNew, name)
      usesBeta1 = momentum?.usesBeta1 ?? false
    } else {
      momentum = nil
    }
    super.init(optimizer, lastEpoch: lastEpoch)
    baseLRs = low
  }

  private func height(_ x: Double) -> Double {
    if let scaleFn { return scaleFn(x) }
    return switch mode {
    case .triangular: 1
    case .triangular2: 1 / pow(2, x - 1)
    case .expRange: pow(gamma, x)
    }
  }

  public override func getLR() -> [Double] {
    let cycle = (1 + Double(lastEpoch) / totalSize).rounded(.down)
    let x = 1 + Double(lastEpoch) / totalSize - cycle
    let part = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1)
    let scale = height(scaleMode == .cycle ? cycle : Double(lastEpoch))
    momentum?.set(zip(baseMomentums, maxMomentums).map { $1 - ($1 - $0) * part * scale }, optimizer)
    return zip(baseLRs, maxLRs).map { $0 + ($1 - $0) * part * scale }
  }

  public override var stateFields: [SchedulerField] {
    var fields = super.stateFields
    fields += [
      .init("max_lrs", self, \.maxLRs), .init("total_size", self, \.totalSize),
      .init("step_ratio", self, \.stepRatio), .init("mode", self, \.mode), .init("gamma", self, \.gamma),
      .init("scale_mode", self, \.scaleMode), .init("cycle_momentum", self, \.cycleMomentum),
      .constant("_scale_fn_custom", .none),
    ]
    if cycleMomentum {
      fields += [
        .init("use_beta1", self, \.usesBeta1), .init("base_momentums", self, \.baseMomentums),
        .init("max_momentums", self, \.maxMomentums),
      ]
    }
    return fields
  }
}
