import Foundation
import Torch
import TorchOptim

/// Runs cases of learning-rate schedulers: the rates, and the momenta where they change, after each step.
struct SchedulerRunner {
  let bindings: Bindings
  let device: Device

  func run(_ test: JSON) throws -> Verdict {
    let rates = try test.require("base_lrs").numbers()
    let params = rates.map { _ in Tensor.zeros([1], device: device, requiresGrad: true) }
    let optimizer = SGD(
      zip(params, rates).map { ParamGroup([$0], lr: $1) }, lr: 0.1, momentum: try test.require("momentum").number ?? 0)
    let scheduled = try make(test, optimizer)
    let metrics = try test["metrics"]?.numbers()
    try SchedulerTrace(test).check { index in
      if index > 0 {
        optimizer.step()
        scheduled.step(metrics?[index - 1])
      }
      return (optimizer.paramGroups.map(\.lr), optimizer.paramGroups.map(\.momentum))
    }
    return .passed
  }

  /// The scheduler of a case, or of a child of one; children are made before it.
  private func make(_ test: JSON, _ optimizer: Optimizer) throws -> Scheduled {
    let name = try test.require("name").string()
    guard let rows = bindings.schedulers[name] else { throw Unsupported("no scheduler \(name)") }
    var named = try ValueReader([:], device: device).named(test["kwargs"])
    named.append(("optimizer", .other("optimizer")))
    if let function = test["function"] { named.append(("lr_lambda", .epochFunction(try Self.function(function)))) }
    if let children = try test["schedulers"]?.array() {
      let made = try children.map { child in
        guard let scheduler = try make(child, optimizer).scheduler else {
          throw Unsupported("\(name) of a scheduler that wants a metric")
        }
        return Value.scheduler(scheduler)
      }
      named.append(("schedulers", .list(made)))
    }
    guard let make = rows.lazy.compactMap({ $0.match([], named) }).first else {
      throw Unsupported("\(name) does not take the case's arguments")
    }
    Stage.now(name)
    return make.run(optimizer, make.arguments)
  }

  /// The functions that cases know.
  private static func function(_ json: JSON) throws -> (Int) -> Double {
    let form = try json.require("form").string()
    func number(_ key: String) throws -> Double {
      guard let number = try json.require(key).number else { throw CaseError("\(key) is no number") }
      return number
    }
    switch form {
    case "base ** epoch":
      let base = try number("base")
      return { pow(base, Double($0)) }
    case "factor if epoch % every == 0 else 1":
      let factor = try number("factor"), every = try json.require("every").int()
      return { $0 % every == 0 ? factor : 1 }
    default: throw Unsupported("the function \(form)")
    }
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

/// A scheduler and what steps it; with a metric for those that take one.
struct Scheduled {
  /// What other schedulers can be made of.
  var scheduler: LRScheduler?
  let step: (Double?) -> Void
}

func scheduled(_ scheduler: LRScheduler) -> Scheduled {
  Scheduled(scheduler: scheduler) { _ in scheduler.step() }
}

func scheduled(_ scheduler: ReduceLROnPlateau) -> Scheduled {
  Scheduled(scheduler: nil) { metric in
    guard let metric else { fatalError("a case of ReduceLROnPlateau has no metrics") }
    scheduler.step(metric)
  }
}
