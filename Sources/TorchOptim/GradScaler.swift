import Torch

/// Scales losses so that small gradients of half types do not vanish, and skips steps that overflowed, as
/// `torch.amp.GradScaler`.
///
/// ```swift
/// let scaler = GradScaler()
/// let loss = autocast(.cuda, dtype: .float16) { criterion(model(x), y) }
/// scaler.scale(loss).backward()
/// scaler.step(optimizer)
/// scaler.update()
/// ```
/// Micikevicius et al., "Mixed Precision Training", 2018.
public final class GradScaler {
  /// Whether it does anything: without, losses stay as they are and each step is taken.
  public let isEnabled: Bool
  /// What the scale is multiplied by after enough steps without overflow, above 1, and after one with, below 1.
  public var growthFactor: Double, backoffFactor: Double
  /// How many steps in a row must go well for the scale to grow.
  public var growthInterval: Int

  private var currentScale: Float
  private var goodSteps = 0
  private var stages: [ObjectIdentifier: Stage] = [:]

  /// Where an optimizer stands since the last ``update(newScale:)``.
  private struct Stage {
    /// Kept, so that its address is not used again.
    let optimizer: Optimizer
    var foundInfinity = false
    var hasStepped = false
  }

  /// - Parameters:
  ///   - initScale: the first scale.
  ///   - growthInterval: how many steps in a row must go well for the scale to grow.
  ///   - enabled: whether it does anything.
  /// - Precondition: `growthFactor` is above 1, `backoffFactor` below 1.
  public init(
    initScale: Double = 65536, growthFactor: Double = 2, backoffFactor: Double = 0.5, growthInterval: Int = 2000,
    enabled: Bool = true
  ) {
    guard growthFactor > 1 else { fault("GradScaler", "growthFactor wants to be above 1, is \(growthFactor)") }
    guard backoffFactor < 1 else { fault("GradScaler", "backoffFactor wants to be below 1, is \(backoffFactor)") }
    isEnabled = enabled
    currentScale = Float(initScale)
    self.growthFactor = growthFactor
    self.backoffFactor = backoffFactor
    self.growthInterval = growthInterval
  }

  /// The scale, as `get_scale` of torch; 1 where it is disabled.
  public var scale: Double { isEnabled ? Double(currentScale) : 1 }

  /// A loss times the scale, for `backward()`.
  public func scale(_ loss: Tensor) -> Tensor {
    // As in PyTorch the scale is a float32 tensor: a loss of a half type becomes float32 beside it.
    isEnabled ? loss * Tensor.full([1], scale, dtype: .float32, device: loss.device).reshape([]) : loss
  }

  /// Several losses times the scale.
  public func scale(_ losses: [Tensor]) -> [Tensor] { losses.map { scale($0) } }

  /// Divides the gradients of an optimizer's parameters by the scale, for clipping before ``step(_:)``.
  /// - Precondition: once between two updates, and before the step; no gradient is float16.
  public func unscale_(_ optimizer: Optimizer) {
    guard isEnabled else { return }
    guard let stage = stages[ObjectIdentifier(optimizer)] else {
      stages[ObjectIdentifier(optimizer)] = unscaled(optimizer)
      return
    }
    fault(
      "unscale_",
      stage.hasStepped
        ? "comes after step; unscale first" : "was called already on this optimizer since the last update()")
  }

  /// Takes an optimizer's step unless a gradient has an infinity or NaN; divides the gradients by the scale first if
  /// that was not done.
  /// - Returns: whether the step was taken.
  /// - Precondition: once between two updates.
  @discardableResult
  public func step(_ optimizer: Optimizer) -> Bool {
    guard isEnabled else {
      optimizer.step()
      return true
    }
    var stage = stages[ObjectIdentifier(optimizer)] ?? unscaled(optimizer)
    guard !stage.hasStepped else {
      fault("step", "was called already on this optimizer since the last update(); call update() after each step")
    }
    stage.hasStepped = true
    stages[ObjectIdentifier(optimizer)] = stage
    if !stage.foundInfinity { optimizer.step() }
    return !stage.foundInfinity
  }

  /// Makes the scale smaller where a gradient overflowed since the last update, larger after enough good steps.
  /// - Parameter newScale: the scale to take instead.
  /// - Precondition: an optimizer was stepped or unscaled since the last update, or there is a new scale.
  public func update(newScale: Double? = nil) {
    guard isEnabled else { return }
    if let newScale {
      currentScale = Float(newScale)
    } else {
      guard !stages.isEmpty else {
        fault("update", "no optimizer was stepped or unscaled since the last update(); call step(optimizer) first")
      }
      if stages.values.contains(where: \.foundInfinity) {
        currentScale = Float(Double(currentScale) * backoffFactor)
        goodSteps = 0
      } else {
        goodSteps += 1
        if goodSteps == growthInterval {
          let larger = Float(Double(currentScale) * growthFactor)
          if larger.isFinite { currentScale = larger }
          goodSteps = 0
        }
      }
    }
    stages = [:]
  }

  private func unscaled(_ optimizer: Optimizer) -> Stage {
    var stage = Stage(optimizer: optimizer)
    let factor = Double(Float(1 / Double(currentScale)))
    // Where devices note what they find, so that nobody waits for each gradient.
    var notes: [Device: Tensor] = [:]
    noGrad {
      var seen: Set<ObjectIdentifier> = []
      for param in optimizer.paramGroups.flatMap(\.params) {
        guard let grad = param.grad, seen.insert(ObjectIdentifier(grad)).inserted else { continue }
        guard grad.dtype != .float16 else {
          fault("unscale_", "a gradient is float16, where parameters want float32; got \(grad.signature)")
        }
        if grad.device != .cpu {
          let note = notes[grad.device] ?? Tensor.zeros([1], dtype: .int32, device: grad.device)
          notes[grad.device] = note
          if grad.scale(by: factor, noting: note) { continue }
        }
        if grad.numel() > 0, !(grad.isfinite().all().item() as Bool) { stage.foundInfinity = true }
        grad.mul_(factor)
      }
    }
    if notes.values.contains(where: { ($0.item() as Int) != 0 }) { stage.foundInfinity = true }
    return stage
  }

  /// What it has learnt, by torch's keys; empty where it is disabled.
  public func stateDict() -> [String: StateValue] {
    guard isEnabled else { return [:] }
    return [
      "scale": .double(scale), "growth_factor": .double(growthFactor), "backoff_factor": .double(backoffFactor),
      "growth_interval": .int(growthInterval), "_growth_tracker": .int(goodSteps),
    ]
  }

  /// Takes over a saved state; a disabled one takes nothing.
  /// - Throws: ``OptimizerStateError`` where entries are missing or no numbers; nothing is changed then.
  public func loadStateDict(_ state: [String: StateValue]) throws(OptimizerStateError) {
    guard isEnabled else { return }
    guard let scale = state["scale"]?.double, let growth = state["growth_factor"]?.double,
      let backoff = state["backoff_factor"]?.double, let interval = state["growth_interval"]?.int,
      let tracker = state["_growth_tracker"]?.int
    else {
      throw OptimizerStateError(
        description:
          "GradScaler: the state wants numbers for scale, growth_factor, backoff_factor, growth_interval and "
          + "_growth_tracker; it has \(state.keys.sorted().joined(separator: ", "))")
    }
    currentScale = Float(scale)
    (growthFactor, backoffFactor, growthInterval, goodSteps) = (growth, backoff, interval, tracker)
  }
}
