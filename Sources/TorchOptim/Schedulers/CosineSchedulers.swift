import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Leads the rates down half a cosine, and up again after it, as `torch.optim.lr_scheduler.CosineAnnealingLR`.
///
/// Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, 2017, without the restarts.
public final class CosineAnnealingLR: LRScheduler {
  private var tMax: Int
  private var etaMin: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - tMax: after how many epochs the rates are lowest.
  ///   - etaMin: the lowest rate.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: `tMax` is above 0.
  public init(_ optimizer: Optimizer, tMax: Int, etaMin: Double = 0, lastEpoch: Int = -1) {
    if tMax <= 0 { fault("CosineAnnealingLR", "tMax must be above 0, got \(tMax)") }
    self.tMax = tMax
    self.etaMin = etaMin
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    let last = Double.pi / Double(tMax)
    func height(_ epoch: Int) -> Double { 1 + cos(.pi * Double(epoch) / Double(tMax)) }
    if isInitial { return rates }
    if stepCount == 1 && lastEpoch > 0 {
      return baseLRs.map { etaMin + ($0 - etaMin) * (1 + cos(Double(lastEpoch) * .pi / Double(tMax))) / 2 }
    }
    // At the lowest point the recurrence would divide by zero.
    if (lastEpoch - 1 - tMax) % (2 * tMax) == 0 {
      return zip(baseLRs, rates).map { $1 + ($0 - etaMin) * (1 - cos(last)) / 2 }
    }
    let factor = height(lastEpoch) / height(lastEpoch - 1)
    return rates.map { factor * ($0 - etaMin) + etaMin }
  }
  public override func closedFormLR() -> [Double]? {
    baseLRs.map { etaMin + ($0 - etaMin) * (1 + cos(.pi * Double(lastEpoch) / Double(tMax))) / 2 }
  }
  public override var stateFields: [SchedulerField] {
    super.stateFields + [.init("T_max", self, \.tMax), .init("eta_min", self, \.etaMin)]
  }
}

/// Leads the rates down half a cosine again and again, as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
///
/// Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, 2017.
public final class CosineAnnealingWarmRestarts: LRScheduler {
  private var t0: Int
  private var tMult: Int
  private var etaMin: Double
  /// The length of this run, and how far it has come.
  private var tI: Int
  private var tCur: Double

  /// - Parameters:
  ///   - optimizer: whose groups are changed.
  ///   - t0: the epochs of the first run.
  ///   - tMult: how many times longer each run is than the one before.
  ///   - etaMin: the lowest rate.
  ///   - lastEpoch: the last epoch of a run that goes on; -1 for a new run.
  /// - Precondition: `t0` is above 0 and `tMult` is at least 1.
  public init(_ optimizer: Optimizer, t0: Int, tMult: Int = 1, etaMin: Double = 0, lastEpoch: Int = -1) {
    if t0 <= 0 { fault("CosineAnnealingWarmRestarts", "t0 must be above 0, got \(t0)") }
    if tMult < 1 { fault("CosineAnnealingWarmRestarts", "tMult must be 1 or more, got \(tMult)") }
    self.t0 = t0
    self.tMult = tMult
    self.etaMin = etaMin
    tI = t0
    tCur = Double(lastEpoch)
    super.init(optimizer, lastEpoch: lastEpoch)
  }

  public override func getLR() -> [Double] {
    baseLRs.map { etaMin + ($0 - etaMin) * (1 + cos(.pi * tCur / Double(tI))) / 2 }
  }

  public override func step() {
    if lastEpoch < 0 { return step(0) }
    tCur += 1
    if tCur >= Double(tI) {
      tCur = tCur.truncatingRemainder(dividingBy: Double(tI))
      tI *= tMult
    }
    lastEpoch += 1
    set(getLR())
  }

  /// Sets the rates of a moment, which may lie between epochs: `scheduler.step(Double(epoch) + Double(i) / Double(n))`.
  /// - Precondition: `epoch` is not negative.
  public func step(_ epoch: Double) {
    guard epoch >= 0, epoch < 0x1p53 else {
      fault("CosineAnnealingWarmRestarts", "epoch must be 0 or more, got \(epoch)")
    }
    if epoch < Double(t0) {
      (tI, tCur) = (t0, epoch)
    } else if tMult == 1 {
      tCur = epoch.truncatingRemainder(dividingBy: Double(t0))
    } else {
      let growth = Double(tMult)
      let run = (log(epoch / Double(t0) * (growth - 1) + 1) / log(growth)).rounded(.towardZero)
      tCur = epoch - Double(t0) * (pow(growth, run) - 1) / (growth - 1)
      tI = t0 * Int(pow(growth, run))
    }
    lastEpoch = Int(epoch.rounded(.down))
    set(getLR())
  }

  public override var stateFields: [SchedulerField] {
    super.stateFields + [
      .init("T_0", self, \.t0), .init("T_mult", self, \.tMult), .init("eta_min", self, \.etaMin),
      .init("T_i", self, \.tI), .init("T_cur", self, \.tCur),
    ]
  }
}
