import Torch

/// How ``AveragedModel`` takes new weights into an average.
public enum Averaging: Sendable {
  /// The mean of all, for stochastic weight averaging.
  case swa
  /// An average that forgets: `decay` times itself plus `1 - decay` times what is new, as
  /// `get_ema_multi_avg_fn` computes it.
  case ema(decay: Double)
  /// Any function of the average, the new weights and how many weights the average is of.
  case function(@Sendable (_ average: Tensor, _ current: Tensor, _ numAveraged: Int) -> Tensor)
}

/// An average of a model's weights along its training, as `torch.optim.swa_utils.AveragedModel`.
///
/// Other than torch's it is no module but the tensors of one: a shadow of the model's parameters and buffers. To use
/// the average, let the model have it for a while, or copy it into a model of the same kind.
///
/// ```swift
/// let average = AveragedModel(model, avgFn: .ema(decay: 0.999))
/// for (x, y) in loader {
///   train(x, y)
///   average.updateParameters(model)
/// }
/// let accuracy = average.swapped(with: model) { evaluate(model) }
/// ```
///
/// Polyak and Juditsky, *Acceleration of Stochastic Approximation by Averaging*, 1992; Izmailov et al., *Averaging
/// Weights Leads to Wider Optima and Better Generalization*, 2018.
public final class AveragedModel {
  /// How many weights the average is of.
  public private(set) var nAveraged = 0
  private let averaging: Averaging
  /// The model's state by name, and what of it is averaged rather than copied.
  private var shadow: StateDict
  /// The versions of the model's layouts, for files.
  private let versions: [(path: String, version: Int)]
  private let averaged: Set<String>

  /// Starts with a copy of the model, which the first ``updateParameters(_:)`` replaces.
  /// - Parameters:
  ///   - model: whose weights are averaged.
  ///   - device: where the average is kept; beside the model where nil.
  ///   - avgFn: how new weights are taken in.
  ///   - useBuffers: whether buffers are averaged too; else they are those of the last update.
  /// - Precondition: a decay is from 0 to 1.
  public init(_ model: Module, device: Device? = nil, avgFn: Averaging = .swa, useBuffers: Bool = false) {
    if case .ema(let decay) = avgFn, !(0...1).contains(decay) {
      fault("AveragedModel", "decay must be from 0 to 1, got \(decay)")
    }
    averaging = avgFn
    var state = StateDict()
    let own = model.stateDict()
    versions = own.moduleVersions
    for (key, tensor) in own {
      state[key] = noGrad { device.map { tensor.to($0, copy: true) } ?? tensor.clone() }
    }
    shadow = state
    averaged = useBuffers ? Set(own.keys) : Set(own.keys).subtracting(model.namedBuffers().map(\.name))
  }

  private func fits(_ model: Module) -> StateDict {
    let state = model.stateDict()
    for (key, tensor) in shadow where state[key]?.shape != tensor.shape {
      let got = state[key].map { "\($0.shape.brackets)" } ?? "absent"
      fault("AveragedModel", "\(key) is \(tensor.shape.brackets) in the average and \(got) in the model")
    }
    return state
  }

  /// Takes the model's present weights into the average; the first time they are the average.
  /// - Precondition: the model has the parameters and buffers that the average was made with.
  public func updateParameters(_ model: Module) {
    let state = fits(model)
    noGrad {
      for (key, average) in shadow {
        guard let current = state[key]?.to(average.device) else { continue }
        if nAveraged == 0 || !averaged.contains(key) {
          average.copy_(current)
        } else {
          take(current, into: average)
        }
      }
    }
    nAveraged += 1
  }

  private func take(_ current: Tensor, into average: Tensor) {
    switch averaging {
    case .swa: average.copy_(average + (current - average) / (nAveraged + 1))
    case .ema(let decay):
      if average.dtype.isFloatingPoint {
        average.lerp_(current.to(average.dtype), weight: 1 - decay)
      } else {
        average.copy_(average * decay + current * (1 - decay))
      }
    case .function(let function): average.copy_(function(average, current, nAveraged))
    }
  }

  /// Gives a model the average, for good.
  /// - Precondition: as for ``updateParameters(_:)``.
  public func copyTo(_ model: Module) {
    let state = fits(model)
    noGrad { for (key, average) in shadow { state[key]?.copy_(average) } }
  }

  /// Runs `body` while the model has the average, and gives it back its own weights.
  /// - Precondition: as for ``updateParameters(_:)``.
  public func swapped<R, E>(with model: Module, _ body: () throws(E) -> R) throws(E) -> R {
    let state = fits(model)
    var own = StateDict()
    noGrad { for (key, tensor) in state { own[key] = tensor.clone() } }
    copyTo(model)
    defer { noGrad { for (key, tensor) in own { state[key]?.copy_(tensor) } } }
    return try body()
  }

  /// The average in the layout of torch's `AveragedModel`: `n_averaged`, and the model's entries after `module.`.
  public func stateDict() -> StateDict {
    var result = StateDict()
    result["n_averaged"] = Tensor(nAveraged)
    for (key, tensor) in shadow { result["module." + key] = tensor }
    result.moduleVersions = [("", 1)]
    for (path, version) in versions {
      result.moduleVersions.append((path.isEmpty ? "module" : "module." + path, version))
    }
    return result
  }

  /// Takes over an average that a file holds: `try average.loadStateDict(checkpoint["ema"])`.
  /// - Throws: `CheckpointError` where the checkpoint holds no state, ``StateDictError`` where the state does not fit.
  public func loadStateDict(_ checkpoint: Checkpoint) throws { try loadStateDict(checkpoint.stateDict()) }

  /// Takes over a saved average.
  /// - Throws: ``StateDictError`` with everything that is missing, unknown or of another size; nothing is changed then.
  public func loadStateDict(_ state: StateDict) throws(StateDictError) {
    _ = try state.fit(stateDict().map { ($0, $1) }, of: "AveragedModel")
    nAveraged = state["n_averaged"]?.item() ?? 0
    noGrad { for (key, tensor) in shadow { if let value = state["module." + key] { tensor.copy_(value) } } }
  }
}
