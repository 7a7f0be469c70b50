import Torch
import TorchOptim

/// Runs cases of learning-rate schedulers: the rates, and the momenta where they change, after each step.
struct SchedulerRunner {
  let bindings: Bindings
  let device: Device

  func run(_ test: JSON) throws -> Verdict {
    let name = try test.require("name").string()
    guard let rows = bindings.schedulers[name] else { throw Unsupported("no scheduler \(name)") }
    if test["function"] != nil || test["schedulers"] != nil {
      throw Unsupported("\(name) of a function or of other schedulers")
    }
    let rates = try test.require("base_lrs").numbers()
    let params = rates.map { _ in Tensor.zeros([1], device: device, requiresGrad: true) }
    let optimizer = SGD(
      zip(params, rates).map { ParamGroup([$0], lr: $1) }, lr: 0.1, momentum: try test.require("momentum").number ?? 0)
    let named = try ValueReader([:], device: device).named(test["kwargs"])
    // PyTorch's first argument is the optimizer.
    guard let make = rows.lazy.compactMap({ $0.match([.other("optimizer")], named) }).first else {
      throw Unsupported("\(name) does not take the case's arguments")
    }
    Stage.now(name)
    let step = make.run(optimizer, make.arguments)
    let metrics = try test["metrics"]?.numbers()
    try SchedulerTrace(test).check { index in
      if index > 0 {
        optimizer.step()
        step(metrics?[index - 1])
      }
      return (optimizer.paramGroups.map(\.lr), optimizer.paramGroups.map(\.momentum))
    }
    return .passed
  }
}

/// What a scheduler's case promises for each step.
struct SchedulerTrace {
  private let rates: [[Double]]
  private let momenta: [[Double]]?
  private let tolerance: Tolerance

  init(_ test: JSON) throws {
    rates = try test.require("lrs").array().map { try $0.numbers() }
    momenta = try test["momenta"]?.array().map { try $0.numbers() }
    tolerance = try Tolerance(test["tol"])
  }

  /// - Parameter advance: takes the step of a number and gives rates and momenta after it.
  func check(_ advance: (Int) throws -> (rates: [Double], momenta: [Double])) throws {
    for index in rates.indices {
      let now = try advance(index)
      try compare("learning rate", now.rates, rates[index], index)
      if let momenta { try compare("momentum", now.momenta, momenta[index], index) }
    }
  }

  private func compare(_ what: String, _ got: [Double], _ want: [Double], _ step: Int) throws(Mismatch) {
    guard got.count == want.count else { throw Mismatch("\(got.count) groups for \(want.count)") }
    for (a, b) in zip(got, want) where !tolerance.accepts(a, b) {
      throw Mismatch("\(what) after step \(step) is \(a), wanted \(b)")
    }
  }
}

/// What steps a scheduler; with a metric for those that take one.
func scheduled(_ step: @escaping () -> Void) -> (Double?) -> Void { { _ in step() } }
